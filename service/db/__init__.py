"""The connections to PostgreSQL: their kinds, their settings, and what a broken one means.

settings      what sessions are told, by what they are for
connections   how one is made
pools         many, and how one is lent
reads         a statement or a snapshot, from one server
replicas      which server that is; replica, lookout, progress, asking: what it depends on
database      all that a process has
"""

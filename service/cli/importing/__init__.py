"""Import: events out of a file into the database in use, by the way that ingest goes.

Nothing is noted of how far it came: what is stored already counts as a duplicate, so an import that
was interrupted is run again, and ends as if it had not been.
"""

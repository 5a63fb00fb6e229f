"""Import: events of a file into the database in use, through the same code as ingest.

An import is idempotent and records no progress: stored events count as duplicates, so an
interrupted import is simply run again.
"""

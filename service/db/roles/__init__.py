"""PostgreSQL roles with fewer privileges than the owner: names, grants, and logins.

The owner, DATABASE_URL's user, migrates, folds and deletes. `gati_ingest` stores events,
`gati_read` reads, `gati_bi` is for BI tools. Their privileges are one list: sql/roles/lacking.sql.
"""

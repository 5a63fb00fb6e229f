"""The roles of PostgreSQL below the owner: who makes them, what they may do, who connects as them.

The owner, DATABASE_URL's, migrates, folds, deletes. `gati_ingest` stores events, `gati_read` reads,
`gati_bi` is for others' tools. What each may do is one list: sql/roles/lacking.sql.
"""

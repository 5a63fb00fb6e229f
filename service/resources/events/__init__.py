"""/api/events: ingest, the stored check, search."""

"""The body of POST /api/events: events as JSON."""

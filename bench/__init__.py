"""The bench: what the service does on this machine, measured over HTTP, every event counted."""

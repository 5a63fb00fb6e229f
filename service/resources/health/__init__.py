"""/, /livez, /readyz, /health and /metrics."""

"""Processes: gunicorn's workers, the supervisor, the checks at start-up and what they print."""

"""A run's trace as JSON: the full events, or a summary of their figures."""

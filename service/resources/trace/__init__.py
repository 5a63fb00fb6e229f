"""A run's trace as JSON: all that was sent, or a summary with figures."""

"""/api/runs: one run and its views, searches over runs."""

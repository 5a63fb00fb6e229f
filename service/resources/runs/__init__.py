"""/api/runs: a run and its views, and the search for runs."""

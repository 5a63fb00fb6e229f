"""Exact metrics: the fold, its leader, and verify."""

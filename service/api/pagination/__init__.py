"""Pagination: searches that scan in batches, and the pages of their results."""

"""Searches: what they ask, slice by slice, and the pages that they answer with."""

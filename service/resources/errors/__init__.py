"""Errors by what they say: the groups, and the errors of a group."""

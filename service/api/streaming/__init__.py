"""Responses that last: exports and live tails."""

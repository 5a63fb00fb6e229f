"""Streaming responses, as of exports and live tails: their clients and their limit."""

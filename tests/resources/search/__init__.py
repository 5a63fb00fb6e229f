"""Searches against what all runs and events say by themselves."""

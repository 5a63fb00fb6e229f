"""Falcon resources: one file or folder per URL family, with all of the family's code."""

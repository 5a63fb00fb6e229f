"""Tests of /api/scores."""

"""Tests on a real PostgreSQL, over real HTTP."""

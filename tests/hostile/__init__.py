"""Requests that mean harm: what each costs the worker that answers it."""

"""Shared by all resources: policies, middleware, bodies, errors, parameters, pages, streams."""

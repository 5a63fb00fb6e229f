"""GATI Backend: a raw SQL microservice for the traces of AI agents."""

__version__ = "0.1.0"

"""Bytes -> rows of scores: from the service's own JSON, and from Langfuse's."""

"""OTLP: the body of POST /v1/traces -> the rows of its spans, and its answers. No SQL."""

"""API keys: format, scopes, the cache of each worker, administration."""

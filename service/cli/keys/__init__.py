"""python -m service keys ...: the API keys that clients send."""

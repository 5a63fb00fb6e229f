"""API keys: their text, who may do what with them, and what a worker knows of them."""

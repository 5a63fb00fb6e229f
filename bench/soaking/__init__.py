"""The soak: its clients, what they see, and what the processes hold meanwhile."""

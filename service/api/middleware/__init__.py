"""How many events and reads a second each client may have: 429 beyond, off unless set."""

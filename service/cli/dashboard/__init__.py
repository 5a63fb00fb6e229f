"""Dashboard: the released GATI dashboard, served on this machine with this service as its API."""

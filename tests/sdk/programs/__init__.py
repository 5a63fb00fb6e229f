"""Programs that use the GATI SDK as its users do, each run in a process of its own."""

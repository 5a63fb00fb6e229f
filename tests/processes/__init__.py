"""The operational half, with real processes and real signals."""

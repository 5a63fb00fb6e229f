"""The write path: what waits is gathered into one transaction, and each request told its counts."""

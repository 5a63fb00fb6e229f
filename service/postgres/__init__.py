"""The embedded PostgreSQL: the service's own server, in its own directory, on a Unix socket.

One file for each question: who runs it (account), with which programs (binaries), where the data
lies (cluster), how it is tuned (settings), whether it lives (postmaster), who uses it (lock), and
the server that puts them together (server).
"""

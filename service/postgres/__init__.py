"""The embedded PostgreSQL: the service's own server, in its own directory, on a Unix socket.

server combines the others: account (the system user), binaries, cluster (the data), gati_conf,
socket_dir, postmaster (the running process), log, and lock (one service per directory).
"""

"""Connections to PostgreSQL and what every room needs of it: queries, roles, schema, retention.

database            all connections of one process, from database_settings
connections, pools  how a connection is opened, pooled and lent, with session_settings
reads               a statement or a snapshot on one server
replicas, replica   which server reads go to: server_monitor, wal_progress, request_routing
"""

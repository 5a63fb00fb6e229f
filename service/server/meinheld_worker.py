"""meinheld, a worker class in C: only behind the nginx of docker-compose.yml.

Alone on a port it crashes on a chunked body with a trailer, and a client that reads slowly freezes
it. nginx protects it from both.
"""

WORKER_CLASS = "egg:meinheld#gunicorn_worker"


def raise_limits(max_body_mb: int) -> None:
    """Raise meinheld's limits to 2 MB above the service's, of which nginx uses 1 MB.

    So the service itself answers 413; meinheld sends HTML and breaks the connection. Its defaults
    are 16 MB for a body, and above 500 kB a temporary file, which may fill the disk.
    """
    from meinheld import server  # noqa: PLC0415 - an optional dependency

    limit = (max_body_mb + 2) * 1024 * 1024
    server.set_max_content_length(limit)
    server.set_client_body_buffer_size(limit)

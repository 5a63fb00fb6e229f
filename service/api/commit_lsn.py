"""X-Commit-LSN: up to where PostgreSQL's log reaches what a request has changed.

Who sends it back with a read is answered by a server that has come so far.
"""

import falcon

from service.api.middleware.replica_fallback import HEADER


def tell(resp: falcon.Response, lsn: str | None) -> None:
    """Say it, where something was committed."""
    if lsn is not None:
        resp.set_header(HEADER, lsn)

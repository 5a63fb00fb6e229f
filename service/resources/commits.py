"""X-Commit-LSN: up to where PostgreSQL's log reaches what a request has stored.

Who sends it back with a read is answered by a server that has come so far.
"""

import falcon

from service.second_try import HEADER
from service.writer import Counts


def tell(resp: falcon.Response, counts: Counts) -> None:
    """Say it, where something is stored."""
    if counts.lsn is not None:
        resp.set_header(HEADER, counts.lsn)

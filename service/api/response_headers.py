"""Headers of responses: security headers of every response, X-Commit-LSN after a change.

Responses are data, never pages: a browser must not run, frame, cache or sniff them. /docs is the
one page.
"""

import falcon

# A client that sends it back with a read is answered by a server that has replayed this position.
COMMIT_LSN = "X-Commit-LSN"

SECURITY = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    # Prompts and outputs do not belong into anybody's cache on the way, nor on a browser's disk.
    "Cache-Control": "no-store",
}

# Of /docs: its own scripts and styles, and icons within those; it asks this service and no other.
PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


def set_commit_lsn(resp: falcon.Response, lsn: str | None) -> None:
    """Set X-Commit-LSN to the position in PostgreSQL's log; None: nothing was committed."""
    if lsn is not None:
        resp.set_header(COMMIT_LSN, lsn)

"""Headers of responses: security headers of every response, X-Commit-LSN after a change.

Responses are data: a browser must not run, frame, cache or sniff them. /docs and /ui are pages;
the files of /ui, which hold no data, are cached.
"""

import falcon

# A read that sends this header back is served by a server that has replayed the position.
COMMIT_LSN = "X-Commit-LSN"

SECURITY = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    # Prompts and outputs must not stay in a proxy's cache or on a browser's disk.
    "Cache-Control": "no-store",
}

# For /docs: its own scripts, styles and inline icons, and requests to this service only.
PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
# For /ui, whose scripts never make elements of text: a browser refuses innerHTML and the like.
APP_POLICY = f"{PAGE_POLICY}; require-trusted-types-for 'script'; trusted-types 'none'"


def set_commit_lsn(resp: falcon.Response, lsn: str | None) -> None:
    """Set X-Commit-LSN to the commit's position in the WAL; None: nothing was committed."""
    if lsn is not None:
        resp.set_header(COMMIT_LSN, lsn)

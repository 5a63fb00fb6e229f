"""The headers of every answer, for the browser of whoever opens one.

Answers are data, never pages: nothing may run, frame or keep them, or take them for something else.
But for /docs, which is one.
"""

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

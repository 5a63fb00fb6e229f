"""The headers of every answer, for the browser of whoever opens one.

Answers are data, never pages: nothing may run, frame or keep them, or take them for something else.
"""

SECURITY = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    # Prompts and outputs do not belong into anybody's cache on the way, nor on a browser's disk.
    "Cache-Control": "no-store",
}

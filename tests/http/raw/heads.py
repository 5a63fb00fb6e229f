"""Request lines and headers: too long, too many, of no known form, with forbidden bytes."""

from tests.http.raw.case import (
    EITHER,
    HOST,
    KEPT_OPEN,
    Act,
    Case,
    case,
    get,
    refused,
)

BAD_GATEWAY_OF_OTHERS = b"GET http://example.org/health HTTP/1.1\r\nHost: example.org\r\n\r\n"


def bare(line: bytes) -> bytes:
    """A request of this line and a Host."""
    return line + b"\r\n" + HOST + b"\r\n"


CASES: list[Case] = [
    case("a header of 64 KB", get(b"/health", b"X: " + b"y" * 65_536), answers=[(400, 431)]),
    case(
        "1,000 headers",
        get(b"/health", *[b"X-%d: y" % n for n in range(1000)]),
        answers=[(200, 400, 431)],
        kept=EITHER,
    ),
    case("headers of 2 MB", get(b"/health", *[b"X: " + b"y" * 4000] * 500), answers=[(400, 431)]),
    case(
        "headers without end",
        b"GET /health HTTP/1.1\r\n" + b"X: y\r\n" * 300_000,
        answers=[(400, 431)],
    ),
    case("a request line of 64 KB", get(b"/" + b"x" * 65_536), answers=[414]),
    case("a request line without end", b"GET /" + b"x" * 1_000_000, answers=[414]),
    refused("a method in lower case", bare(b"get /health HTTP/1.1"), also=405),
    case(
        "a method that nobody knows",
        bare(b"BREW /health HTTP/1.1"),
        answers=[(400, 405)],
        kept=EITHER,
        alone=True,
    ),
    refused("a method of no letters", bare(b"(){} /health HTTP/1.1"), also=405),
    case("a method of 10 KB", bare(b"A" * 10_000 + b" /health HTTP/1.1"), answers=[(400, 414)]),
    case("TRACE", bare(b"TRACE /health HTTP/1.1"), answers=[405], kept=EITHER),
    case(
        "CONNECT with a host",
        bare(b"CONNECT example.org:443 HTTP/1.1") + get(),
        answers=[(400, 404, 405)],
    ),
    case("CONNECT with a path", bare(b"CONNECT /health HTTP/1.1") + get(), answers=[(400, 405)]),
    case("OPTIONS *", bare(b"OPTIONS * HTTP/1.1"), answers=[(200, 400, 404)], kept=EITHER),
    case("GET *", bare(b"GET * HTTP/1.1"), answers=[(400, 404)], kept=EITHER),
    case("absolute form", BAD_GATEWAY_OF_OTHERS, answers=[200], kept=KEPT_OPEN),
    case(
        "absolute form of another scheme",
        bare(b"GET ftp://gati/health HTTP/1.1"),
        answers=[(200, 400, 404)],
        kept=EITHER,
    ),
    refused("no target", bare(b"GET HTTP/1.1")),
    refused("an empty target", bare(b"GET  HTTP/1.1")),
    refused("two spaces", bare(b"GET  /health  HTTP/1.1"), proxied=(200, 400)),
    refused("a space in the target", bare(b"GET /a b HTTP/1.1")),
    refused("a fragment in the target", bare(b"GET /he\x01alth HTTP/1.1")),
    refused("a NUL in the target", bare(b"GET /health\x00 HTTP/1.1")),
    refused("HTTP/1.10", bare(b"GET /health HTTP/1.10"), proxied=(200, 400)),
    refused("HTTP/9.9", bare(b"GET /health HTTP/9.9"), also=505),
    refused("http/1.1 in lower case", bare(b"GET /health http/1.1")),
    refused("another protocol", bare(b"GET /health SPDY/1.1")),
    case("no Host in HTTP/1.1", b"GET /health HTTP/1.1\r\n\r\n", answers=[400], kept=EITHER),
    refused("two Hosts", get(b"/health", b"Host: evil")),
    case(
        "a Host with a path",
        b"GET /health HTTP/1.1\r\nHost: a/b\r\n\r\n",
        answers=[(200, 400)],
        kept=EITHER,
    ),
    *[
        refused(
            f"{byte!r} in a header",
            get(b"/health", b"X-Request-Id: a" + byte + b"b"),
            proxied=(200, 400),
        )
        for byte in (b"\x00", b"\x01", b"\x0b", b"\x7f", b"\r", b"\n")
    ],
    refused("a NUL in a header's name", get(b"/health", b"X\x00Y: z")),
    refused("a space in a header's name", get(b"/health", b"X Y: z")),
    refused("a space before a colon", get(b"/health", b"X : z")),
    refused("no name before a colon", get(b"/health", b": z")),
    refused("no colon", get(b"/health", b"nothing"), proxied=(200, 400)),
    refused("a folded header", get(b"/health", b"X: y\r\n z")),
    refused("a folded first line", b"GET /health HTTP/1.1\r\n X: y\r\n" + HOST + b"\r\n"),
    refused("bare LF all through", get().replace(b"\r\n", b"\n"), proxied=(200, 400)),
    refused("bare CR all through", get().replace(b"\r\n", b"\r") + b"\r\n\r\n"),
    case(
        "8-bit bytes in a header",
        get(b"/health", b"X: \xff\xfe\xe9"),
        answers=[200],
        kept=KEPT_OPEN,
    ),
    case(
        "a head a byte at a time",
        *[step for byte in get() for step in (bytes([byte]), Act.PAUSE)],
        answers=[200],
        kept=KEPT_OPEN,
    ),
]

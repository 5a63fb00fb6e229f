"""Requests whose end two servers might see in different places, with another one hidden inside."""

from tests.http.raw.case import (
    EITHER,
    END,
    HOST,
    KEPT_OPEN,
    Case,
    case,
    chunk,
    get,
    never,
    post,
    refused,
    stored,
)

HIDDEN = post(never("hidden"))
TE = b"Transfer-Encoding: chunked"


def length(value: bytes) -> bytes:
    """A Content-Length."""
    return b"Content-Length: " + value


CASES: list[Case] = [
    refused("CL.TE", post(END + HIDDEN, length(b"%d" % len(END + HIDDEN)), TE)),
    refused("TE.CL", post(chunk(HIDDEN) + END, TE, length(b"4"))),
    refused("CL.TE, the length in agreement", post(chunk(never("both")) + END, TE, length(b"5"))),
    refused("TE.TE", post(END + HIDDEN, TE, b"Transfer-Encoding: identity")),
    refused("TE.TE, unknown", post(END + HIDDEN, TE, b"Transfer-Encoding: cow"), also=501),
    refused("TE twice", post(END + HIDDEN, TE, TE), also=501),
    refused("TE: chunked, chunked", post(END + HIDDEN, TE + b", chunked"), also=501),
    refused("TE: gzip alone", post(HIDDEN, b"Transfer-Encoding: gzip"), also=501),
    refused("TE: xchunked", post(END + HIDDEN, b"Transfer-Encoding: xchunked"), also=501),
    refused(
        "TE: identity, with a length",
        post(HIDDEN, b"Transfer-Encoding: identity", length(b"4")),
        also=501,
    ),
    refused(
        "TE behind a vertical tab", post(END + HIDDEN, b"Transfer-Encoding:\x0bchunked"), also=501
    ),
    refused("TE, quoted", post(END + HIDDEN, b'Transfer-Encoding: "chunked"'), also=501),
    refused("TE with a space before its colon", post(END + HIDDEN, b"Transfer-Encoding : chunked")),
    refused("TE in a folded line", post(END + HIDDEN, b"Transfer-Encoding:\r\n chunked"), also=501),
    refused(
        "TE behind a bare LF", post(END + HIDDEN, b"X: y\nTransfer-Encoding: chunked"), alone=True
    ),
    refused("TE behind a bare CR", post(END + HIDDEN, b"X: y\rTransfer-Encoding: chunked")),
    refused("TE in HTTP/1.0", post(END + HIDDEN, TE, version=b"HTTP/1.0")),
    refused("two different lengths", post(HIDDEN, length(b"4"), length(b"%d" % len(HIDDEN)))),
    refused("the same length twice", post(never("twice"), length(b"9"), length(b"9"))),
    refused("lengths in a list", post(never("list"), length(b"9, 9"))),
    refused("an empty length", post(HIDDEN, b"Content-Length:")),
    refused("a negative length", post(HIDDEN, length(b"-1"))),
    refused("a signed length", post(HIDDEN, length(b"+5"))),
    refused("a hexadecimal length", post(HIDDEN, length(b"0x5"))),
    refused("an octal length with an underscore", post(HIDDEN, length(b"1_0"))),
    refused("a length with a space inside", post(HIDDEN, length(b"1 0"))),
    refused("a length in Arabic digits", post(HIDDEN, length("٥".encode()))),
    refused("a length with a space before its colon", post(HIDDEN, b"Content-Length : 5")),
    refused("a length of a million digits' worth", post(b"", length(b"9" * 5000)), also=413),
    case("a length beyond 64 bits", post(b"", length(b"9" * 25)), answers=[(400, 413)]),
    case(
        "a body with GET",
        get(b"/health", length(b"%d" % len(HIDDEN))) + HIDDEN,
        answers=[200],
        kept=KEPT_OPEN,
    ),
    case("chunks with GET", get(b"/health", TE) + chunk(HIDDEN) + END, answers=[200], kept=EITHER),
    case(
        "a body to a path that is not there",
        b"POST /api/nothing HTTP/1.1\r\n"
        + HOST
        + length(b"%d" % len(HIDDEN))
        + b"\r\n\r\n"
        + HIDDEN,
        answers=[404],
        kept=KEPT_OPEN,
    ),
    case(
        "a body of another type",
        b"POST /api/events HTTP/1.1\r\n"
        + HOST
        + length(b"%d" % len(HIDDEN))
        + b"\r\n\r\n"
        + HIDDEN,
        answers=[415],
        kept=KEPT_OPEN,
    ),
    case(
        "a length that is short by a request",
        post(b"{}" + post(stored("short by a request")), length(b"2")),
        answers=[400, 200],
        kept=KEPT_OPEN,
    ),
]

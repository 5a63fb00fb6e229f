"""Bodies: chunks and what only looks like them, too short, broken off, slow, asked for first."""

from tests.http.raw.case import (
    END,
    KEPT_OPEN,
    Act,
    Case,
    case,
    chunk,
    chunked,
    get,
    never,
    post,
    refused,
    stored,
)

EXPECT = b"Expect: 100-continue"
PIECES = [b"", b""]


def dribbled(data: bytes, size: int) -> list[bytes | Act]:
    """The data in pieces with pauses between."""
    steps: list[bytes | Act] = []
    for start in range(0, len(data), size):
        steps += [data[start : start + size], Act.PAUSE]
    return steps


def with_length(body: bytes, *lines: bytes, more: int = 0) -> bytes:
    """A POST whose Content-Length is `more` than it has."""
    return post(body, b"Content-Length: %d" % (len(body) + more), *lines)


WHOLE = stored("slow writer")
CASES: list[Case] = [
    case(
        "chunk extensions",
        chunked(chunk(stored("extensions"), b';a=b;c="d;e"'), END),
        answers=[200],
        kept=KEPT_OPEN,
    ),
    case(
        "trailers",
        chunked(
            chunk(stored("trailers")),
            b"0\r\nX-Sum: abc\r\nExpires: x\r\n\r\n",
            lines=(b"Trailer: X-Sum",),
        ),
        answers=[200],
        kept=KEPT_OPEN,
    ),
    case(
        "chunk sizes with leading zeros",
        chunked(b"000" + chunk(stored("zeros")), b"0000\r\n\r\n"),
        answers=[200],
        kept=KEPT_OPEN,
    ),
    case(
        "chunk sizes in capitals",
        chunked(chunk(b" " * 0xAB).replace(b"ab", b"AB", 1), chunk(stored("capitals")), END),
        answers=[200],
        kept=KEPT_OPEN,
    ),
    *[
        refused(f"chunk size {size!r}", chunked(size + b"\r\n" + never("size") + b"\r\n", END))
        for size in (b"-1", b"+5", b"0x5", b"5 5", b"", b"zz", b"1_0", b"5\x00", "٥".encode())
    ],
    case(
        "a chunk size beyond 64 bits",
        chunked(b"f" * 17 + b"\r\n", never("beyond")),
        Act.HALF_CLOSE,
        answers=[(400, 413)],
    ),
    case(
        "a chunk size of a megabyte of digits",
        chunked(b"0" * 1_048_576),
        answers=[(400, 413)],
        alone=True,
    ),
    case(
        "a chunk extension without end",
        chunked(b"5;" + b"x" * 100_000),
        Act.HALF_CLOSE,
        answers=[400],
        proxied=(0, 400),
    ),
    refused("a chunk that is longer than it says", chunked(b"1\r\n" + never("longer"), END)),
    refused(
        "chunks that end in bare LF", chunked(b"2\n{}\n0\n\n"), Act.HALF_CLOSE, proxied=(0, 400)
    ),
    refused(
        "a trailer that would be a length",
        chunked(chunk(never("trailer")), b"0\r\nContent-Length: 4\r\n\r\n"),
        alone=True,
    ),
    case(
        "trailers without end",
        chunked(chunk(never("endless")), b"0\r\n", b"A: b\r\n" * 200_000),
        answers=[(400, 431)],
        alone=True,
    ),
    case(
        "a body that ends too soon",
        with_length(never("short"), more=10),
        Act.HALF_CLOSE,
        answers=[(0, 400)],
    ),
    case(
        "chunks that end too soon",
        chunked(chunk(never("cut")), b"ff\r\nhalf"),
        Act.HALF_CLOSE,
        answers=[(0, 400)],
    ),
    case(
        "chunks without the last", chunked(chunk(never("last"))), Act.HALF_CLOSE, answers=[(0, 400)]
    ),
    case(
        "RST in the middle of a body",
        with_length(never("rst"), more=10),
        Act.PAUSE,
        Act.RESET,
        answers=[0],
    ),
    case(
        "RST in the middle of chunks",
        chunked(chunk(never("rst"))),
        Act.PAUSE,
        Act.RESET,
        answers=[0],
    ),
    case("RST behind a whole request", get() * 5, Act.RESET, answers=[0]),
    case(
        "a body a little at a time",
        *dribbled(with_length(WHOLE), 60),
        answers=[200],
        kept=KEPT_OPEN,
    ),
    case(
        "chunks a little at a time",
        *dribbled(chunked(chunk(stored("slow")), END), 60),
        answers=[200],
        kept=KEPT_OPEN,
    ),
    case("a body that stops", with_length(never("stops"), more=10), answers=[503], alone=True),
    case(
        "chunks that stop",
        chunked(chunk(never("chunks stop")), b"5\r\n12"),
        answers=[503],
        alone=True,
    ),
    case(
        "Expect: 100-continue",
        with_length(b"", EXPECT, more=len(stored("expect"))),
        Act.PAUSE,
        stored("expect"),
        answers=[200],
        kept=KEPT_OPEN,
    ),
    case(
        "Expect: 100-continue, not waited for",
        with_length(stored("expecting"), EXPECT),
        answers=[200],
        kept=KEPT_OPEN,
    ),
    case(
        "another Expect",
        with_length(never("expect"), b"Expect: a miracle"),
        answers=[(200, 417)],
        kept=None,
        alone=True,
    ),
    case(
        "Expect: 100-continue over the limit",
        post(b"", b"Content-Length: 99999999999", EXPECT),
        answers=[413],
    ),
    case(
        "Expect: 100-continue in HTTP/1.0",
        post(
            stored("old"), b"Content-Length: %d" % len(stored("old")), EXPECT, version=b"HTTP/1.0"
        ),
        answers=[200],
    ),
]

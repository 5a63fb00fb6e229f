"""Connections: pipelines, other protocols, old ones, and those that say little or nothing."""

from tests.http.raw.case import (
    EITHER,
    END,
    HOST,
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

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\x00\x00\x00\x04\x00\x00\x00\x00\x00"
H2C = (b"Connection: Upgrade, HTTP2-Settings", b"Upgrade: h2c", b"HTTP2-Settings: AAMAAABk")
WEBSOCKET = (
    b"Connection: Upgrade",
    b"Upgrade: websocket",
    b"Sec-WebSocket-Version: 13",
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
)
TLS_HELLO = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(range(256)) * 2

CASES: list[Case] = [
    case(
        "a pipeline of all sorts",
        get()
        + post(stored("pipeline"))
        + get(b"/api/nothing")
        + post(b"{")
        + chunked(chunk(stored("pipeline")), END)
        + get(),
        answers=[200, 200, 404, 400, 200, 200],
        kept=KEPT_OPEN,
    ),
    case("a pipeline of 100", get() * 100, answers=[200] * 100, kept=KEPT_OPEN),
    case(
        "a pipeline cut at odd places",
        *[step for n in range(0, 400, 37) for step in ((get() * 8)[n : n + 37], Act.PAUSE)],
        (get() * 8)[407:],
        answers=[200] * 8,
        kept=KEPT_OPEN,
    ),
    case(
        "a bad request behind a good one",
        get() + b"nonsense\r\n\r\n" + post(never("behind")),
        answers=[200, 400],
    ),
    case(
        "a bad length behind a good request",
        post(stored("good")) + post(never("bad"), b"Content-Length: -1"),
        answers=[200, 400],
    ),
    case(
        "a good request behind Connection: close",
        get(b"/health", b"Connection: close") + post(never("close")),
        answers=[200],
    ),
    case("an h2c upgrade", get(b"/health", *H2C), answers=[200], kept=EITHER),
    case(
        "an h2c upgrade with a preface behind",
        get(b"/health", *H2C) + PREFACE,
        answers=[200, (400, 505)],
    ),
    case("a websocket upgrade", get(b"/health", *WEBSOCKET), answers=[200], kept=EITHER),
    case("the HTTP/2 preface", PREFACE, answers=[(0, 400, 505)]),
    case("a TLS hello", TLS_HELLO, Act.HALF_CLOSE, answers=[(0, 400)]),
    case("a proxy line", b"PROXY TCP4 1.1.1.1 2.2.2.2 1 2\r\n" + get(), answers=[400]),
    case("HTTP/0.9", b"GET /health\r\n", Act.HALF_CLOSE, answers=[(0, 9, 400)]),
    case(
        "HTTP/0.9 with an empty line",
        b"GET /health\r\n\r\n",
        answers=[(9, 400)],
        proxied=(0, 9, 400),
    ),
    case("HTTP/1.0", b"GET /health HTTP/1.0\r\n\r\n" + get(), answers=[200]),
    case(
        "HTTP/1.0 keep-alive",
        b"GET /health HTTP/1.0\r\nConnection: keep-alive\r\n\r\n" + get(),
        answers=[200, 200],
        kept=KEPT_OPEN,
    ),
    case("empty lines before a request", b"\r\n" + get(), answers=[200], kept=KEPT_OPEN),
    case("an empty connection", Act.HALF_CLOSE, answers=[0]),
    case("RST on an empty connection", Act.PAUSE, Act.RESET, answers=[0]),
    case("nothing but empty lines", b"\r\n" * 3, Act.HALF_CLOSE, answers=[(0, 400)]),
    case("half a head", b"GET /health HTTP/1.1\r\nHo", Act.HALF_CLOSE, answers=[(0, 400)]),
    case("RST in a head", b"GET /health HTTP/1.1\r\nHo", Act.PAUSE, Act.RESET, answers=[0]),
    case("half-closed behind a request", get(), Act.HALF_CLOSE, answers=[200], proxied=(0, 200)),
    case(
        "half-closed behind a batch",
        post(stored("half-closed")),
        Act.HALF_CLOSE,
        answers=[200],
        proxied=(0, 200),
    ),
    case("garbage", bytes(range(128, 256)) * 100 + b"\r\n\r\n", answers=[(0, 400, 414)]),
    case("zeros", bytes(100_000), Act.HALF_CLOSE, answers=[(0, 400, 414)]),
    refused("a line feed's worth of HTTP", b"\n\n\n" + HOST + b"\r\n\r\n"),
]

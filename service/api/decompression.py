"""Content encodings of request bodies, decompressed part by part.

Each reads at most one byte beyond the limit, so a small body that unpacks to gigabytes is refused
after the limit. The memory beside the parts is bounded as well.
"""

import zlib
from collections.abc import Callable, Iterator

from backports import zstd

UNPACKED_BYTES = 1_048_576  # most output of one decompress() call
PACKED_BYTES = 16_384  # most input of one decompress() call
# Of gzip or zstd. Empty ones take 20 ms; a million of them would block other requests.
MAX_MEMBERS = 10_000
GZIP, ZLIB, RAW = 16 + zlib.MAX_WBITS, zlib.MAX_WBITS, -zlib.MAX_WBITS
ZLIB_METHOD, ZLIB_CHECK = 8, 31  # RFC 1950: CM in the first byte, and what FCHECK makes divisible
# RFC 8878 asks decoders to support windows of 8 MB; a frame may name one of terabytes.
WINDOW = {int(zstd.DecompressionParameter.window_log_max): 23}


class BadEncoding(Exception):
    """A body that is not what its Content-Encoding says; the text is for the client."""


def gunzip(packed: bytes, max_bytes: int) -> Iterator[bytes]:
    """Yield up to `max_bytes` of a body of one or more members. Raises BadEncoding."""
    yield from members(packed, max_bytes, GZIP)


def inflate(packed: bytes, max_bytes: int) -> Iterator[bytes]:
    """Yield up to `max_bytes` of a zlib stream, or of a bare deflate stream, as some clients send.

    Raises BadEncoding.
    """
    head = packed[:2]
    is_zlib = (
        len(head) == len(b"78")
        and head[0] & 0x0F == ZLIB_METHOD
        and int.from_bytes(head) % ZLIB_CHECK == 0
    )
    yield from members(packed, max_bytes, ZLIB if is_zlib else RAW)


def members(packed: bytes, max_bytes: int, window: int) -> Iterator[bytes]:
    """Yield up to `max_bytes` of zlib's streams, one after the other; raises BadEncoding.

    Each member gets a small piece of the body at a time, because zlib copies the unused rest. With
    the whole body, 1 MB of empty members took 3.5 s, and 64 MB would have taken hours.
    """
    rest, count = memoryview(packed), 0
    while rest and max_bytes:
        member, count = zlib.decompressobj(window), count + 1
        if count > MAX_MEMBERS:
            raise BadEncoding(f"the body has more than {MAX_MEMBERS} members.")
        while not member.eof and max_bytes:
            piece = rest[:PACKED_BYTES]
            try:
                part = member.decompress(piece, min(max_bytes, UNPACKED_BYTES))
            except zlib.error:
                raise BadEncoding("the body is not valid.") from None
            unused = member.unconsumed_tail or member.unused_data
            rest = rest[len(piece) - len(unused) :]
            if not (part or rest or member.eof):
                raise BadEncoding("the body ends too soon.")
            max_bytes -= len(part)
            yield part


def unzstd(packed: bytes, max_bytes: int) -> Iterator[bytes]:
    """Yield up to `max_bytes` of a body of one or more frames. Raises BadEncoding."""
    body, at, count = memoryview(packed), 0, 0
    while at < len(body) and max_bytes:
        frame, count = zstd.ZstdDecompressor(options=WINDOW), count + 1
        if count > MAX_MEMBERS:
            raise BadEncoding(f"the body has more than {MAX_MEMBERS} frames.")
        while not frame.eof and max_bytes:
            piece = body[at : at + PACKED_BYTES] if frame.needs_input else b""
            if frame.needs_input and not piece:
                raise BadEncoding("the body ends too soon.")
            at += len(piece)
            try:
                part = frame.decompress(piece, min(max_bytes, UNPACKED_BYTES))
            except zstd.ZstdError:
                raise BadEncoding("the body is not valid, or needs a window above 8 MB.") from None
            max_bytes -= len(part)
            yield part
        at -= len(frame.unused_data)


Decompressor = Callable[[bytes, int], Iterator[bytes]]
DECOMPRESSORS: dict[str, Decompressor] = {
    "gzip": gunzip,
    "x-gzip": gunzip,
    "deflate": inflate,
    "zstd": unzstd,
}

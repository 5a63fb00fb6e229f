"""Decompressing: to the cap and one byte further, in little memory, in time that is linear."""

import gzip
import tracemalloc
import zlib
from collections.abc import Callable

import falcon
import pytest
from backports import zstd

from service.api.body import decompress
from service.api.decompression import MAX_MEMBERS, PACKED_BYTES
from service.api.errors import ApiError

KB, MB = 1024, 1024 * 1024
Pack = Callable[[bytes], bytes]
CAP = 3 * MB // 2  # no multiple of what is unpacked at a time


class Measured:
    """Room without end, that remembers how much of it was ever taken."""

    size = 0

    def check_room(self, size: int) -> None:
        """Do not mind."""

    def grow(self, size: int) -> None:
        """Remember."""
        self.size = max(self.size, size)


def whole(data: bytes) -> bytes:
    return gzip.compress(data, 1)


def halves(data: bytes) -> bytes:
    middle = len(data) // 2
    return gzip.compress(data[:middle]) + gzip.compress(data[middle:])


def many(data: bytes) -> bytes:
    """Members of 1 kB, with empty ones between."""
    pieces = (data[at : at + KB] for at in range(0, len(data), KB))
    return b"".join(gzip.compress(piece, 1) + gzip.compress(b"") for piece in pieces)


def stored(data: bytes) -> bytes:
    """Not compressed at all: it comes to more than it holds."""
    return gzip.compress(data, 0)


PACKINGS = pytest.mark.parametrize("pack", [whole, halves, many, stored])


def frames(data: bytes) -> bytes:
    """Two frames of zstd, with an empty one and one to skip between."""
    middle = len(data) // 2
    skipped = b"\x50\x2a\x4d\x18\x03\x00\x00\x00abc"
    parts = data[:middle], b"", data[middle:]
    first, empty, last = (zstd.compress(part) for part in parts)
    return first + empty + skipped + last


def bare(data: bytes) -> bytes:
    """Deflate without zlib's head, as some clients send it."""
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return packer.compress(data) + packer.flush()


OTHERS: dict[str, tuple[str, Pack]] = {
    "x-gzip": ("x-gzip", whole),
    "zlib": ("deflate", zlib.compress),
    "bare": ("deflate", bare),
    "zstd": ("zstd", zstd.compress),
    "frames": ("zstd", frames),
}


def gunzip(packed: bytes, cap: int, room: Measured) -> bytes:
    return decompress(packed, "gzip", cap, room)


def refusal(packed: bytes, cap: int, room: Measured, encoding: str = "gzip") -> tuple[str, str]:
    """The status and code that a body is refused with."""
    with pytest.raises(ApiError) as raised:
        decompress(packed, encoding, cap, room)
    return str(raised.value.status), raised.value.name


@PACKINGS
@pytest.mark.parametrize("cap", [1, PACKED_BYTES, MB - 1, MB, CAP])
def test_just_the_cap_passes_and_one_byte_more_is_413(pack: Pack, cap: int) -> None:
    data = (bytes(range(256)) * (cap // 256 + 1))[: cap + 1]
    room = Measured()
    assert gunzip(pack(data[:-1]), cap, room) == data[:-1]
    assert room.size == cap
    assert refusal(pack(data), cap, room) == (falcon.HTTP_413, "body_too_large")
    assert room.size == cap


def bomb(megabytes: int, member_megabytes: int) -> bytes:
    """Zeros, 1000 to 1, in members of this size."""
    packer = zlib.compressobj(9, wbits=16 + zlib.MAX_WBITS)
    parts = [packer.compress(bytes(MB)) for _ in range(member_megabytes)]
    return (b"".join(parts) + packer.flush()) * (megabytes // member_megabytes)


@pytest.mark.parametrize("member_megabytes", [1, 64])
def test_a_bomb_takes_no_more_memory_than_the_cap(member_megabytes: int) -> None:
    packed = bomb(256, member_megabytes)
    assert len(packed) < 256 * MB / 900
    tracemalloc.start()
    try:
        assert refusal(packed, CAP, Measured())[1] == "body_too_large"
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < CAP + MB


def test_a_bomb_inside_gzip_is_a_body_like_any_other() -> None:
    assert gunzip(whole(bomb(64, 64)), CAP, Measured()) == bomb(64, 64)


def test_as_many_members_as_may_be_and_one_more() -> None:
    empty = gzip.compress(b"")
    assert gunzip(empty * (MAX_MEMBERS - 1) + whole(b"{}"), CAP, Measured()) == b"{}"
    packed = empty * MAX_MEMBERS + whole(b"{}")
    assert refusal(packed, CAP, Measured()) == (falcon.HTTP_400, "invalid_encoding")


@PACKINGS
def test_gzip_that_ends_too_soon_or_goes_on_is_400_wherever_it_is_cut(pack: Pack) -> None:
    packed = pack(b"some text, twice: some text" * 2000)
    for wrong in (
        packed[:-1],
        packed[:-8],
        packed[: len(packed) // 2 - 3],
        packed[:5],
        packed + b"x",
    ):
        assert refusal(wrong, CAP, Measured()) == (falcon.HTTP_400, "invalid_encoding")


@pytest.mark.parametrize("name", OTHERS)
@pytest.mark.parametrize("cap", [1, PACKED_BYTES, MB, CAP])
def test_other_encodings_have_the_same_cap(name: str, cap: int) -> None:
    encoding, pack = OTHERS[name]
    data = (bytes(range(256)) * (cap // 256 + 1))[: cap + 1]
    room = Measured()
    assert decompress(pack(data[:-1]), encoding, cap, room) == data[:-1]
    assert refusal(pack(data), cap, room, encoding) == (falcon.HTTP_413, "body_too_large")
    assert room.size == cap


@pytest.mark.parametrize("name", OTHERS)
def test_other_encodings_that_end_too_soon_are_400(name: str) -> None:
    encoding, pack = OTHERS[name]
    packed = pack(b"some text, twice: some text" * 2000)
    for wrong in (packed[:-1], packed[: len(packed) // 2 - 3], packed[:5], b"{}", b"\xff" * 9):
        assert refusal(wrong, CAP, Measured(), encoding) == (falcon.HTTP_400, "invalid_encoding")


def test_a_bomb_of_zstd_takes_no_more_memory_than_the_cap() -> None:
    packed = zstd.compress(bytes(256 * MB), level=19)
    assert len(packed) < 256 * MB / 900
    tracemalloc.start()
    try:
        assert refusal(packed, CAP, Measured(), "zstd")[1] == "body_too_large"
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < CAP + 2 * MB


def test_a_window_above_8_mb_is_refused() -> None:
    wide = {int(zstd.CompressionParameter.window_log): 24}
    packer = zstd.ZstdCompressor(options=wide)
    packed = packer.compress(b"{}") + packer.flush()
    assert refusal(packed, CAP, Measured(), "zstd") == (falcon.HTTP_400, "invalid_encoding")


def test_as_many_frames_as_may_be_and_one_more() -> None:
    empty = zstd.compress(b"")
    packed = empty * (MAX_MEMBERS - 1) + zstd.compress(b"{}")
    assert decompress(packed, "zstd", CAP, Measured()) == b"{}"
    assert refusal(empty + packed, CAP, Measured(), "zstd")[1] == "invalid_encoding"

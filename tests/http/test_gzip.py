"""gzip over the wire: the cap to the byte, packed and framed in any way, and bombs."""

import gzip
import zlib
from collections.abc import Callable

import pytest

from tests.http.conftest import LIMIT, MAX_BODY_MB, padded
from tests.http.wire import exchange, post, post_chunked
from tests.processes.harness import peak_mb
from tests.service import Service

MB = 1024 * 1024
BOMB_MB = 256

Pack = Callable[[bytes], bytes]


def in_members(body: bytes) -> bytes:
    """Packed in several members, one of them empty."""
    third = len(body) // 3
    parts = (body[:third], b"", body[third:])
    return b"".join(gzip.compress(part, 1) for part in parts)


def with_length(packed: bytes) -> bytes:
    return post(packed, Content_Encoding="gzip")


def in_chunks(packed: bytes) -> bytes:
    pieces = [packed[at : at + 999] for at in range(0, len(packed), 999)]
    return post_chunked(pieces, Content_Encoding="gzip")


@pytest.mark.parametrize("frame", [with_length, in_chunks])
@pytest.mark.parametrize("pack", [gzip.compress, in_members])
def test_just_the_limit_is_stored_and_one_byte_more_is_413(
    service: Service, pack: Pack, frame: Pack
) -> None:
    fits = exchange(service, frame(pack(padded(LIMIT))))
    assert (fits.status, fits.json["inserted"]) == (200, 1)
    answer = exchange(service, frame(pack(padded(LIMIT + 1))))
    assert (answer.status, answer.code, answer.json["limit"]) == (413, "body_too_large", LIMIT)


@pytest.fixture(scope="module")
def bomb() -> bytes:
    """A quarter of a megabyte that unpacks to a quarter of a gigabyte."""
    packer = zlib.compressobj(9, wbits=16 + zlib.MAX_WBITS)
    return b"".join(packer.compress(bytes(MB)) for _ in range(BOMB_MB)) + packer.flush()


@pytest.mark.parametrize("frame", [with_length, in_chunks])
@pytest.mark.parametrize("members", [1, 3])
def test_a_bomb_is_stopped_at_the_limit(
    service: Service, bomb: bytes, members: int, frame: Pack
) -> None:
    before = {pid: peak_mb(pid) for pid in service.workers}
    for _ in range(4):
        answer = exchange(service, frame(bomb * members))
        assert (answer.status, answer.code) == (413, "body_too_large")
    grown = [peak_mb(pid) - peak for pid, peak in before.items()]
    assert len(grown) >= 1
    assert max(grown) < 32 * MAX_BODY_MB

"""Bodies that come slowly: beyond a megabyte they are given up, 503 body_timeout."""

from typing import Any, cast

import falcon
import pytest
from falcon import testing

from service.api import body_pace
from service.api.body import Unlimited, read_body
from service.api.errors import ApiError

pytestmark = pytest.mark.any_postgres

MB = 1024 * 1024
SIZE = 63 * MB


class Slow:
    """A stream of one body: the first bytes at once, the rest at a rate, on a clock of its own."""

    def __init__(self, first: int, bytes_per_second: float) -> None:
        self.now, self.sent = 0.0, 0
        self._first, self._rate = first, bytes_per_second

    def read(self, size: int) -> bytes:
        """So many bytes, when they have come."""
        self.sent += size
        if self.sent > self._first:
            self.now += size / self._rate
        return b" " * size


def read(monkeypatch: pytest.MonkeyPatch, stream: Slow, size: int = SIZE) -> bytes:
    """Read a body of a size from a stream."""
    monkeypatch.setattr(body_pace, "monotonic", lambda: stream.now)
    req = testing.create_req(method="POST", headers={"Content-Length": str(size)})
    req.stream = cast(Any, stream)
    return read_body(req, SIZE, Unlimited())


def test_a_body_that_stops_after_48_mb_is_not_held_for_hours(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    stream = Slow(48 * MB, 1500)
    with pytest.raises(ApiError) as raised:
        read(monkeypatch, stream)
    assert (raised.value.status, raised.value.name) == (falcon.HTTP_503, "body_timeout")
    assert stream.now < 100


@pytest.mark.parametrize(("size", "rate"), [(MB, 1001), (SIZE, 65_536), (SIZE, 100_000_000)])
def test_a_small_body_may_be_slow_and_a_large_one_at_64_kb_a_second(
    monkeypatch: pytest.MonkeyPatch, size: int, rate: float
) -> None:
    assert len(read(monkeypatch, Slow(0, rate), size)) == size

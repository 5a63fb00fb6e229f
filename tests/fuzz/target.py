"""The program that atheris drives: bodies by coverage of service/ingest, and the oracle on each.

    DATABASE_URL=… python -m tests.fuzz.target [libFuzzer's options] [CORPUS or FILE …]

Reading a body takes a tenth of a millisecond, storing and reading it back ten: so each body is
read, and as many are stored as half of the time allows; the first ones are, so a FILE always is.
"""

import os
import random
import sys
import time
from contextlib import ExitStack

import atheris

with atheris.instrument_imports(include=["service"]):
    import service.ingest.json.batch  # noqa: F401 - the writer's thread would only blur the coverage

from tests.fuzz.mutations import mutate
from tests.fuzz.oracle import MAX_BODY_BYTES, check_parsing, check_storing, small_service

SHARE = 0.5
FIRST = 100
REPORT_SECONDS = 10


class Target:
    """The oracle on one body after the other, and how many of them were stored."""

    def __init__(self, stack: ExitStack) -> None:
        self._client = stack.enter_context(small_service(os.environ["DATABASE_URL"]))
        self._begun = time.monotonic()
        self._reported = self._begun
        self._storing_seconds = 0.0
        self._stored = 0
        self._read = 0

    def __call__(self, body: bytes) -> None:
        """Check a body; an assertion or any other exception is a finding."""
        batch = check_parsing(body)
        self._read += 1
        now = time.monotonic()
        if self._read > FIRST and self._storing_seconds > SHARE * (now - self._begun):
            return
        check_storing(self._client, body, batch)
        self._stored += 1
        self._storing_seconds += time.monotonic() - now
        if now - self._reported > REPORT_SECONDS:
            self._reported = now
            print(f"bodies read: {self._read:,}, sent and read back: {self._stored:,}", flush=True)


def make(body: bytes, max_size: int, seed: int) -> bytes:
    """Another body: by libFuzzer's own means, or knowing that it is JSON."""
    rng = random.Random(seed)
    if rng.random() < 0.3:
        return bytes(atheris.Mutate(body, max_size))
    return mutate(body, rng)[:max_size]


def main() -> None:
    """Fuzz until a limit or a finding."""
    with ExitStack() as stack:
        options = [f"-max_len={MAX_BODY_BYTES}", *sys.argv[1:]]
        atheris.Setup([sys.argv[0], *options], Target(stack), custom_mutator=make)
        atheris.Fuzz()


main()

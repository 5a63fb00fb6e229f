"""The runs that the page is measured with: large ones, and one with a large text and picture."""

import base64
import random
import struct
import zlib
from datetime import UTC, datetime
from typing import Any

from bench.data import Event, batches, uuid4
from bench.load import closed_loop, host_of, post
from bench.trees import AGENT, tree

SIZES = (1_000, 10_000, 100_000)
BATCH = 5_000
TEXT_CHARACTERS = 1_000_000
PICTURE_PIXELS = 400  # of a side; noise, so that it stays half a megabyte


def post_runs(url: str, seed: int) -> dict[int, str]:
    """Send a run of each size; return their ids."""
    rng = random.Random(f"page {seed}")
    found = {}
    for size in SIZES:
        events = tree(rng, size)
        found[size] = str(events[0]["run_id"])
        send(url, events)
    return found


def post_large_events(url: str, seed: int) -> str:
    """Send a run with a text of 1 MB and a picture; return its id."""
    rng = random.Random(f"large {seed}")
    run_id = uuid4(rng)
    picture = {"url": f"data:image/png;base64,{base64.b64encode(png(rng)).decode()}"}
    content = [{"type": "image_url", "image_url": picture}]
    send(
        url,
        [
            event(rng, run_id, name="small", input="a text"),
            event(rng, run_id, name="text", input="lorem ipsum " * (TEXT_CHARACTERS // 12)),
            event(rng, run_id, name="picture", input=[{"role": "user", "content": content}]),
        ],
    )
    return run_id


def event(rng: random.Random, run_id: str, **data: Any) -> Event:
    """A call of a model, at this moment."""
    return {
        "event_type": "llm_call",
        "run_id": run_id,
        "timestamp": datetime.now(UTC).isoformat(),
        "agent_name": AGENT,
        "event_id": uuid4(rng),
        "data": data,
    }


def png(rng: random.Random) -> bytes:
    """A picture of noise."""
    side = PICTURE_PIXELS
    lines = b"".join(b"\0" + rng.randbytes(3 * side) for _ in range(side))
    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    parts = ((b"IHDR", header), (b"IDAT", zlib.compress(lines)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        for name, data in parts
    )


def send(url: str, events: list[Event]) -> None:
    """Store the events, in their order."""
    bodies = batches(iter(events), -(-len(events) // BATCH), min(BATCH, len(events)))
    requests = [post("/api/events", body, host_of(url)) for body in bodies]
    result = closed_loop(url, requests, clients=1)
    if set(result.statuses) != {200}:
        raise RuntimeError(f"POST /api/events answered {dict(result.statuses)}")

"""The shapes of cost.py are about as large as they say; making a larger one takes all memory."""

import pytest

from tests.fuzz.shapes import KB, PLACES, Shape

SIZE, COPIES = 256 * KB, 50
KEYS = 5  # a unit of two bytes with a key, as against one in a list
OF_A_COPY = KB


@pytest.mark.parametrize("is_keyed", [False, True])
@pytest.mark.parametrize(
    ("kind", "place"), [(kind, place) for kind, places in PLACES.items() for place in places]
)
def test_copies_share_the_size(kind: str, place: str, is_keyed: bool) -> None:
    shape = Shape(kind, place, "{}", SIZE, 0, "", COPIES, is_keyed)
    assert len(shape.body()) < KEYS * SIZE + COPIES * OF_A_COPY

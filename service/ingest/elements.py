"""Cut a JSON text into the elements of one of its arrays, so that a bad element costs itself alone.

msgspec refuses a whole text for one NaN, half of a surrogate pair (a text cut inside an emoji) or
a value nested 1,000 deep. `masks` writes these as something that msgspec passes over; each element
is cut out of the masked text and unmasked, and then read by itself. All of it takes linear time.
"""

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any, NamedTuple

import msgspec
from msgspec import Raw

from service.core.cooperative import Pacer, paced
from service.ingest.json.fields import BadEvent, invalid_number, invalid_text, wrong_value
from service.ingest.masks import mask, mask_texts, unmask
from service.ingest.nesting import count

TOKEN = re.compile(rb'"[^"]*"|[\[{]+|[\]}]+')  # of a masked text: its strings hold no quotes
MAX_TOKENS = 4_000_000  # half a second
TOKENS_PER_PAUSE = 10_000

# Deeper than any event may be (128 levels of data, each up to four of OTLP/JSON), and not too deep
# for a parser: they reach 1,000, less the stack below them.
KEPT_LEVELS = 600

SMALL = 64 * 1024
BYTES_PER_OBJECT = 24
ABSENT, NULL = Raw(b""), Raw(b"null")

Element = bytes | Raw
skip = msgspec.json.Decoder(Raw).decode


class Cut(NamedTuple):
    """The elements of an array, not parsed, or None where there is none; and a field beside it."""

    elements: list[Element] | None
    beside: Element
    is_masked: bool = False  # all of it

    @property
    def plain_beside(self) -> Element:
        """The field beside the array as the text had it."""
        return unmask(bytes(self.beside)) if self.is_masked else self.beside

    def unmasked(self) -> "Cut":
        """All of it as the text had it."""
        if not self.is_masked:
            return self
        return Cut(self.elements and unmask_all(self.elements), self.plain_beside)


def is_sparse(text: bytes, max_element_bytes: int) -> bool:
    """Whether the objects built of a whole text, of up to 120 bytes, are a few times its size.

    Half of what one element may have costs little, whatever it holds.
    """
    size = len(text)
    return size <= max_element_bytes // 2 or count(text, b"{") * BYTES_PER_OBJECT <= size


def has_more_values(text: Element, limit: int) -> bool:
    """Whether a JSON text holds more than `limit` values; strings may count as several."""
    if len(text) <= limit:
        return False
    encoded = bytes(text)
    return sum(map(encoded.count, (b",", b"{", b"["))) > limit


def cut(text: Element, name: str, limit: int, beside: str = "") -> Cut:
    """Cut the first `limit` elements of an object's array out of a JSON text.

    Without a name the text itself is the array. Raises msgspec.MsgspecError or RecursionError
    when the text is no such object, or no JSON.
    """
    return cut_masked(text, name, limit, beside).unmasked()


def cut_masked(
    text: Element, name: str, limit: int, beside: str = "", is_masked: bool = False
) -> Cut:
    """As `cut`, of a text that may be masked; what had to be masked stays so.

    What is cut out of a masked text lies within it, and can be cut again without a copy.
    """
    decode = cutter(name, limit if len(text) > SMALL else None, beside)
    if not is_masked:
        try:
            return decode(text)
        except msgspec.ValidationError:
            raise
        except (msgspec.DecodeError, RecursionError):
            text = mask(bytes(text))
    try:
        found = decode(text)
    except RecursionError:
        found = decode(without_depth(bytes(text)))
    return found._replace(is_masked=True)


@lru_cache(maxsize=8)
def cutter(name: str, limit: int | None, beside: str) -> Callable[[Element], Cut]:
    """A function that cuts `name` out of an object, up to `limit` elements, and `beside`.

    Without a name, what it reads is the array.

    A list has no limit, and 64 MB of `{},` would be 1.2 GB of elements. A struct that is written
    as an array has: msgspec passes over what follows its last field.
    """
    array: Any = list[Raw]
    if limit is not None:
        items = [(f"element_{number}", Raw, ABSENT) for number in range(limit)]
        array = msgspec.defstruct("Elements", items, array_like=True, gc=False)
    fields = [("elements", array | None, None), ("beside", Raw, NULL)]
    names = {"elements": name, "beside": beside}
    kind = msgspec.defstruct("Holder", fields, rename=names) if name else array
    decode: Callable[[Element], Any] = msgspec.json.Decoder(kind).decode

    def cut_out(text: Element) -> Cut:
        found = decode(text)
        elements, other = (found.elements, found.beside) if name else (found, NULL)
        if limit is None or elements is None:
            return Cut(elements, other)
        items = msgspec.structs.astuple(elements)
        return Cut([item for item in items if item is not ABSENT], other)

    return cut_out


def unmask_all(elements: list[Element]) -> list[Element]:
    """Each element as the text had it."""
    return [unmask(bytes(element)) for element in paced(elements)]


def without_depth(text: bytes) -> bytes:
    """The masked text without what is nested deeper than KEPT_LEVELS.

    Raises DecodeError for brackets that do not match, and for very many of them.
    """
    parts, depth, kept_from, pacer = [], 0, 0, Pacer()
    for number, match in enumerate(TOKEN.finditer(text)):
        start, end = match.span()
        size = end - start
        if number % TOKENS_PER_PAUSE == 0:
            pacer.pause()
        if number == MAX_TOKENS:
            raise msgspec.DecodeError("too many values beside one that is nested too deep")
        if text[start] in b"[{":
            if depth < KEPT_LEVELS <= depth + size:
                parts.append(text[kept_from : start + KEPT_LEVELS - depth])
            depth += size
        elif text[start] in b"]}":
            depth -= size
            if depth < KEPT_LEVELS <= depth + size:
                kept_from = end - (KEPT_LEVELS - depth)
    if depth:
        raise msgspec.DecodeError("brackets do not match")
    return b"".join([*parts, text[kept_from:]])


def unreadable(element: Element, what: str) -> BadEvent:
    """Why msgspec refuses an element: how it has to be masked to be read."""
    text = bytes(element)
    for masked, problem in (
        (bytes, wrong_value),
        (mask_texts, invalid_text),
        (mask, invalid_number),
    ):
        try:
            skip(masked(text))
        except (msgspec.MsgspecError, RecursionError):
            continue
        return problem(what)
    return BadEvent(None, "invalid_json", f"The {what} is not JSON.")

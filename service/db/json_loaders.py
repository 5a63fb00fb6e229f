"""Loaders for columns that go straight into a JSON answer."""

import orjson
from psycopg.abc import Buffer
from psycopg.adapt import Loader

WHOLE_DIGITS = 18


class FragmentLoader(Loader):
    """Hand a jsonb column on as the text it is; orjson embeds it without parsing."""

    def load(self, data: Buffer) -> orjson.Fragment:
        """Return the text as a fragment of a larger document."""
        return orjson.Fragment(bytes(data))


class NumberLoader(Loader):
    """A numeric column as a JSON number: whole ones keep their digits, as far as 64 bits go."""

    def load(self, data: Buffer) -> int | float:
        """Return an int where that is what it is, else the nearest float."""
        text = bytes(data)
        is_whole = text.removeprefix(b"-").isdigit() and len(text) <= WHOLE_DIGITS
        return int(text) if is_whole else float(text)

"""psycopg loaders for columns that go straight into a JSON response."""

import orjson
from psycopg.abc import Buffer
from psycopg.adapt import Loader

MAX_INT_DIGITS = 18


class FragmentLoader(Loader):
    """Load jsonb as the text it is; orjson embeds the text without parsing."""

    def load(self, data: Buffer) -> orjson.Fragment:
        """Return the text as a fragment of a larger document."""
        return orjson.Fragment(bytes(data))


class NumberLoader(Loader):
    """Load numeric as a JSON number; integers of up to 18 digits stay exact."""

    def load(self, data: Buffer) -> int | float:
        """Return an int where the number is one, else the nearest float."""
        text = bytes(data)
        is_int = text.removeprefix(b"-").isdigit() and len(text) <= MAX_INT_DIGITS
        return int(text) if is_int else float(text)

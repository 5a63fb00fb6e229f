"""JSON as the service writes it: orjson, with stored JSON passed on unparsed."""

from typing import Any

import orjson
from psycopg.abc import Buffer
from psycopg.adapt import Loader


class FragmentLoader(Loader):
    """Hand a jsonb column on as the text it is; orjson embeds it without parsing."""

    def load(self, data: Buffer) -> orjson.Fragment:
        """Return the text as a fragment of a larger document."""
        return orjson.Fragment(bytes(data))


def dumps(value: Any) -> bytes:
    """Write an answer. Times are ISO 8601 with an offset, ids lower-case with hyphens."""
    return orjson.dumps(value)

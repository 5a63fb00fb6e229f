"""The fingerprint of an error: equal for errors that differ in their values alone.

Values are taken out of the text, and what is left is hashed:

    ValueError: no price for "EUR" on 2026-11-22     ValueError: no price for … on …
    [Errno 2] No such file: /tmp/run-17/out.json     [Errno …] No such file: …
    openai.RateLimitError: retry in 2.5s (req_8f3a)  RateLimitError: retry in … (…)
    timed out at 10.0.0.7:5432, 10.0.0.8:5432        timed out at …

A value is what stands in quotes, a URL behind its scheme, and a word with a digit or a slash in it:
numbers, ids, UUIDs, addresses, dates, paths. The module in front of a type is left out, since the
SDK does not send it. Each pattern runs in linear time and means the same to PostgreSQL, where the
view in sql/schema/error_texts.sql computes the same of stored events; a test compares them.
"""

import re
from hashlib import sha256

from service.ingest.error_text import ErrorText

# Signs that nobody sees, of which a text with and one without look the same.
INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]+")
SPACES = re.compile("[\u0001-\u0020\u007f\u0085\u00a0\u2000-\u200a\u2028\u2029\u202f\u3000]+")
MODULE = re.compile("^(?:[A-Za-z_][A-Za-z0-9_]*[.])+")
QUOTED = re.compile("(?<![A-Za-z0-9])(?:'[^']*'|\"[^\"]*\"|`[^`]*`)")
URL = re.compile("://[^ ()<>\"'`]*")
DIGITS = "0-9\u0660-\u0669\u06f0-\u06f9\u0966-\u096f\u09e6-\u09ef\uff10-\uff19"
SEPARATORS = " ()\\[\\]{}<>,;=|\"'`\u2026"
WORD = re.compile(
    f"(?<![^{SEPARATORS}])[^{SEPARATORS}/\\\\{DIGITS}]*[/\\\\{DIGITS}][^{SEPARATORS}]*"
)
SEVERAL = re.compile("\u2026(?:[ ,]+\u2026)+")
VALUE = "\u2026"
MAX_READ = 500  # characters; the worst text takes 0.1 ms
HASH_BYTES = 8


def fingerprint_of(error: ErrorText | None) -> int | None:
    """The fingerprint of what an error says; None for none."""
    return None if error is None else fingerprint(error.sentence)


def fingerprint(said: str) -> int:
    """The fingerprint of an error's sentence, as a bigint."""
    hashed = sha256(without_values(said).encode()).digest()
    return int.from_bytes(hashed[:HASH_BYTES], signed=True)


def without_values(said: str) -> str:
    """A sentence with … for each value, which is what the fingerprint is of."""
    text = SPACES.sub(" ", INVISIBLE.sub("", said[:MAX_READ])).strip(" ")
    text = QUOTED.sub(VALUE, MODULE.sub("", text))
    return SEVERAL.sub(VALUE, WORD.sub(VALUE, URL.sub(VALUE, text)))

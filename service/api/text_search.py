"""Patterns that find a text in any case, whatever the database's locale.

PostgreSQL knows the capitals that its locale knows: often A to Z alone. So a text with other
letters becomes a regular expression that lists, for each character, how else it is written.
"""

import unicodedata
from collections import defaultdict
from functools import cache

LAST_LETTER_WITH_CASE = 0x1FFFF


def conditions(name: str, text: str | None) -> dict[str, str]:
    """The parameter NAME_pattern or NAME_regex, as the text needs; none without a text.

    LIKE takes half the time, and its A to Z are alike in every locale.
    """
    if text is None:
        return {}
    return {f"{name}_pattern": like(text)} if text.isascii() else {f"{name}_regex": regex(text)}


def like(text: str) -> str:
    r"""The LIKE pattern for a text, with %, _ and \ escaped."""
    for special in "\\%_":
        text = text.replace(special, "\\" + special)
    return f"%{text}%"


def regex(text: str) -> str:
    """The regular expression for a text, as it is and with its accents composed."""
    forms = dict.fromkeys([text, unicodedata.normalize("NFC", text)])
    return "|".join("".join(map(spelled, form)) for form in forms)


def spelled(character: str) -> str:
    """A character in any case, and as a letter with its accents after it."""
    parts = unicodedata.normalize("NFD", character)
    if parts == character:
        return any_case(character)
    return f"(?:{any_case(character)}|{''.join(map(any_case, parts))})"


def any_case(character: str) -> str:
    """A character as part of a regular expression, in any case."""
    letters = letters_alike().get(character)
    if letters:
        return f"[{letters}]"
    return "\\" + character if character.isascii() and not character.isalnum() else character


@cache
def letters_alike() -> dict[str, str]:
    """The letters that differ from another one only in case, with all of their kind."""
    alike = defaultdict(list)
    for letter in map(chr, range(LAST_LETTER_WITH_CASE + 1)):
        alike[letter.casefold()].append(letter)
    kinds = ["".join(kind) for kind in alike.values() if len(kind) > 1]
    return {letter: kind for kind in kinds for letter in kind}

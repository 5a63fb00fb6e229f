"""The format of a key: gati_<scope>_<id>_<secret>, with 8 and 43 characters in base 62.

The id is public: it appears in keys list, the log and the audit log. One round of SHA-256 is
enough, because a secret of 32 random bytes cannot be guessed.
"""

import hashlib
import re
import secrets
from dataclasses import dataclass

from service.auth.scopes import Scope

DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
ID_LENGTH = 8
SECRET_BYTES = 32
SECRET_LENGTH = 43  # 62**43 > 256**32
match_key = re.compile(
    rf"gati_(?:{'|'.join(Scope)})_(?P<key_id>[0-9A-Za-z]{{{ID_LENGTH}}})_[0-9A-Za-z]{{{SECRET_LENGTH}}}"
).fullmatch


@dataclass(frozen=True)
class KeyText:
    """A key with its secret."""

    key_id: str
    text: str

    @classmethod
    def new(cls, scope: Scope) -> "KeyText":
        """Create a random key."""
        key_id = "".join(secrets.choice(DIGITS) for _ in range(ID_LENGTH))
        secret = base62(int.from_bytes(secrets.token_bytes(SECRET_BYTES)), SECRET_LENGTH)
        return cls(key_id, f"gati_{scope}_{key_id}_{secret}")

    @classmethod
    def parse(cls, text: str) -> "KeyText | None":
        """Parse a key; None for any other text."""
        match = match_key(text)
        return cls(match["key_id"], text) if match else None

    @property
    def sha256(self) -> bytes:
        """The SHA-256 of the whole key, as the table api_keys stores it."""
        return hashlib.sha256(self.text.encode()).digest()

    def __repr__(self) -> str:
        """The key without its secret, because a repr may reach a log."""
        return f"KeyText({self.key_id})"


def base62(number: int, length: int) -> str:
    """The last `length` digits of a number in base 62, with leading zeros."""
    found = []
    for _ in range(length):
        number, digit = divmod(number, len(DIGITS))
        found.append(DIGITS[digit])
    return "".join(reversed(found))

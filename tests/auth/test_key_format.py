"""The text of keys."""

import hashlib

import pytest

from service.auth.key_format import DIGITS, KeyText, base62
from service.auth.scopes import Scope


def test_a_key_has_its_scope_an_id_and_a_secret_of_32_bytes() -> None:
    keys = [KeyText.new(Scope.READ) for _ in range(200)]
    assert len({key.key_id for key in keys}) == len({key.text for key in keys}) == 200
    for key in keys:
        word, scope, key_id, secret = key.text.split("_")
        assert (word, scope, key_id) == ("gati", "read", key.key_id)
        assert (len(key_id), len(secret)) == (8, 43)
        assert set(key_id + secret) <= set(DIGITS)
        assert KeyText.parse(key.text) == key


def test_base62_holds_every_32_bytes() -> None:
    assert base62(0, 43) == "0" * 43
    largest = base62(256**32 - 1, 43)
    value = 0
    for digit in largest:
        value = value * 62 + DIGITS.index(digit)
    assert value == 256**32 - 1


def test_what_is_stored_is_its_sha_256_and_what_is_shown_has_no_secret() -> None:
    key = KeyText.new(Scope.ADMIN)
    assert key.sha256 == hashlib.sha256(key.text.encode()).digest()
    assert key.text.split("_")[3] not in repr(key)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "gati_read_short_" + "0" * 43,
        "gati_write_00000000_" + "0" * 43,
        "gati_read_00000000_" + "0" * 42,
        "gati_read_00000000_" + "0" * 44,
        "gati_read_00000000_" + "0" * 42 + "-",
        "gati_read_00000000_" + "0" * 43 + "\n",
        "GATI_read_00000000_" + "0" * 43,
    ],
)
def test_what_cannot_be_a_key_is_none(text: str) -> None:
    assert KeyText.parse(text) is None

"""Tokens: recognisable, unguessable, and checked before anyone asks the database."""

import hashlib

import pytest

from auth.actors import CredentialKind
from auth.tokens import ALPHABET, PREFIXES, RANDOM_LENGTH, new_token, read_token


@pytest.mark.parametrize("kind", CredentialKind)
def test_a_token_is_read_back_as_its_kind(kind: CredentialKind) -> None:
    token = new_token(kind)
    assert read_token(token.text) == token
    assert token.text.startswith(PREFIXES[kind])
    assert token.digest == hashlib.sha256(token.text.encode()).digest()


def test_its_randomness_is_at_least_256_bits_and_no_two_are_alike() -> None:
    assert len(ALPHABET) ** RANDOM_LENGTH > 2**256
    assert len(set(ALPHABET)) == len(ALPHABET)
    assert len({new_token(CredentialKind.API_KEY).text for _ in range(500)}) == 500


def test_what_is_shown_of_it_is_its_beginning_only() -> None:
    token = new_token(CredentialKind.API_KEY)
    assert token.text.startswith(token.shown)
    assert len(token.text) - len(token.shown) > 40
    assert token.text not in repr(token)


def test_one_wrong_character_anywhere_is_noticed() -> None:
    text = new_token(CredentialKind.SESSION).text
    for position, letter in enumerate(text):
        other = "A" if letter != "A" else "B"
        assert read_token(text[:position] + other + text[position + 1 :]) is None


@pytest.mark.parametrize("text", ["", "spses_", "spses_" + "é" * 49, "spses_" + "a" * 49, "x" * 55, "\ud800"])
def test_what_cannot_be_a_token_is_none(text: str) -> None:
    assert read_token(text) is None


def test_a_longer_or_shorter_one_is_none() -> None:
    text = new_token(CredentialKind.API_SECRET_KEY).text
    assert read_token(text + "0") is None
    assert read_token(text[:-1]) is None

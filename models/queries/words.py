"""Search in host name and address: the comparison itself, and what the index of trigrams and characters answers of it.

The index may find more than the comparison leaves. It finds nothing of what no server has, and little else where few
servers have it, so what it finds can be counted before it is decided how a page is read.
"""

from collections.abc import Callable, Mapping
from functools import partial
from ipaddress import IPv4Address
from typing import Any

from sqlalchemy import ARRAY, ColumnElement, Text, bindparam, func, literal_column, or_

from models.tables.fleet import (
    AS_LETTERS,
    BETWEEN_WORDS,
    DIGITS_BEHIND_DOTS,
    DIGITS_OF_ADDRESSES,
    SEARCHED_CHARACTERS,
)

SEARCHES = frozenset({"search", "short_search"})
"""The filters that search: for what trigrams know, and for what is too short for them or in none."""

_text: ColumnElement[Any] = literal_column("searched", Text())
_characters: ColumnElement[Any] = literal_column(SEARCHED_CHARACTERS, ARRAY(Text()))
_LETTERS = (DIGITS_BEHIND_DOTS, DIGITS_OF_ADDRESSES)
_ANY_LETTER = "[0-9a-zA-Z]"
_DOT, _COLON = (AS_LETTERS[BETWEEN_WORDS.index(character)] for character in ".:")
_PAIR, _WHOLE = 2, 3
_NUMBERS = frozenset(map(str, range(256)))
_ENDS, _ENDS_OF_IPV6 = (10, 3), (3, 10)
"""So much of either end of a long text is looked for: trigrams that most servers have are long to read. Names differ in
what they begin with, addresses of version 6 in what they end with."""


def compared(listed: Any) -> ColumnElement[bool]:
    """That host name or address have the text somewhere. No text has a blank, so it is never in both."""
    pattern = func.lower(bindparam("search", type_=Text()))
    found: ColumnElement[bool] = or_(listed.hostname.like(pattern), func.host(listed.ip).like(pattern))
    return found


def _with_trigrams(name: str) -> ColumnElement[bool]:
    found: ColumnElement[bool] = _text.op("~")(bindparam(name, type_=Text()))
    return found


def _with_characters() -> ColumnElement[bool]:
    found: ColumnElement[bool] = _characters.op("&&")(bindparam("search_characters", type_=ARRAY(Text())))
    return found


INDEXED: Mapping[str, Callable[[], ColumnElement[bool]]] = {
    "search": partial(_with_trigrams, "search_indexed"),
    "short_search": _with_characters,
}
"""What the index answers of each filter that searches."""

ELSEWHERE: Mapping[str, Callable[[], ColumnElement[bool]]] = {
    "searched_elsewhere": partial(_with_trigrams, "searched_elsewhere")
}
"""What it answers to whether the beginning of an address is anywhere but at the beginning of one."""


def searched(term: str, pattern: str) -> dict[str, dict[str, Any]]:
    """The filter that searches for a term, with what it binds. `pattern` is what host name and address are like.

    The term may begin behind a dot, as one with which its first digit would be read, and end with one.
    """
    bare = term.lower().removesuffix(".")
    text, _ = forms = [_as_letters(bare, letters) for letters in _LETTERS]
    odd = sorted({character for character in text if not (character.isascii() and character.isalnum())})
    if odd or len(text) < _PAIR:
        first = {character for form in forms for character in _first(form)} if text else {_DOT, *_behind_dots()}
        return {"short_search": {"search": pattern, "search_characters": odd or sorted(first)}}
    ends = _ENDS_OF_IPV6 if ":" in term else _ENDS
    expressions = dict.fromkeys(f"[{''.join(_first(form))}]{_rest(form, *ends)}" for form in forms)
    return {"search": {"search": pattern, "search_indexed": "|".join(expressions)}}


def _behind_dots() -> list[str]:
    return [letter for letters in _LETTERS for letter in letters.values()]


def _first(form: str) -> list[str]:
    """What a text may begin with: a digit may be one behind a dot."""
    digit = f".{form[0]}"
    return [form[0], *(letters[digit] for letters in _LETTERS if digit in letters)]


def _rest(form: str, head: int, tail: int) -> str:
    rest = form[1:] if len(form) <= head + tail else f"{form[1:head]}.*{form[-tail:]}"
    return rest + _ANY_LETTER if len(form) == _PAIR else rest


def _as_letters(text: str, letters: Mapping[str, str]) -> str:
    for digit, letter in letters.items():
        text = text.replace(digit, letter)
    return text.translate(str.maketrans(BETWEEN_WORDS, AS_LETTERS))


def beginning(term: str) -> dict[str, dict[str, Any]]:
    """The filters by which a walk in the order of addresses is bounded where a term is the beginning of some; none
    where it is not. The first number must have three digits: of a shorter one, it may be the end of another.

    It may be in a host name all the same, or further on in an address. That is asked of the index.
    """
    *whole, last = term.split(".")
    left, begun = _WHOLE - len(whole), [number for number in _NUMBERS if number.startswith(last)]
    if not whole or left < 0 or len(whole[0]) != _WHOLE or not _NUMBERS.issuperset(whole) or not begun:
        return {}
    least = IPv4Address(".".join([*whole, min(begun, key=int), *["0"] * left]))
    greatest = IPv4Address(".".join([*whole, max(begun, key=int), *["255"] * left]))
    name, address = (_as_letters(term.removesuffix("."), letters) for letters in _LETTERS)
    behind = _as_letters(f".{term.removesuffix('.')}", DIGITS_OF_ADDRESSES)
    elsewhere = f"[{name[0]}{DIGITS_BEHIND_DOTS[f'.{name[0]}']}]{name[1:]}|{behind}|{_COLON}{address}"
    return {
        "addresses_from": {"least_address": least, "searched_elsewhere": elsewhere},
        "addresses_until": {"greatest_address": greatest},
    }

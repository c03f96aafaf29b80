"""Search in host name and address: the comparison itself, and what the index of trigrams and characters answers of it.

The index may find more than the comparison leaves. It finds nothing of what no server has, and little else where few
servers have it, so what it finds can be counted before it is decided how a page is read.
"""

from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import ARRAY, ColumnElement, Text, bindparam, func, literal_column, or_

from models.tables.fleet import AS_LETTERS, BETWEEN_WORDS, DIGITS_BEHIND_DOTS, SEARCHED_CHARACTERS

SEARCHES = frozenset({"search", "short_search"})
"""The filters that search: for what trigrams know, and for what is too short for them or in none."""

_text: ColumnElement[Any] = literal_column("searched", Text())
_characters: ColumnElement[Any] = literal_column(SEARCHED_CHARACTERS, ARRAY(Text()))
_ANY_LETTER = "[0-9a-zA-Z]"
_DOT = [AS_LETTERS[BETWEEN_WORDS.index(".")], *DIGITS_BEHIND_DOTS.values()]
_PAIR = 2
_ENDS, _ENDS_OF_IPV6 = (10, 3), (3, 10)
"""So much of either end of a long text is looked for: trigrams that most servers have are long to read. Names differ in
what they begin with, addresses of version 6 in what they end with."""


def compared(listed: Any) -> ColumnElement[bool]:
    """That host name or address have the text somewhere. No text has a blank, so it is never in both."""
    pattern = func.lower(bindparam("search", type_=Text()))
    found: ColumnElement[bool] = or_(listed.hostname.like(pattern), func.host(listed.ip).like(pattern))
    return found


def _with_trigrams() -> ColumnElement[bool]:
    found: ColumnElement[bool] = _text.op("~")(bindparam("search_indexed", type_=Text()))
    return found


def _with_characters() -> ColumnElement[bool]:
    found: ColumnElement[bool] = _characters.op("&&")(bindparam("search_characters", type_=ARRAY(Text())))
    return found


INDEXED: Mapping[str, Callable[[], ColumnElement[bool]]] = {
    "search": _with_trigrams,
    "short_search": _with_characters,
}
"""What the index answers of each filter that searches."""


def searched(term: str, pattern: str) -> dict[str, dict[str, Any]]:
    """The filter that searches for a term, with what it binds. `pattern` is what host name and address are like.

    The term may begin behind a dot, as one with which its first digit would be read, and end with one.
    """
    text = _as_letters(term.lower().removesuffix("."))
    odd = sorted({character for character in text if not (character.isascii() and character.isalnum())})
    first = [text[:1], DIGITS_BEHIND_DOTS[f".{text[0]}"]] if text[:1].isdecimal() and not odd else [text[:1]]
    if odd or len(text) < _PAIR:
        return {"short_search": {"search": pattern, "search_characters": odd or (first if text else _DOT)}}
    head, tail = _ENDS_OF_IPV6 if ":" in term else _ENDS
    rest = text[1:] if len(text) <= head + tail else f"{text[1:head]}.*{text[-tail:]}"
    followed = _ANY_LETTER if len(text) == _PAIR else ""
    return {"search": {"search": pattern, "search_indexed": f"[{''.join(first)}]{rest}{followed}"}}


def _as_letters(text: str) -> str:
    for digit, letter in DIGITS_BEHIND_DOTS.items():
        text = text.replace(digit, letter)
    return text.translate(str.maketrans(BETWEEN_WORDS, AS_LETTERS))

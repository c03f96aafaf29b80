"""Which passwords are good enough: long, and not to be guessed, also by whoever knows the account.

An own word is worth nothing in a password: whoever guesses tries it first. The rest is judged by zxcvbn, which guesses
as attackers do: words, names, keyboards, dates, repeats, and own words in disguise. It is slow on long texts and on
some sets of signs, so it sees a part of a password that it judges in some ten milliseconds. A part of a password is
never harder to guess than the whole, so what is good enough in part is.
"""

import re
import threading
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from zxcvbn import zxcvbn

from models.errors import UserFault

FEWEST_CHARACTERS = 12
MOST_BYTES = 1024
GOOD_SCORE = 3
"""Of 0 to 4: a hundred million guesses are not enough."""

SEEN, SEEN_OF_SIGNS = 32, 16
SIGNS = frozenset("4@8({[<369" + "1!|70$5+%2")
"""Signs that stand for letters. With many kinds of them in one text the guesser tries every way to read it."""
MOST_KINDS_OF_SIGNS = 6

PRODUCT_WORDS = (
    *("subscription", "portal", "gateway", "tuxcare", "cloudlinux", "kernelcare"),
    *("imunify", "libcare", "qemucare", "databasecare", "livepatch"),
)
SHORTEST_WORD = 3
_PIECES = re.compile(r"[^\W_]+")
_ONE_AT_A_TIME = threading.Lock()
"""zxcvbn keeps the words of its call where another thread's call would read them."""

GOOD = "Four or more words that have nothing to do with each other make a good one, as does a password manager."
TOO_SHORT = f"A password has at least {FEWEST_CHARACTERS} characters. {GOOD}"
TOO_LONG = f"A password has at most {MOST_BYTES:,} bytes."
REASONS: Mapping[str, str] = MappingProxyType(
    {
        "own": "it is made of your own names, your company's, or the portal's",
        "passwords": "it is one that many people use, or much like one",
        "dictionary": "it is made of a common word or name",
        "spatial": "it is a row of neighbouring keys",
        "repeat": "it repeats itself",
        "sequence": "it is a sequence, such as abc or 6543",
        "regex": "it is made of a year",
        "date": "it is made of a date",
        "bruteforce": "it has too little in it",
    }
)


def weakness(password: str, words: Iterable[str]) -> UserFault | None:
    """What is wrong with a new password of somebody with these names and addresses; None where it is good enough."""
    normal = unicodedata.normalize("NFKC", password)
    if len(normal.encode("utf-8", "surrogatepass")) > MOST_BYTES:
        return UserFault("TOO_LONG", TOO_LONG)
    if len(normal) < FEWEST_CHARACTERS:
        return UserFault("WEAK_PASSWORD", TOO_SHORT)
    own, text = own_words(words), _comparable(normal)
    rest = re.sub("|".join(map(re.escape, own)), "", text, flags=re.IGNORECASE)
    judged = [_judged(part, own) for part in _parts(rest) if part]
    if any(one["score"] >= GOOD_SCORE for one in judged):
        return None
    reason = _reason(judged[0]) if rest == text else REASONS["own"]
    return UserFault("WEAK_PASSWORD", f"This password is easy to guess: {reason}. {GOOD}")


def own_words(texts: Iterable[str]) -> list[str]:
    """The words of somebody's names and addresses, whole and in pieces, with the portal's own; the longest first."""
    found = {word for text in texts for word in _words(text)}
    return sorted(found.union(PRODUCT_WORDS), key=lambda word: (-len(word), word))


def _words(text: str) -> Iterator[str]:
    plain = _comparable(unicodedata.normalize("NFKC", text)).lower()
    for word in (plain, "".join(_PIECES.findall(plain)), *_PIECES.findall(plain)):
        if len(word) >= SHORTEST_WORD:
            yield word


def _comparable(text: str) -> str:
    """The text without letters whose small form is longer: zxcvbn counts on places staying the same."""
    return "".join(letter if len(letter.lower()) == 1 else "?" for letter in text)


def _parts(text: str) -> list[str]:
    """What zxcvbn sees: all of a short password, both ends of a long one."""
    kinds = len(SIGNS.intersection(text))
    seen = SEEN if kinds <= MOST_KINDS_OF_SIGNS else SEEN_OF_SIGNS
    return [text] if len(text) <= seen else [text[:seen], text[-seen:]]


def _judged(part: str, own: Sequence[str]) -> dict[str, Any]:
    with _ONE_AT_A_TIME:
        result: dict[str, Any] = zxcvbn(part, user_inputs=own)
    return result


def _reason(judged: Mapping[str, Any]) -> str:
    """What the longest piece that was recognised is."""
    longest = max(judged["sequence"], key=lambda match: (match["pattern"] != "bruteforce", len(match["token"])))
    named = {"user_inputs": "own", "passwords": "passwords"}.get(longest.get("dictionary_name", ""), longest["pattern"])
    return REASONS[named]

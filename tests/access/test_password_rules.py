"""What is a good password: long, not to be guessed, judged in time that is bounded, in sentences that help."""

import asyncio
import re
from random import Random
from typing import Any

import pytest
from zxcvbn import zxcvbn

from auth.passwords import PasswordHasher
from auth.strength import GOOD, REASONS, SEEN, SIGNS, own_words, weakness

WORDS = ("first@company.example", "First", "Person", "Company Engines Ltd")


@pytest.mark.parametrize(
    "password",
    [
        "correct horse battery staple",
        "a password for tests",
        "demo-portal-2026",
        "K7#mPz9qLw2v",
        "blaue Möwe tanzt spät",
        "Person and three other words",
        "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx correct horse battery staple",
        "correct horse battery staple xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
        "é" * 12 + "tulip orbit lantern",
    ],
)
def test_a_good_password_is_taken(password: str) -> None:
    assert weakness(password, WORDS) is None


@pytest.mark.parametrize(
    ("password", "reason"),
    [
        ("password1234", "passwords"),
        ("p@ssw0rd1234", "passwords"),
        ("independence", "dictionary"),
        ("zxcvbnm,./zxc", "spatial"),
        ("aaaaaaaaaaaaaaaa", "repeat"),
        ("            ", "repeat"),
        ("abcdefghijklmn", "sequence"),
        ("first@company.example", "own"),
        ("Company-Engines-2026", "own"),
        ("FIRSTPERSON12", "own"),
        ("KernelCare-2026", "own"),
        ("\uff23ompany Engines", "own"),
    ],
)
def test_a_password_that_is_easy_to_guess_is_refused_with_a_sentence_that_says_why_and_what_would_do(
    password: str, reason: str
) -> None:
    fault = weakness(password, WORDS)
    assert fault is not None
    assert fault.code == "WEAK_PASSWORD"
    assert fault.message == f"This password is easy to guess: {REASONS[reason]}. {GOOD}"
    assert password not in fault.message


def test_an_own_word_in_disguise_is_known() -> None:
    assert weakness("qvertexium-99", ()) is None
    assert weakness("muixetrevq-99", ("Qvertexium",)) is not None


@pytest.mark.parametrize("password", ["", "elevenchars", "e\u0301" * 11, "ﬀ" * 5, "K7#mPz9qLw2"])
def test_what_is_short_is_refused_as_it_is_spelled_in_the_end(password: str) -> None:
    fault = weakness(password, WORDS)
    assert fault is not None
    assert (fault.code, "at least 12 characters" in fault.message) == ("WEAK_PASSWORD", True)


def test_ligatures_and_wide_letters_count_as_what_they_stand_for() -> None:
    assert weakness("ﬀ" * 3 + "tulip orbit", ()) is None


@pytest.mark.parametrize("password", ["tulip orbit " * 86, "ö" * 513, "ﷺ" * 40])
def test_what_is_long_is_refused(password: str) -> None:
    fault = weakness(password, WORDS)
    assert fault is not None
    assert (fault.code, "1,024 bytes" in fault.message) == ("TOO_LONG", True)


def test_1024_bytes_are_not_too_long() -> None:
    assert weakness(("tulip orbit lantern " * 52)[:1024], ()) is None


def test_every_way_to_be_recognised_has_its_reason() -> None:
    assert set(REASONS) >= {"bruteforce", "dictionary", "spatial", "repeat", "sequence", "regex", "date"}
    assert weakness("1984-07-25  1", ()) is not None


def test_what_the_guesser_sees_is_bounded_by_length_and_by_kinds_of_signs(monkeypatch: pytest.MonkeyPatch) -> None:
    """It takes seconds for a whole text of such signs, and a try of each way to read them."""
    seen: list[str] = []
    guess = zxcvbn

    def watched(part: str, **given: Any) -> dict[str, Any]:
        seen.append(part)
        found: dict[str, Any] = guess(part, **given)
        return found

    monkeypatch.setattr("auth.strength.zxcvbn", watched)
    signs = "".join(sorted(SIGNS))
    for password in ("x" * 1024, signs * 20, "abc" + signs * 3, "tulip " * 100):
        weakness(password, WORDS)
    assert len(seen) == 8
    assert max(map(len, seen)) == SEEN
    assert all(len(part) <= SEEN / 2 or len(SIGNS.intersection(part)) <= 6 for part in seen)


def test_no_text_breaks_it() -> None:
    random = Random(1)  # noqa: S311 (the same texts every time)
    ranges = ((32, 127), (0, 0x250), (0x600, 0x700), (0, 0x10FFFF))
    for _ in range(500):
        text = "".join(chr(random.randrange(*random.choice(ranges))) for _ in range(random.randrange(12, 60)))
        fault = weakness(text, [text[:5], "İstanbul"])
        assert fault is None or fault.message
    assert weakness("İ" * 5 + "password12", ()) is not None


def test_own_words_are_whole_texts_and_their_pieces_without_what_is_too_short() -> None:
    assert set(own_words(["A.Lee@Company.example", "\uff21\uff22\uff23 Ltd"])) >= {
        "a.lee@company.example",
        "lee",
        "company",
        "example",
        "abc ltd",
        "abcltd",
        "abc",
        "ltd",
        "kernelcare",
    }
    assert all(re.search(r"\w{3}|.{3}", word) for word in own_words(["A B", "", "x"]))


async def test_the_words_of_one_are_not_those_of_another_at_the_same_time() -> None:
    passwords = PasswordHasher(threads=4)
    try:
        pairs = [(f"muixetrevq-{number:02}", ["Qvertexium"] if number % 2 else []) for number in range(40)]
        found = await asyncio.gather(*(passwords.weakness(password, words) for password, words in pairs))
    finally:
        passwords.close()
    assert [fault is not None for fault in found] == [bool(words) for _, words in pairs]

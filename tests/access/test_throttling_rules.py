"""The rules of throttling by themselves: how waits grow, how much can be guessed in an hour, what counts as one."""

from datetime import UTC, datetime, timedelta

import pytest

from auth.throttling import RULES, Guarded, Rule, Scope, counters, network_of
from auth.vault import Vault
from models.queries.throttles import Count

VAULT = Vault(b"k" * 32)
START = datetime(2026, 1, 1, tzinfo=UTC)
MOST_AN_HOUR = 100
"""What OWASP's ASVS (2.2.1) allows of failures on a single account."""


def tries_within(rule: Rule, patience: timedelta) -> int:
    """How many tries somebody gets who never waits longer than told."""
    elapsed, tries = timedelta(0), 0
    while elapsed < patience:
        tries += 1
        elapsed += rule.closed_for(tries)
    return tries


def test_waits_double_from_the_last_free_try_up_to_the_longest() -> None:
    rule = Rule(3, timedelta(seconds=10), timedelta(seconds=60), timedelta(hours=1))
    waits = [rule.closed_for(tries).total_seconds() for tries in range(1, 8)]
    assert waits == [0, 0, 10, 20, 40, 60, 60]
    assert rule.closed_for(10**9) == timedelta(seconds=60)


@pytest.mark.parametrize("guarded", [Guarded.PASSWORD, Guarded.CODE])
def test_fewer_than_a_hundred_guesses_an_hour_are_possible_at_one_login(guarded: Guarded) -> None:
    here, anywhere = RULES[guarded][Scope.HERE], RULES[guarded][Scope.ANYWHERE]
    own_network, all_others = tries_within(here, timedelta(hours=1)), tries_within(anywhere, timedelta(hours=1))
    assert own_network + all_others <= MOST_AN_HOUR


def test_no_rule_closes_for_long_and_none_forgets_before_it_opens() -> None:
    for guarded, rules in RULES.items():
        for scope, rule in rules.items():
            assert rule.longest <= timedelta(hours=1), (guarded, scope)
            assert rule.longest <= rule.forgotten, (guarded, scope)
            assert rule.free >= 3, (guarded, scope)
    assert RULES[Guarded.PASSWORD][Scope.ANYWHERE].longest <= timedelta(minutes=1)


@pytest.mark.parametrize(
    ("peer", "network"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::", "2001:db8:1:2::/64"),
        (None, "unknown"),
    ],
)
def test_an_ipv6_address_stands_for_its_64_bits(peer: str | None, network: str) -> None:
    assert network_of(peer) == network


@pytest.mark.parametrize(
    "spelling", ["Victim@Example.com", "VİCTİM@example.com", "\uff56ictim@example.com", "vi\u0301ctim@example.com"]
)
def test_no_other_spelling_of_an_address_has_counters_of_its_own(spelling: str) -> None:
    assert counters(VAULT, Guarded.PASSWORD, spelling, "192.0.2.1") == counters(
        VAULT, Guarded.PASSWORD, "victim@example.com", "192.0.2.1"
    )


def test_what_is_counted_apart_has_keys_apart_which_name_nothing() -> None:
    keys = [
        counter.key
        for guarded in Guarded
        for subject in ("a@example.com", "b@example.com")
        for peer in ("192.0.2.1", "192.0.2.2")
        for counter in counters(VAULT, guarded, subject, peer)
        if (counter.scope is not Scope.NETWORK or subject == "a@example.com")
        and (counter.scope is not Scope.ANYWHERE or peer == "192.0.2.1")
    ]
    assert len(keys) == len(set(keys))
    assert not any(b"example" in key for key in keys)
    assert counters(Vault(b"j" * 32), Guarded.LINK, "", None) != counters(VAULT, Guarded.LINK, "", None)
    assert counters(VAULT, Guarded.PASSWORD, "\ud800@example.com", None)


def test_a_counter_that_was_left_alone_begins_anew() -> None:
    (counter,) = counters(VAULT, Guarded.LINK, "", None)
    old = Count(counter.key, 50, START, START, None, START)
    assert counter.charged(old, START + counter.rule.forgotten - timedelta(seconds=1)).tries == 51
    assert counter.charged(old, START + counter.rule.forgotten).tries == 1


def test_what_is_taken_back_leaves_what_others_have_added() -> None:
    (counter,) = counters(VAULT, Guarded.LINK, "", None)
    many = Count(counter.key, 30, START, None, None, START)
    first = counter.charged(many, START)
    assert first.closed_until is not None
    alone = counter.returned(first, first)
    assert (alone.tries, alone.closed_until) == (30, None)
    second = counter.charged(first, START + timedelta(hours=0.5))
    assert counter.returned(second, first).closed_until == second.closed_until
    assert counter.returned(counter.passed(first, START), first).tries == 0

"""Too many calls of agents are refused for a while, by key and by address, whatever the key is."""

import time

import httpx
import pytest
from starlette.applications import Starlette

from auth.rates import FEWEST_KEPT, AgentLimits, AgentRates, Counters
from gateway.app import create_app
from models.db import Database
from models.tables import ActivationKey
from tests.agents.calls import check, everything, register, registered, unregister
from tests.agents.conftest import At
from tests.conftest import settings_for
from tests.databases import StatementLog


@pytest.fixture
def app(dsn: str, db: Database) -> Starlette:
    """An application that takes three calls a minute with a key and five from an address."""
    limits = {"agent_calls_per_key": 3, "agent_calls_per_address": 5}
    return create_app(settings_for(dsn).model_copy(update=limits), db)


def assert_throttled(errors: list[dict[str, object]]) -> None:
    """One refusal, which says when to come again."""
    (error,) = errors
    assert (error["code"], error["field"]) == ("THROTTLED", None)
    assert isinstance(error["retryAfterMs"], int)
    assert 0 < error["retryAfterMs"] <= 60_000


async def test_a_key_is_slowed_down_whether_there_is_one_or_not(
    at: At, db: Database, key: ActivationKey, statements: StatementLog
) -> None:
    for asked in (key.key, "TEST-99999999999999999999", "no key"):
        for number in range(3):
            await register(at(f"192.0.2.{number}"), asked)
        before = await everything(db)
        statements.clear()
        assert_throttled((await register(at("192.0.2.9"), asked))["userErrors"])
        assert len(statements) == 0
        assert await everything(db) == before


async def test_an_address_is_slowed_down_whatever_it_calls(
    at: At, client: httpx.AsyncClient, key: ActivationKey, statements: StatementLog
) -> None:
    token = await registered(client, key.key)
    for number in range(4):
        await register(client, f"TEST-{number:020d}")
    assert_throttled((await register(client, key.key))["userErrors"])
    found = await check(client, key.key)
    assert (found["allowed"], found["keyRoom"], found["poolRoom"]) == (False, None, None)
    assert_throttled(found["reasons"])
    statements.clear()
    refused = await unregister(client, token)
    assert (refused["unregistered"], [error["code"] for error in refused["userErrors"]]) == (False, ["THROTTLED"])
    assert len(statements) == 0
    assert (await check(at("192.0.2.1"), key.key))["allowed"], "the key was not used up from the other address"


def test_the_window_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    rates, began = AgentRates(AgentLimits(per_key=2, per_address=10)), time.time()
    monkeypatch.setattr(time, "time", lambda: began)
    assert [rates.wait("192.0.2.1", "key") for _ in range(3)] == [0, 0, 60_000]
    monkeypatch.setattr(time, "time", lambda: began + 59.9999)
    assert rates.wait("192.0.2.1", "key") == 1
    monkeypatch.setattr(time, "time", lambda: began + 60)
    assert rates.wait("192.0.2.1", "key") == 0


def test_an_ipv6_network_is_one_caller_and_the_unknown_address_another() -> None:
    rates = AgentRates(AgentLimits(per_key=100, per_address=1))
    callers = ["2001:db8::1", "2001:db8::2", "2001:db8:0:1::1", None, None, "192.0.2.1", "192.0.2.2"]
    assert [rates.wait(caller) > 0 for caller in callers] == [False, True, False, False, True, False, False]


def test_what_is_over_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    counters, began = Counters(), time.time()
    monkeypatch.setattr(time, "time", lambda: began)
    for number in range(FEWEST_KEPT - 1):
        counters.incr(str(number), 60)
    monkeypatch.setattr(time, "time", lambda: began + 61)
    assert (counters.incr("new", 60), counters.incr("new", 60, 2), counters.get("new"), counters.get("0")) == (
        1,
        3,
        3,
        0,
    )
    assert counters.get_expiry("new") == began + 121
    assert (counters.check(), counters.get_expiry("none")) == (True, began + 61)
    counters.clear("new")
    assert counters.reset() == 0

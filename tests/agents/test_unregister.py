"""Unregistering: the token ends with the registration, and the seat is free."""

import asyncio
from uuid import uuid4

import httpx
import pytest

from auth.server_tokens import ServerToken, ServerTokens
from models.audit import masked_key
from models.db import Database
from models.tables import ActivationKey
from tests import factories
from tests.access.people import audit_of
from tests.agents.calls import codes, everything, registered, rows, unregister
from tests.conftest import SECRET
from tests.databases import StatementLog
from tests.seats.counting import assert_counters_right

FIELD = ["serverToken"]


async def test_the_seat_is_free_and_the_server_gone(
    client: httpx.AsyncClient, db: Database, key: ActivationKey, statements: StatementLog
) -> None:
    token = await registered(client, key.key)
    ((server_id,),) = await rows(db, "SELECT id FROM servers")
    statements.clear()
    assert await unregister(client, token) == {"unregistered": True, "userErrors": []}
    assert len(statements) == 7
    assert await rows(db, "SELECT id FROM servers") == []
    assert [one.used for one in await assert_counters_right(db)] == [0, 0]
    assert (await rows(db, "SELECT kind, server_id FROM events ORDER BY position"))[1:] == [
        ("SERVER_REMOVED", server_id)
    ]
    *_, told = await audit_of(db)
    assert (told.action, told.actor) == ("server.unregistered", "Server web-1.example.com")
    assert (told.target_id, told.target_label) == (server_id, "web-1.example.com")
    assert told.changes == {"hostname": ["web-1.example.com", None], "key": [masked_key(key.key), None]}


async def test_a_server_with_another_product_stays(client: httpx.AsyncClient, db: Database, key: ActivationKey) -> None:
    second = await factories.key_of(db, key.account_id, "centos-7", key="CENTOS7-Aa0000000000000000000001")
    token, other = [await registered(client, one.key) for one in (key, second)]
    assert (await unregister(client, token))["unregistered"]
    assert await rows(db, "SELECT activation_key_id FROM registrations") == [(second.id,)]
    *_, told = await audit_of(db)
    assert told.changes == {"key": [masked_key(key.key), None]}
    assert [kind for (kind,) in await rows(db, "SELECT kind FROM events")] == ["SERVER_REGISTERED"] * 2
    assert (await unregister(client, other))["unregistered"]
    assert await rows(db, "SELECT id FROM servers") == []


async def test_an_ended_token_is_good_for_nothing_and_the_next_is_another(
    client: httpx.AsyncClient, db: Database, key: ActivationKey
) -> None:
    token = await registered(client, key.key)
    await unregister(client, token)
    again = await registered(client, key.key)
    assert again != token
    before = await everything(db)
    answer = await unregister(client, token)
    assert (answer["unregistered"], codes(answer)) == (False, [("TOKEN_EXPIRED", FIELD)])
    assert await everything(db) == before


async def test_of_many_at_once_one_ends_it(client: httpx.AsyncClient, db: Database, key: ActivationKey) -> None:
    token = await registered(client, key.key)
    answers = await asyncio.gather(*(unregister(client, token) for _ in range(8)))
    assert sorted(answer["unregistered"] for answer in answers) == [False] * 7 + [True]
    assert [one.used for one in await assert_counters_right(db)] == [0, 0]
    assert len(await audit_of(db)) == 2


async def test_products_of_one_server_end_at_once(client: httpx.AsyncClient, db: Database, key: ActivationKey) -> None:
    second = await factories.key_of(db, key.account_id, "centos-7", key="CENTOS7-Aa0000000000000000000001")
    for _ in range(3):
        tokens = [await registered(client, one.key) for one in (key, second)]
        answers = await asyncio.gather(*(unregister(client, token) for token in tokens))
        assert [answer["unregistered"] for answer in answers] == [True, True]
        assert await rows(db, "SELECT id FROM servers") == []
    assert {one.used for one in await assert_counters_right(db)} == {0}


@pytest.mark.parametrize("text", ["", "none", "spreg_", "spreg_" + "a" * 59, "spreg_" + "é" * 59, "spses_" + "a" * 59])
async def test_what_was_never_a_token_asks_the_database_nothing(
    client: httpx.AsyncClient, db: Database, key: ActivationKey, statements: StatementLog, text: str
) -> None:
    await registered(client, key.key)
    statements.clear()
    answer = await unregister(client, text)
    assert (answer["unregistered"], codes(answer)) == (False, [("INVALID", FIELD)])
    assert len(statements) == 0


async def test_a_token_of_another_installation_or_epoch_is_none(
    client: httpx.AsyncClient, db: Database, key: ActivationKey
) -> None:
    await registered(client, key.key)
    ((id_,),) = await rows(db, "SELECT id FROM registrations")
    foreign = ServerTokens(b"another secret").written(ServerToken(id_, 0))
    assert codes(await unregister(client, foreign)) == [("INVALID", FIELD)]
    later = ServerTokens(SECRET.encode()).written(ServerToken(id_, 1))
    assert codes(await unregister(client, later)) == [("TOKEN_EXPIRED", FIELD)]
    assert len(await rows(db, "SELECT id FROM registrations")) == 1


def test_a_token_is_derived_and_any_change_of_it_is_seen() -> None:
    tokens, token = ServerTokens(b"secret"), ServerToken(uuid4(), 7)
    text = tokens.written(token)
    assert tokens.written(token) == text
    assert tokens.read(text) == token
    assert len({tokens.written(ServerToken(token.registration_id, epoch)) for epoch in range(5)}) == 5
    for place in range(len(text)):
        changed = text[:place] + ("A" if text[place] != "A" else "B") + text[place + 1 :]
        assert tokens.read(changed) is None, place
    assert tokens.read(text[:-1]) is tokens.read(text + "=") is tokens.read(text[:-1] + "!") is None


def test_a_token_outlives_the_change_of_the_key() -> None:
    token = ServerToken(uuid4(), 0)
    old, new = ServerTokens(b"old"), ServerTokens(b"new", b"old")
    assert new.read(old.written(token)) == new.read(new.written(token)) == token
    assert new.written(token) != old.written(token)
    assert ServerTokens(b"new").read(old.written(token)) is None

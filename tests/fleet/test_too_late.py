"""What is gone, or taken, by the time that a mutation has its turn: it is told so, and nothing is half done."""

import asyncio
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import text

from models.db import Database
from schema.ids import encode
from tests import factories
from tests.access.unchanged import everything
from tests.agents.calls import register
from tests.client import post
from tests.fleet.tenants import Tenants, rows, tell, until_somebody_waits, wrong
from tests.fleet.test_activation_keys import CREATE
from tests.seats.counting import assert_counters_right

LOST = [
    ("AddServer", "activation_keys", {"hostname": "web-1", "ip": "192.0.2.7"}, "activationKeyId"),
    ("UpdateActivationKey", "activation_keys", {"note": "another"}, "id"),
    ("UpdateServer", "servers", {"hostname": "another"}, "id"),
    ("UpdateServerGroup", "server_groups", {"name": "another"}, "id"),
    ("DeleteServerGroup", "server_groups", {}, "id"),
]
"""Mutations, the table of what is deleted under them, what else they are given, and how they name it."""


async def made(db: Database, tenants: Tenants, table: str) -> tuple[UUID, str]:
    """Something to lose: its row's key and its id."""
    if table == "servers":
        server = await factories.server(db, tenants.me.id)
        return server.id, encode("Server", server.id)
    if table == "server_groups":
        group = await factories.group(db, tenants.me.id)
        return group.id, encode("ServerGroup", group.id)
    key = await factories.key_of(db, tenants.me.id)
    return key.id, encode("ActivationKey", key.id)


@pytest.mark.parametrize(("mutation", "table", "given", "field"), LOST)
async def test_what_is_deleted_while_they_wait_for_it_is_not_found(
    client: httpx.AsyncClient,
    db: Database,
    tenants: Tenants,
    mutation: str,
    table: str,
    given: dict[str, Any],
    field: str,
) -> None:
    row_id, id_ = await made(db, tenants, table)
    name = mutation[0].lower() + mutation[1:]
    document = f"mutation ($input: {mutation}Input!) {{ {name}(input: $input) {{ userErrors {{ code field }} }} }}"
    async with db.write() as session:
        connection = await session.connection()
        await connection.execute(text(f"DELETE FROM {table} WHERE id = :id"), {"id": row_id})
        asked = asyncio.create_task(tell(client, tenants.token, document, **{field: id_}, **given))
        await until_somebody_waits(db)
    assert wrong(await asked) == [("NOT_FOUND", [field])]
    assert await rows(db, "SELECT FROM servers") == []
    assert await rows(db, "SELECT FROM audit_events") == []


async def test_a_machine_whose_server_another_has_just_added_gets_that_one(
    client: httpx.AsyncClient, db: Database, tenants: Tenants
) -> None:
    key = await factories.key_of(db, tenants.me.id)
    async with db.write() as session:
        added = "INSERT INTO servers (account_id, machine_id, hostname, ip) VALUES (:account, 'machine-1', 'a', '::1')"
        await (await session.connection()).execute(text(added), {"account": tenants.me.id})
        asked = asyncio.create_task(register(client, key.key))
        await until_somebody_waits(db)
    assert (await asked)["userErrors"] == []
    ((hostname,),) = await rows(db, "SELECT hostname FROM servers")
    assert hostname == "web-1.example.com"
    await assert_counters_right(db)


async def test_where_no_text_for_a_key_is_free_none_is_made(
    client: httpx.AsyncClient, db: Database, tenants: Tenants, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken = await factories.key_of(db, tenants.me.id, "kernelcare")
    monkeypatch.setattr("resolvers.create_activation_key.new_activation_key", lambda *_: taken.key)
    before = await everything(db)
    given = {"productId": encode("Product", taken.product_id)}
    answer = (await post(client, CREATE, {"input": given}, token=tenants.token)).json()
    assert [error["extensions"]["code"] for error in answer["errors"]] == ["INTERNAL"]
    assert taken.key not in str(answer)
    assert await everything(db) == before

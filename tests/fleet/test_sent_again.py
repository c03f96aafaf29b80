"""Changes of keys, servers and groups that are sent again with their key, above all removals of what is gone then."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from gateway.app import create_app
from models.db import Database
from models.tables import ActivationKey, Server
from schema.build import build_schema, graphql_schema
from schema.execution import StockExecutor
from schema.ids import encode
from schema.limits import Limits
from schema.operations import Engine
from tests import factories
from tests.access.people import audit_of
from tests.access.unchanged import everything
from tests.conftest import calling, settings_for
from tests.databases import StatementLog
from tests.fleet.tenants import Tenants, rows, tell, wrong
from tests.seats.counting import assert_counters_right

REMOVE_KEYS = """mutation ($input: RemoveActivationKeysInput!) {
  removeActivationKeys(input: $input) @idempotent(key: "%s") {
    deletedIds deletedServerIds licenses { used available } userErrors { code message field } } }"""
REMOVE_SERVERS = """mutation ($input: RemoveServersInput!) { removeServers(input: $input) @idempotent(key: "%s") {
  deletedIds activationKeys { note used } userErrors { code field retryAfterMs } } }"""
CREATE_KEY = """mutation ($input: CreateActivationKeyInput!) {
  createActivationKey(input: $input) @idempotent(key: "one") { activationKey { id key note } userErrors { code } } }"""
CREATE_GROUP = """mutation ($input: CreateServerGroupInput!) {
  createServerGroup(input: $input) @idempotent(key: "one") {
    serverGroup { id name serverCount } servers { hostname } userErrors { code } } }"""


@pytest.fixture(params=["planned", "stock"])
async def either(request: pytest.FixtureRequest, dsn: str, db: Database) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the application under each executor."""
    engine = None
    if request.param == "stock":
        schema = graphql_schema(build_schema())
        engine = Engine(schema, schema.extensions["guards"], Limits(), executor=StockExecutor(schema))
    async with calling(create_app(settings_for(dsn), db, engine)) as caller:
        yield caller


def id_of(row: ActivationKey | Server) -> str:
    """The id of a key or a server."""
    return encode(type(row).__name__, row.id)


async def fleet_of(db: Database, tenants: Tenants, servers: int = 3) -> tuple[list[ActivationKey], list[Server]]:
    """A default key and an ordinary one of its pool, and servers that are registered with the second."""
    default = await factories.key_of(db, tenants.me.id, "kernelcare", note="default", is_default=True)
    own = {"account_id": default.account_id, "product_id": default.product_id, "license_id": default.license_id}
    other = await factories.add(
        db, ActivationKey, **own, license_type_id=default.license_type_id, key="B" * 16, note="other"
    )
    made = [await factories.server(db, tenants.me.id, hostname=f"h{number}.example.com") for number in range(servers)]
    for server in made:
        await factories.registration(db, server, other)
    return [default, other], made


async def test_removed_servers_are_told_again_though_they_are_gone(
    either: httpx.AsyncClient, db: Database, tenants: Tenants
) -> None:
    _, (one, two, left) = await fleet_of(db, tenants)
    ids = [id_of(two), "x", id_of(one), id_of(two)]
    first = await tell(either, tenants.token, REMOVE_SERVERS % "one", ids=ids)
    assert first["deletedIds"] == [id_of(two), id_of(one)]
    assert first["activationKeys"] == [{"note": "other", "used": 1}]
    assert wrong(first) == [("NOT_FOUND", ["ids", "1"])]
    before = await everything(db)
    assert await tell(either, tenants.token, REMOVE_SERVERS % "one", ids=ids) == first
    assert await everything(db) == before
    await tell(either, tenants.token, REMOVE_SERVERS % "two", ids=[id_of(left)])
    again = await tell(either, tenants.token, REMOVE_SERVERS % "one", ids=ids)
    assert again == {**first, "activationKeys": [{"note": "other", "used": 0}]}, "rows are read anew"
    other = await tell(either, tenants.token, REMOVE_SERVERS % "one", ids=ids[:1])
    assert (wrong(other), other["deletedIds"]) == ([("CONFLICT", None)], [])


async def test_removed_keys_are_told_again_though_they_are_gone(
    either: httpx.AsyncClient, db: Database, tenants: Tenants
) -> None:
    (default, other), servers = await fleet_of(db, tenants)
    ids = [id_of(default), id_of(other)]
    first = await tell(either, tenants.token, REMOVE_KEYS % "one", ids=ids)
    assert (first["deletedIds"], wrong(first)) == ([id_of(other)], [("DEFAULT_KEY", ["ids", "0"])])
    assert sorted(first["deletedServerIds"]) == sorted(id_of(server) for server in servers)
    assert first["licenses"] == [{"used": 0, "available": 10}]
    assert await tell(either, tenants.token, REMOVE_KEYS % "one", ids=ids) == first
    assert len(await audit_of(db)) == 1 + len(servers)


async def test_what_is_created_has_one_id_and_one_key(
    either: httpx.AsyncClient, db: Database, tenants: Tenants
) -> None:
    kind = await factories.license_type(db, "kernelcare")
    given = {"productId": encode("Product", kind.product_id), "note": "a", "customerId": tenants.customer_id}
    first = await tell(either, tenants.token, CREATE_KEY, **given)
    assert first["userErrors"] == []
    assert await tell(either, tenants.token, CREATE_KEY, **given) == first
    assert len(await rows(db, "SELECT FROM activation_keys")) == 1
    assert first["activationKey"]["key"] not in str(await rows(db, "SELECT payload FROM idempotency_keys"))
    server = await factories.server(db, tenants.me.id, hostname="one.example.com")
    grouped = await tell(either, tenants.token, CREATE_GROUP, name="QA", serverIds=[id_of(server)])
    assert grouped["servers"] == [{"hostname": "one.example.com"}]
    assert await tell(either, tenants.token, CREATE_GROUP, name="QA", serverIds=[id_of(server)]) == grouped


async def test_parallel_removals_each_sent_twice_agree_with_the_counters(
    client: httpx.AsyncClient, db: Database, tenants: Tenants
) -> None:
    _, servers = await fleet_of(db, tenants, servers=10)
    ids = [id_of(server) for server in servers]
    inputs = [ids[start : start + 6] if start % 2 else ids[start : start + 6][::-1] for start in range(5)]

    async def until_answered(number: int) -> dict[str, Any]:
        while True:
            payload = await tell(client, tenants.token, REMOVE_SERVERS % number, ids=inputs[number])
            if not any(error["retryAfterMs"] for error in payload["userErrors"]):
                return payload
            await asyncio.sleep(0.02)

    payloads = await asyncio.gather(*(until_answered(number) for number in [*range(5), *range(5)]))
    for first, again in zip(payloads[:5], payloads[5:], strict=True):
        assert first["deletedIds"] == again["deletedIds"]
        assert first["userErrors"] == again["userErrors"]
    gone = [id_ for payload in payloads[:5] for id_ in payload["deletedIds"]]
    assert sorted(gone) == sorted(ids), "each by one request alone"
    assert len(await audit_of(db)) == 10
    await assert_counters_right(db)


async def test_a_bulk_removal_with_a_key_costs_three_statements_more(
    client: httpx.AsyncClient, db: Database, tenants: Tenants, statements: StatementLog
) -> None:
    _, (one, two, _) = await fleet_of(db, tenants)
    document = "mutation ($input: RemoveServersInput!) { removeServers(input: $input) %s { deletedIds } }"
    costs = []
    for directive, server in (("", one), ('@idempotent(key: "one")', two), ('@idempotent(key: "one")', two)):
        statements.clear()
        await tell(client, tenants.token, document % directive, ids=[id_of(server)])
        costs.append(len(statements))
    plain, keyed, again = costs
    assert (keyed - plain, again) == (3, 2)

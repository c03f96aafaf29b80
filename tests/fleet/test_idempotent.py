"""What is sent twice with a key is done once, also where many things were changed and some refused."""

from typing import Any

import httpx

from models.db import Database
from schema.ids import encode
from tests import factories
from tests.access.unchanged import everything
from tests.client import ask
from tests.fleet.tenants import Tenants, many_servers, rows

REMOVE = """mutation ($input: RemoveServersInput!) { removeServers(input: $input) @idempotent(key: "one") {
  deletedIds activationKeys { id used } userErrors { code field message } } }"""
REMOVE_KEYS = """mutation ($input: RemoveActivationKeysInput!) {
  removeActivationKeys(input: $input) @idempotent(key: "one") {
    deletedIds deletedServerIds licenses { used } userErrors { code field } } }"""
CREATE = """mutation ($input: CreateActivationKeyInput!) { createActivationKey(input: $input) @idempotent(key: "one") {
  activationKey { id key note } userErrors { code } } }"""
GROUP = """mutation ($input: CreateServerGroupInput!) { createServerGroup(input: $input) @idempotent(key: "one") {
  serverGroup { id name } servers { id } userErrors { code } } }"""
MERGE = """mutation ($input: MergeServersInput!) { mergeServers(input: $input) @idempotent(key: "one") {
  server { id } deletedIds userErrors { code } } }"""
CONTACT = """mutation ($input: ContactSalesInput!) { contactSales(input: $input) @idempotent(key: "one") {
  salesRequest { id } userErrors { code } } }"""


async def twice(
    client: httpx.AsyncClient, db: Database, token: str, document: str, given: dict[str, Any]
) -> dict[str, Any]:
    """The payload of a mutation that is sent twice: the same both times, and done once."""
    first = await ask(client, document, {"input": given}, token=token)
    between = await everything(db)
    second = await ask(client, document, {"input": given}, token=token)
    assert second == first
    assert await everything(db) == between
    (payload,) = first.values()
    found: dict[str, Any] = payload
    return found


async def test_a_bulk_removal_is_answered_again_with_what_it_did_and_refused(
    client: httpx.AsyncClient, db: Database, tenants: Tenants
) -> None:
    key = await factories.key_of(db, tenants.me.id, is_default=True)
    ids = await many_servers(db, key, 3)
    payload = await twice(client, db, tenants.token, REMOVE, {"ids": [*ids, "x"]})
    assert sorted(payload["deletedIds"]) == sorted(ids)
    assert payload["activationKeys"] == [{"id": encode("ActivationKey", key.id), "used": 0}]
    assert [error["field"] for error in payload["userErrors"]] == [["ids", "3"]]
    keys = {"ids": [encode("ActivationKey", key.id)]}
    payload = await twice(client, db, tenants.token, REMOVE_KEYS, keys)
    assert payload["userErrors"] == [{"code": "DEFAULT_KEY", "field": ["ids", "0"]}]
    assert (payload["deletedIds"], payload["deletedServerIds"], payload["licenses"]) == ([], [], [])


async def test_one_key_one_group_one_merge_and_one_request_are_made(
    client: httpx.AsyncClient, db: Database, tenants: Tenants
) -> None:
    product = encode("Product", (await factories.product(db, "kernelcare")).id)
    key = (await twice(client, db, tenants.token, CREATE, {"productId": product}))["activationKey"]
    await rows(db, "UPDATE activation_keys SET note = 'now'")
    again = await ask(client, CREATE, {"input": {"productId": product}}, token=tenants.token)
    assert again["createActivationKey"]["activationKey"] == {**key, "note": "now"}, "read anew"
    kept, other = [encode("Server", (await factories.server(db, tenants.me.id)).id) for _ in range(2)]
    group = await twice(client, db, tenants.token, GROUP, {"name": "QA", "serverIds": [kept]})
    assert group["servers"] == [{"id": kept}]
    merged = await twice(client, db, tenants.token, MERGE, {"keepId": kept, "duplicateIds": [other]})
    assert merged["deletedIds"] == [other]
    await twice(client, db, tenants.token, CONTACT, {"topic": "OTHER", "message": "Hello"})

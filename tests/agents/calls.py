"""The calls of an agent, and everything that they could change."""

from typing import Any

import httpx

from models.db import Database
from tests.client import ask

REGISTER = """mutation ($input: RegisterServerInput!) { registerServer(input: $input) {
  serverToken checkInEverySeconds userErrors { code field retryAfterMs } } }"""
UNREGISTER = """mutation ($input: UnregisterServerInput!) { unregisterServer(input: $input) {
  unregistered userErrors { code field } } }"""
CHECK = """query ($key: String!, $ip: IPAddress) { registrationCheck(activationKey: $key, ip: $ip) {
  allowed reasons { code field retryAfterMs } keyRoom poolRoom } }"""

TABLES = (
    "activation_key_networks",
    "activation_keys",
    "audit_events",
    "events",
    "licenses",
    "registration_check_ins",
    "registrations",
    "server_check_ins",
    "servers",
)


async def register(client: httpx.AsyncClient, key: str, machine: str = "machine-1", **given: Any) -> dict[str, Any]:
    """The payload of a registration."""
    sent = {"activationKey": key, "machineId": machine, "hostname": "web-1.example.com", **given}
    payload: dict[str, Any] = (await ask(client, REGISTER, {"input": sent}))["registerServer"]
    return payload


async def registered(client: httpx.AsyncClient, key: str, machine: str = "machine-1", **given: Any) -> str:
    """The token of a registration that must succeed."""
    payload = await register(client, key, machine, **given)
    assert (payload["userErrors"], payload["checkInEverySeconds"]) == ([], 14_400)
    token: str = payload["serverToken"]
    return token


async def unregister(client: httpx.AsyncClient, token: str) -> dict[str, Any]:
    """The payload of an unregistration."""
    payload: dict[str, Any] = (await ask(client, UNREGISTER, {"input": {"serverToken": token}}))["unregisterServer"]
    return payload


async def check(client: httpx.AsyncClient, key: str, ip: str | None = None, token: str | None = None) -> dict[str, Any]:
    """What a registration would meet."""
    found: dict[str, Any] = (await ask(client, CHECK, {"key": key, "ip": ip}, token=token))["registrationCheck"]
    return found


def codes(payload: dict[str, Any], name: str = "userErrors") -> list[tuple[str, list[str] | None]]:
    """The refusals, each with its field."""
    return [(error["code"], error["field"]) for error in payload[name]]


async def everything(db: Database) -> dict[str, list[str]]:
    """All rows that agents' calls could change, as text."""
    found = {}
    async with db.read() as reader:
        for table in TABLES:
            rows = await reader.fetch(f"SELECT t::text AS row FROM {table} t")
            found[table] = sorted(row["row"] for row in rows)
    return found


async def rows(db: Database, statement: str) -> list[tuple[Any, ...]]:
    """What a statement finds."""
    async with db.read() as reader:
        found: list[Any] = await reader.fetch(statement)
    return [tuple(row) for row in found]

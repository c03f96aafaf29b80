"""The limit: statements, loops and orjson, written by hand for exactly the questions that are asked."""

from collections import defaultdict
from datetime import datetime
from typing import Any

import orjson

from auth.actors import Actor
from gateway.portal import Portal
from models.db import Database, Reader
from models.queries import check_ins
from resolvers.agents import CHECK_IN_EVERY_SECONDS
from schema import ids
from tests.bench import statements
from tests.bench.bare import Variables

Rows = dict[Any, list[dict[str, Any]]]


async def dashboard(db: Database, actor: Actor, now: datetime, variables: Variables) -> bytes:
    """The nested dashboard in five statements, whatever its size."""
    products = ids.keys_of("Product", variables["products"])
    async with db.read() as reader:
        held: list[Any] = await reader.fetch(statements.SUBSCRIPTIONS, actor.account_id, products)
        subscriptions = [row["id"] for row in held if row["id"] is not None]
        licenses = await _licenses(reader, actor, subscriptions)
        keys, totals = await _keys(reader, actor, now, subscriptions)
    shown = [
        {
            "product": {"name": name},
            "licenseCount": quantity,
            "usedLicenseCount": used,
            "licenses": licenses.get(subscription, []),
            "activationKeys": {"totalCount": totals.get(subscription, 0), "nodes": keys.get(subscription, [])},
        }
        for subscription, _, name, quantity, used in held
        if subscription is not None
    ]
    account = {"number": held[0]["number"], "subscriptions": shown}
    return orjson.dumps({"data": {"viewer": {"login": actor.email, "account": account}}})


async def _licenses(reader: Reader, actor: Actor, subscriptions: list[Any]) -> Rows:
    """Each subscription's licenses."""
    found: list[Any] = await reader.fetch(statements.LICENSES, actor.account_id, subscriptions)
    licenses: Rows = defaultdict(list)
    for subscription, name, quantity, used in found:
        licenses[subscription].append(
            {"type": {"name": name}, "quantity": quantity, "used": used, "available": quantity - used}
        )
    return licenses


async def _keys(reader: Reader, actor: Actor, now: datetime, subscriptions: list[Any]) -> tuple[Rows, dict[Any, int]]:
    """Each subscription's page of keys, and how many keys it has."""
    found: list[Any] = await reader.fetch(statements.KEYS, actor.account_id, subscriptions)
    servers, counts = await _servers(reader, actor, now, [row["id"] for row in found])
    keys: Rows = defaultdict(list)
    totals: dict[Any, int] = {}
    for subscription, total, key_id, key, note, used, limit in found:
        totals[subscription] = total
        listed = {"totalCount": counts.get(key_id, 0), "nodes": servers.get(key_id, [])}
        keys[subscription].append({"key": key, "note": note, "used": used, "limit": limit, "servers": listed})
    return keys, totals


async def _servers(reader: Reader, actor: Actor, now: datetime, keys: list[Any]) -> tuple[Rows, dict[Any, int]]:
    """Each key's page of servers, and how many servers it has."""
    found: list[Any] = await reader.fetch(statements.SERVERS, actor.account_id, keys, now)
    installed = await _installed(reader, actor, [row["id"] for row in found])
    servers: Rows = defaultdict(list)
    counts: dict[Any, int] = {}
    for key, total, server, hostname, ip, state, group in found:
        counts[key] = total
        servers[key].append(
            {
                "hostname": hostname,
                "ip": ip,
                "state": state,
                "group": None if group is None else {"name": group},
                "installedProducts": installed.get(server, []),
            }
        )
    return servers, counts


async def _installed(reader: Reader, actor: Actor, servers: list[Any]) -> Rows:
    """What is installed on each server."""
    found: list[Any] = await reader.fetch(statements.INSTALLED, actor.account_id, servers)
    installed: Rows = defaultdict(list)
    for server, last_check_in, name in found:
        installed[server].append({"lastCheckIn": last_check_in, "product": {"name": name}})
    return installed


async def viewer(db: Database, actor: Actor, _now: datetime, _variables: Variables) -> bytes:
    """The viewer with its subscriptions, in one statement."""
    async with db.read() as reader:
        held = await reader.fetch(statements.VIEWER, actor.account_id)
    subscriptions = [
        {
            "id": ids.encode("ProductSubscription", row["id"]),
            "product": {"code": row["code"], "name": row["name"], "family": row["family"]},
            "licenseCount": row["quantity"],
            "usedLicenseCount": row["used"],
            "productQuota": row["product_quota"],
            "billingCycle": row["billing_cycle"],
            "renewsAt": row["renews_at"],
        }
        for row in held
        if row["id"] is not None
    ]
    account = {name: held[0][column] for name, column in statements.ACCOUNT_KEYS.items()}
    viewer_ = {"login": actor.email, "credential": actor.credential.value}
    return orjson.dumps({"data": {"viewer": {**viewer_, "account": {**account, "subscriptions": subscriptions}}}})


async def search(db: Database, actor: Actor, now: datetime, variables: Variables) -> bytes:
    """The page of servers with its total, in one statement."""
    wanted = variables["filter"]
    products = ids.keys_of("Product", wanted["productIds"])
    async with db.read() as reader:
        found = await reader.fetch(statements.SEARCH, actor.account_id, products, f"%{wanted['search']}%", now)
    nodes = [
        {
            "id": ids.encode("Server", row["id"]),
            "hostname": row["hostname"],
            "ip": row["ip"],
            "state": row["state"],
            "registeredAt": row["registered_at"],
            "lastCheckIn": row["last_check_in"],
            "group": None if row["group_name"] is None else {"name": row["group_name"]},
        }
        for row in found
        if row["id"] is not None
    ]
    page = {"hasNextPage": len(nodes) > statements.PAGE, "hasPreviousPage": False}
    listed = {"totalCount": found[0]["total"], "pageInfo": page, "nodes": nodes[: statements.PAGE]}
    return orjson.dumps({"data": {"viewer": {"account": {"servers": listed}}}})


async def check_in(portal: Portal, now: datetime, variables: Variables) -> bytes:
    """A check-in of one server, by the statement that the gateway sends."""
    token = portal.authority.server_tokens.read(variables["input"]["serverToken"])
    if token is None:
        raise ValueError("the benchmark sends its own tokens")
    async with portal.db.change() as writer:
        heard = await writer.fetch(check_ins.CHECK_IN, token.registration_id, token.epoch, now, None, True)
    told = {"licensed": heard[0]["state"] != "LOCKED", "checkInEverySeconds": CHECK_IN_EVERY_SECONDS, "userErrors": []}
    return orjson.dumps({"data": {"checkIn": told}})


TO_AGENTS = {"CheckIn": check_in}
ANSWERS = {"Dashboard": dashboard, "Viewer": viewer, "Search": search}

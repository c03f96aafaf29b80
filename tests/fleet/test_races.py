"""What people change in the portal while agents register and others change the same: seats are right in the end."""

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator
from itertools import count
from typing import Any

import httpx
import pytest

from gateway.app import create_app
from models.db import Database
from models.tables import ActivationKey
from schema.ids import encode
from tests import factories
from tests.client import post
from tests.conftest import calling, settings_for
from tests.fleet.tenants import Tenants, rows, tell, wrong
from tests.models.listing import listings, strays
from tests.seats.counting import assert_counters_right, deadlocks

FIELDS = {
    "addServer": "server { id }",
    "createServerGroup": "serverGroup { id }",
    "mergeServers": "deletedIds",
    "registerServer": "serverToken",
    "removeActivationKeys": "deletedIds deletedServerIds",
    "removeServers": "deletedIds",
    "updateActivationKey": "activationKey { used limit }",
    "updateServer": "server { id }",
    "updateServerGroup": "serverGroup { id }",
}
REFUSED = {"KEY_LIMIT_REACHED", "LICENSE_POOL_EXHAUSTED", "LIMIT_BELOW_USE", "NOT_FOUND", "UNKNOWN_KEY", "CONFLICT"}
"""What one may be told who was slower than others."""


def mutation(field: str) -> str:
    """A mutation that reads little of its payload."""
    kind = f"{field[0].upper()}{field[1:]}Input"
    return f"mutation ($input: {kind}!) {{ {field}(input: $input) {{ {FIELDS[field]} userErrors {{ code field }} }} }}"


@pytest.fixture
async def crowd(dsn: str, db: Database) -> AsyncIterator[list[httpx.AsyncClient]]:
    """Clients of two gateways over one database."""
    settings = settings_for(dsn)
    async with calling(create_app(settings)) as one, calling(create_app(settings)) as other:
        yield [one, other]


async def key_with_room(db: Database, tenants: Tenants, room: int, **values: Any) -> ActivationKey:
    """A key over a pool of so many licenses."""
    key = await factories.key_of(db, tenants.me.id, "kernelcare", **values)
    await rows(db, "UPDATE licenses SET quantity = $2 WHERE id = $1", key.license_id, room)
    return key


async def assert_all_right(db: Database) -> None:
    """Counters are those of the rows, lists say what is there, and nobody waited for each other."""
    await assert_counters_right(db)
    said, should = await listings(db)
    assert said == should
    assert await strays(db) == []
    assert await deadlocks(db) == 0


async def test_a_limit_that_falls_while_servers_are_added_holds(
    crowd: list[httpx.AsyncClient], db: Database, tenants: Tenants
) -> None:
    key = await key_with_room(db, tenants, 100)
    id_ = encode("ActivationKey", key.id)
    adding, limiting = mutation("addServer"), mutation("updateActivationKey")
    added = [
        tell(crowd[n % 2], tenants.token, adding, activationKeyId=id_, hostname=f"web-{n}", ip="192.0.2.7")
        for n in range(16)
    ]
    limited = [tell(crowd[n % 2], tenants.token, limiting, id=id_, limit=5) for n in range(4)]
    answers = await asyncio.gather(*added[:8], *limited, *added[8:])
    told = Counter(str(wrong(answer)) for answer in answers)
    await assert_all_right(db)
    (row,) = await rows(db, "SELECT used, seat_limit FROM activation_keys")
    if row["seat_limit"] == 5:
        assert row["used"] <= 5
    else:
        assert told["[('LIMIT_BELOW_USE', ['limit'])]"] == 4, "the limit came too late, each time"
        assert row["used"] == 16


@pytest.mark.parametrize("removed", ["keys", "servers"])
async def test_the_last_seats_are_given_once_while_others_are_given_back(
    crowd: list[httpx.AsyncClient], db: Database, tenants: Tenants, removed: str
) -> None:
    await key_with_room(db, tenants, 10, is_default=True)
    (pool,) = await rows(db, "SELECT id, product_id, license_type_id FROM licenses")
    spare = await factories.add(
        db,
        ActivationKey,
        account_id=tenants.me.id,
        product_id=pool["product_id"],
        license_type_id=pool["license_type_id"],
        license_id=pool["id"],
        key="S" * 16,
    )
    servers = [await factories.server(db, tenants.me.id, machine_id=f"old-{n}") for n in range(10)]
    for server in servers:
        await factories.registration(db, server, spare)
    (key,) = await rows(db, "SELECT key FROM activation_keys WHERE is_default")
    given = {"activationKey": key["key"], "hostname": "new"}
    registering = [
        tell(crowd[n % 2], tenants.token, mutation("registerServer"), **given, machineId=f"new-{n}") for n in range(20)
    ]
    if removed == "keys":
        ids = {"ids": [encode("ActivationKey", spare.id)]}
        removing = [tell(crowd[0], tenants.token, mutation("removeActivationKeys"), **ids)]
    else:
        removing = [
            tell(crowd[n % 2], tenants.token, mutation("removeServers"), ids=[encode("Server", server.id)])
            for n, server in enumerate(servers)
        ]
    answers = await asyncio.gather(*registering[:10], *removing, *registering[10:])
    codes = {code for answer in answers for code, _ in wrong(answer)}
    assert codes <= {"LICENSE_POOL_EXHAUSTED", "CONFLICT"}
    await assert_all_right(db)
    again = [
        await tell(crowd[0], tenants.token, mutation("registerServer"), **given, machineId=f"more-{n}")
        for n in range(11)
    ]
    (row,) = await rows(db, "SELECT used, quantity FROM licenses")
    assert (row["used"], row["quantity"]) == (10, 10), "all that was given back is taken, and not one more"
    assert wrong(again[-1]) == [("LICENSE_POOL_EXHAUSTED", ["activationKey"])]


async def test_nothing_registers_with_a_key_that_is_removed(
    crowd: list[httpx.AsyncClient], db: Database, tenants: Tenants
) -> None:
    key = await key_with_room(db, tenants, 100)
    given = {"activationKey": key.key, "hostname": "web-1"}
    registering = [
        tell(crowd[n % 2], tenants.token, mutation("registerServer"), **given, machineId=f"machine-{n}")
        for n in range(12)
    ]
    removing = tell(crowd[0], tenants.token, mutation("removeActivationKeys"), ids=[encode("ActivationKey", key.id)])
    *registered, gone = await asyncio.gather(*registering, removing)
    assert gone["userErrors"] == []
    assert {code for answer in registered for code, _ in wrong(answer)} <= {"UNKNOWN_KEY", "CONFLICT"}
    assert await rows(db, "SELECT FROM servers UNION ALL SELECT FROM registrations") == []
    await assert_all_right(db)


class Storm:
    """Changes of everything that people and agents can change, chosen by chance from what is there."""

    def __init__(
        self, crowd: list[httpx.AsyncClient], db: Database, tenants: Tenants, keys: list[ActivationKey]
    ) -> None:
        self.crowd, self.db, self.tenants, self.keys = crowd, db, tenants, keys
        self.chance = random.Random(11)  # noqa: S311 (no secret)
        self.seen: Counter[str] = Counter()
        self.numbers = count()

    async def ids(self, table: str, kind: str, most: int) -> list[str]:
        """Some rows that are there, or were a moment ago."""
        found = await rows(self.db, f"SELECT id FROM {table} ORDER BY random() LIMIT {most}")
        return [encode(kind, row["id"]) for row in found]

    async def deed(self) -> tuple[str, dict[str, Any]]:  # noqa: PLR0911 (a line for each mutation)
        """A mutation and its input."""
        field = self.chance.choice([*FIELDS, "registerServer", "addServer"])
        key, number = self.chance.choice(self.keys), self.chance.randrange(12)
        key_id = encode("ActivationKey", key.id)
        servers = await self.ids("servers", "Server", self.chance.randint(2, 4))
        groups = await self.ids("server_groups", "ServerGroup", 1)
        group = groups[0] if groups else None
        match field:
            case "addServer":
                host = {"hostname": f"hand-{next(self.numbers)}", "ip": "192.0.2.7", "groupId": group}
                return field, {"activationKeyId": key_id, **host}
            case "createServerGroup":
                return field, {"name": f"group {next(self.numbers)}", "serverIds": servers}
            case "registerServer":
                return field, {"activationKey": key.key, "machineId": f"m-{number}", "hostname": f"web-{number}"}
            case "updateActivationKey":
                return field, {"id": key_id, "limit": self.chance.choice([None, 3, 6])}
            case "removeActivationKeys":
                return field, {"ids": [encode("ActivationKey", self.keys[-1].id)]}
            case "removeServers":
                return field, {"ids": servers or ["none"]}
            case "updateServer":
                return field, {"id": servers[0] if servers else "", "groupId": group}
            case "mergeServers":
                return field, {"keepId": servers[0] if servers else "", "duplicateIds": servers[1:] or ["none"]}
        name = f"named {next(self.numbers)}"
        return field, {"id": group or "", "name": name, "addServerIds": servers[:2], "removeServerIds": servers[2:]}

    async def rage(self, deeds: int) -> None:
        """Do so many, one after the other; only what others were quicker at may be refused."""
        for _ in range(deeds):
            field, given = await self.deed()
            client = self.chance.choice(self.crowd)
            answer = (await post(client, mutation(field), {"input": given}, token=self.tenants.token)).json()
            assert "errors" not in answer, (field, given, answer)
            codes = {error["code"] for error in answer["data"][field]["userErrors"]}
            assert codes <= REFUSED, (field, given, codes)
            self.seen[f"{field} {'refused' if codes else 'done'}"] += 1


@pytest.mark.parametrize(("people", "deeds"), [(8, 12), pytest.param(16, 150, marks=pytest.mark.long)])
async def test_all_changes_at_once_leave_everything_right(
    crowd: list[httpx.AsyncClient], db: Database, tenants: Tenants, people: int, deeds: int
) -> None:
    first = await key_with_room(db, tenants, 12, key="A" * 16, is_default=True)
    own = {"account_id": first.account_id, "product_id": first.product_id, "license_type_id": first.license_type_id}
    last = await factories.add(db, ActivationKey, **own, license_id=first.license_id, key="B" * 16)
    other = await factories.key_of(db, tenants.me.id, "libcare", key="C" * 16)
    storm = Storm(crowd, db, tenants, [first, other, last])
    await asyncio.gather(*(storm.rage(deeds) for _ in range(people)))
    assert storm.seen["registerServer done"] > 0
    await assert_all_right(db)

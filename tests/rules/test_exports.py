"""The exported server list, compared row for row and column for column with plain Python over the rows."""

import csv
import io
import json
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any
from uuid import UUID

import httpx
import pytest

from gateway.app import create_app
from gateway.exports.tables import BETWEEN, COLUMNS
from gateway.postgres import EmbeddedPostgres
from gateway.spreadsheets import defused
from models.audit import masked_key
from tests.client import post
from tests.conftest import calling, settings_for
from tests.databases import throw_away
from tests.rules.conftest import FLEET
from tests.rules.expected import SERVER_ORDERS, Expected, Row
from tests.rules.filtering import Meaning, state_of
from tests.rules.fleet import Fleet
from tests.rules.lists import node_id
from tests.rules.made_filters import FilterMaker
from tests.rules.rows import ZONES
from tests.rules.schema_walk import connections, filter_fields

LINK = """query ($id: ID!, $filter: ServerFilter, $orderBy: ServerOrder, $format: ExportFormat! = JSONL) {
  node(id: $id) { ... on %s { serversExportUrl(filter: $filter, orderBy: $orderBy, format: $format) } } }"""
KINDS = ("Account", "Customer")
WITHOUT_KEY_USE = ("BILLING", "READ_ONLY_SERVER_MANAGEMENT")


class Exports:
    """Exports of the fleet, beside what Python makes of its rows."""

    def __init__(self, client: httpx.AsyncClient, fleet: Fleet) -> None:
        self.client, self.fleet, self.expected = client, fleet, Expected(fleet)
        self.keys = {row["id"]: row["key"] for row in fleet.rows["activation_keys"]}
        self.types = {str(kind["id"]): kind["name"] for kind in fleet.license_types.values()}

    async def download(self, kind: str, login: str = "MASTER", **arguments: Any) -> httpx.Response:
        """Ask for a link, and follow it without any credential."""
        start, _ = self.expected.start(f"{kind}.servers")
        asked = await post(self.client, LINK % kind, {"id": start, **arguments}, token=self.fleet.tokens[login])
        assert "errors" not in asked.json(), asked.json()
        url = httpx.URL(asked.json()["data"]["node"]["serversExportUrl"])
        found = await self.client.get(url.raw_path.decode())
        assert found.status_code == 200
        return found

    def rows(self, kind: str, login: str, given: dict[str, Any], order: dict[str, str] | None) -> list[dict[str, Any]]:
        """The rows as they should be exported."""
        coordinate = f"{kind}.servers"
        account = self.expected.account_of(coordinate)
        whole = login not in WITHOUT_KEY_USE
        _, start = self.expected.start(coordinate)
        meaning = Meaning(self.fleet, ZONES[account], whole_keys=whole)
        listed = {row["id"]: row for row in meaning.listed("servers", self.expected.rows(coordinate, start), given)}
        ids = self.expected.sorted(coordinate, list(listed.values()), order)
        return [self._shown(listed[id_], whole) for id_ in ids]

    def _shown(self, row: Row, whole: bool) -> dict[str, Any]:
        held = [one for one in self.fleet.rows["registrations"] if one["server_id"] == row["id"]]
        held.sort(key=lambda one: (one["activated_at"], UUID(one["id"])))
        keys = [self.keys[one["activation_key_id"]] for one in held]
        return {
            "hostname": row["hostname"],
            "ip": row["ip"],
            "registeredAt": _printed(row["registered_at"]),
            "lastCheckIn": row.get("last_check_in") and _printed(row["last_check_in"]),
            "state": state_of(row, self.fleet.made_at),
            "group": row["group_name"],
            "licenseTypes": [self.types[one["license_type_id"]] for one in held],
            "activationKeys": keys if whole else [masked_key(key) for key in keys],
            "versions": [one["version"] for one in held],
            "id": node_id("Server", row),
        }


def _printed(moment: str) -> str:
    """A moment as the API prints it."""
    return datetime.fromisoformat(moment).isoformat(timespec="milliseconds").replace("+00:00", "Z")


@pytest.fixture
async def exports(postgres: EmbeddedPostgres, fleet: Fleet) -> AsyncIterator[Exports]:
    """Exports over a copy of the fleet: each leaves a line in the log."""
    async with throw_away(postgres, FLEET) as dsn, calling(create_app(settings_for(dsn))) as client:
        yield Exports(client, fleet)


def without_products(found: httpx.Response) -> list[dict[str, Any]]:
    """The exported rows, but for the products' names, which the fleet does not know."""
    rows = [json.loads(line) for line in found.text.splitlines()]
    assert all(list(row) == list(COLUMNS) for row in rows)
    assert all(len(row.pop("products")) == len(row["licenseTypes"]) for row in rows)
    return rows


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("order", SERVER_ORDERS)
async def test_every_order(exports: Exports, kind: str, order: str) -> None:
    for direction in ("ASC", "DESC"):
        by = {"field": order, "direction": direction}
        found = without_products(await exports.download(kind, orderBy=by))
        assert found == exports.rows(kind, "MASTER", {}, by)
        assert len(found) > 10


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("login", ["MASTER", "SERVER_MANAGEMENT", "READ_ONLY_SERVER_MANAGEMENT", "BILLING"])
async def test_filters_together_as_each_role_sees_keys(exports: Exports, kind: str, login: str) -> None:
    account = exports.expected.account_of(f"{kind}.servers")
    maker = FilterMaker(exports.fleet, account, f"exports {kind} {login}")
    names = list(filter_fields(connections()[f"{kind}.servers"]))
    made = [*maker.together(names, 25), *maker.alone("search", 8), *maker.alone("states", 4)]
    lengths = set()
    for place, given in enumerate(made):
        field = list(SERVER_ORDERS)[place % len(SERVER_ORDERS)]
        by = {"field": field, "direction": ("ASC", "DESC")[place // len(SERVER_ORDERS) % 2]}
        found = without_products(await exports.download(kind, login, filter=given, orderBy=by))
        assert found == exports.rows(kind, login, given, by), (given, by)
        lengths.add(len(found))
    assert len(lengths) > 2


async def test_both_formats_say_the_same(exports: Exports) -> None:
    lines = (await exports.download("Account")).text.splitlines()
    table = list(csv.reader(io.StringIO((await exports.download("Account", format="CSV")).text, newline="")))
    assert table[0] == list(COLUMNS)
    assert len(table) == len(lines) + 1 > 40
    for line, cells in zip(lines, table[1:], strict=True):
        row = json.loads(line)
        joined = [BETWEEN.join(v or "" for v in value) if isinstance(value, list) else value for value in row.values()]
        assert cells == [defused(value or "") for value in joined]

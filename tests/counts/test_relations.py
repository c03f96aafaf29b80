"""Every relation of the schema costs the same number of statements for one parent and for fifty."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest
from graphql import GraphQLField, GraphQLObjectType, get_named_type, is_leaf_type

from schema import ids
from schema.kinds import Computed, Listed, Lookup
from schema.paging import Paged
from tests.counts.conftest import Meter
from tests.counts.crowd import PARENTS, Crowd
from tests.rules.schema_walk import kind_of, object_types

BASE = 1
"""The nodes."""

TABLES = {
    "Account": "accounts",
    "ActivationKey": "activation_keys",
    "AuditEvent": "audit_events",
    "Customer": "accounts",
    "InstalledProduct": "registrations",
    "Invoice": "invoices",
    "License": "licenses",
    "LicenseType": "license_types",
    "Payment": "payments",
    "Product": "products",
    "ProductSubscription": "product_subscriptions",
    "ReportConfig": "report_configs",
    "SalesRequest": "sales_requests",
    "Server": "servers",
    "ServerGroup": "server_groups",
}
"""The parents that are nodes, and the table that their rows stand in."""


@dataclass(frozen=True)
class Way:
    """How parents that are no nodes are reached: from which nodes, through which fields, for how many statements."""

    start: str
    through: tuple[str, ...]
    cost: int = 0


WAYS = {
    "Autopayment": Way("Account", ("billing", "autopayment")),
    "Billing": Way("Account", ("billing",)),
    "Cost": Way("Account", ("billing", "costs(period: {}, by: LICENSE_TYPE)"), cost=1),
    "InvoiceLine": Way("Invoice", ("lines",), cost=1),
    "Plan": Way("Account", ("billing", "plan"), cost=1),
    "Price": Way("Product", ("prices",), cost=1),
    "ServerEdge": Way("ActivationKey", ("servers", "edges"), cost=1),
    "Viewer": Way("Viewer", ()),
}


ARGUMENTS = {"Billing.costs": "(period: {})"}
"""What a relation must be given."""

SHOWING: dict[str, Callable[[dict[str, Any]], bool]] = {
    "ActivationKey": lambda key: key["used"] > 0,
    "Invoice": lambda invoice: invoice["type"] == "INVOICE",
    "InvoiceLine": lambda invoice: invoice["type"] == "INVOICE",
    "ServerEdge": lambda key: key["used"] > 0,
}
"""Parents that have what is asked for."""


RELATIONS = {
    f"{kind.name}.{name}": field
    for kind in object_types()
    for name, field in kind.fields.items()
    if isinstance(kind_of(field), Lookup | Listed | Computed | Paged) and not kind.name.endswith("Payload")
}
"""Those of payloads are left out: a mutation's field has one payload, never several side by side."""


BESIDE = {"Cost", "InvoiceLine", "Price"}
"""Parents that a list has read: rows that they name by id are selected beside them."""


def own_cost(coordinate: str) -> int:
    """One statement, and a second where a computed id names another row; none where it stands beside its parent.

    Of the viewer's account nothing but the id is asked for, which needs no statement.
    """
    kind = kind_of(RELATIONS[coordinate])
    parent = coordinate.partition(".")[0]
    if coordinate == "Viewer.account" or (parent in BESIDE and isinstance(kind, Lookup)):
        return 0
    return 2 if isinstance(kind, Computed) and kind.entity is not None else 1


def selection(field: GraphQLField) -> str:
    """Something of the related row that takes no further relation."""
    kind = get_named_type(field.type)
    if not isinstance(kind, GraphQLObjectType):
        return ""
    if isinstance(kind_of(field), Paged):
        return "{ nodes { id } }"
    leaves = (name for name, inner in kind.fields.items() if is_leaf_type(get_named_type(inner.type)))
    return f"{{ {next(leaves)} }}"


def question(coordinate: str, more: str = "") -> str:
    """Ask many nodes for one relation."""
    parent, _, name = coordinate.partition(".")
    way = WAYS.get(parent, Way(parent, ()))
    given = ARGUMENTS.get(coordinate, "")
    inner = f"{name}{given} {selection(RELATIONS[coordinate])} {more}" if name else more
    for step in reversed(way.through):
        inner = f"{step} {{ {inner} }}"
    return f"query ($ids: [ID!]!) {{ nodes(ids: $ids) {{ ... on {way.start} {{ {inner} }} }} }}"


def parents(crowd: Crowd, coordinate: str, how_many: int) -> list[str]:
    """The ids of nodes to ask: different ones as far as the caller reaches so many."""
    parent = coordinate.partition(".")[0]
    start = WAYS.get(parent, Way(parent, ())).start
    home = crowd.rows["accounts"][0]
    if start == "Viewer":
        login = next(row for row in crowd.rows["logins"] if row["account_id"] == home["id"])
        return [ids.encode("Viewer", UUID(login["id"]))] * how_many
    rows = [home] if start == "Account" else reached(crowd, start, home)
    if parent in SHOWING:
        rows = [row for row in rows if SHOWING[parent](row)]
    return [ids.encode(start, UUID(rows[place % len(rows)]["id"])) for place in range(how_many)]


def reached(crowd: Crowd, start: str, home: dict[str, Any]) -> list[dict[str, Any]]:
    """The rows of a type that the reseller reaches: its own, its customers' and the catalogue's."""
    customers = {row["id"] for row in crowd.rows["accounts"] if row["reseller_id"] == home["id"]}
    if start == "Customer":
        return [row for row in crowd.rows["accounts"] if row["id"] in customers]
    own = {home["id"], *customers}
    return [row for row in crowd.rows[TABLES[start]] if row.get("account_id", home["id"]) in own]


def test_every_parent_of_a_relation_is_in_the_tables() -> None:
    assert {coordinate.partition(".")[0] for coordinate in RELATIONS} == {*TABLES, *WAYS}


@pytest.mark.parametrize("coordinate", sorted(RELATIONS))
async def test_a_relation_costs_the_same_for_one_parent_and_for_fifty(
    meter: Meter, crowd: Crowd, coordinate: str
) -> None:
    parent = coordinate.partition(".")[0]
    before = (BASE if parent != "Viewer" else 0) + WAYS.get(parent, Way(parent, ())).cost
    expected = before + own_cost(coordinate)
    for how_many in (1, PARENTS):
        data = await meter.ask(question(coordinate), {"ids": parents(crowd, coordinate, how_many)})
        assert len(data["nodes"]) == how_many
        assert all(data["nodes"])
        assert len(meter.statements) == expected, "\n\n".join(meter.statements.texts)


@pytest.mark.parametrize(
    "coordinate", sorted(name for name, field in RELATIONS.items() if isinstance(kind_of(field), Paged))
)
async def test_a_list_is_counted_and_read_only_as_far_as_it_is_selected(
    meter: Meter, crowd: Crowd, coordinate: str
) -> None:
    parent, _, name = coordinate.partition(".")
    before = BASE + WAYS.get(parent, Way(parent, ())).cost
    edges = "edges { cursor node { id } } pageInfo { hasNextPage endCursor }"
    costs = {"__typename": 0, "totalCount": 1, edges: 1, f"nodes {{ id }} {edges}": 1, f"totalCount {edges}": 2}
    asked = question(coordinate)
    for how_many in (1, PARENTS):
        variables = {"ids": parents(crowd, coordinate, how_many)}
        for selected, cost in costs.items():
            document = asked.replace(f"{name} {{ nodes {{ id }} }}", f"{name} {{ {selected} }}")
            assert await meter.cost(document, variables) == before + cost, (selected, meter.statements.texts)
            assert any("count(" in text for text in meter.statements.texts) is ("totalCount" in selected)


@pytest.mark.parametrize(
    ("asked", "cost"),
    [
        ("number serverGroups { name }", 1),
        ("number state subscriptions { id } serverGroups { name } again: serverGroups { id name }", 3),
        ("id serverGroups { name }", 1),
        ("number servers(first: 1) { totalCount }", 2),
        ("number billing { autopayment { paymentMethod { id } } } serverGroups { name }", 2),
    ],
    ids=["brought", "brought once", "not read", "by no list", "with rows beside it"],
)
async def test_an_account_comes_with_the_rows_of_its_first_list(meter: Meter, asked: str, cost: int) -> None:
    answer = await meter.ask(f"{{ viewer {{ account {{ {asked} }} }} }}")
    assert len(meter.statements) == cost, "\n\n".join(meter.statements.texts)
    looked_up = (await meter.ask("{ viewer { account { id number state } } }"))["viewer"]["account"]
    shown = {name: value for name, value in answer["viewer"]["account"].items() if name in looked_up}
    assert shown
    assert shown.items() <= looked_up.items()


async def test_an_account_whose_list_has_no_rows_is_looked_up(meter: Meter) -> None:
    answer = await meter.ask("{ viewer { account { number apiKeys { name } } } }", login="small")
    account = answer["viewer"]["account"]
    assert account["number"].startswith("R-")
    assert account["apiKeys"] == []
    assert ["api_keys" in text for text in meter.statements.texts] == [True, False]


async def test_a_page_shows_what_it_is_sorted_by_and_looks_only_among_its_accounts_groups(meter: Meter) -> None:
    order = "orderBy: {field: LAST_CHECK_IN, direction: DESC}"
    shown = "nodes { hostname lastCheckIn state group { name } }"
    listed = (await meter.ask(f"{{ viewer {{ account {{ servers(first: 50, {order}) {{ {shown} }} }} }} }}"))["viewer"]
    (page,) = meter.statements.texts
    assert "page.sort_by >=" in page
    assert "server.last_check_in" not in page
    assert "reseller_id" not in page
    others = (await meter.ask(f"{{ viewer {{ account {{ servers(first: 50) {{ {shown} }} }} }} }}"))["viewer"]
    assert "server.last_check_in_sort" in meter.statements.texts[0]
    by_name = {row["hostname"]: row for row in others["account"]["servers"]["nodes"]}
    assert {row["hostname"]: row for row in listed["account"]["servers"]["nodes"]} == by_name
    assert any(row["lastCheckIn"] for row in by_name.values())
    assert any(row["group"] for row in by_name.values())

"""Ask for any list of the schema by its coordinate, a page at a time or whole."""

from dataclasses import dataclass
from functools import cache
from typing import Any
from uuid import UUID

import httpx

from schema import ids
from tests.client import post
from tests.rules.fleet import Fleet
from tests.rules.schema_walk import connections

PAGE = "nodes { id } edges { cursor node { id } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor }"
WHOLE = f"{PAGE} totalCount"


@dataclass(frozen=True)
class Route:
    """How a list is reached: the type of the node it hangs on, and the fields between."""

    start: str
    through: tuple[str, ...] = ()


ROUTES = {
    "Account.activationKeys": Route("Account"),
    "Account.auditEvents": Route("Account"),
    "Account.customers": Route("Account"),
    "Account.invoices": Route("Account"),
    "Account.salesRequests": Route("Account"),
    "Account.servers": Route("Account"),
    "ActivationKey.servers": Route("ActivationKey"),
    "Billing.payments": Route("Account", ("billing",)),
    "Customer.activationKeys": Route("Customer"),
    "Customer.invoices": Route("Customer"),
    "Customer.servers": Route("Customer"),
    "InvoiceLine.servers": Route("Invoice", ("lines",)),
    "ProductSubscription.activationKeys": Route("ProductSubscription"),
    "ProductSubscription.servers": Route("ProductSubscription"),
    "ServerGroup.servers": Route("ServerGroup"),
}
"""Every connection of the schema; a test compares the names with what the schema has."""


@cache
def document(coordinate: str, selection: str, given: frozenset[str]) -> str:
    """The question for a list, with a variable for each argument that is given."""
    field, route = connections()[coordinate], ROUTES[coordinate]
    variables = "".join(f", ${name}: {field.args[name].type}" for name in sorted(given))
    arguments = ", ".join(f"{name}: ${name}" for name in sorted(given))
    called = coordinate.partition(".")[2] + (f"({arguments})" if arguments else "")
    inner = f"{called} {{ {selection} }}"
    for step in reversed(route.through):
        inner = f"{step} {{ {inner} }}"
    return f"query ($id: ID!{variables}) {{ node(id: $id) {{ ... on {route.start} {{ {inner} }} }} }}"


class Lists:
    """The lists of the fleet, as one of its logins sees them."""

    def __init__(self, client: httpx.AsyncClient, fleet: Fleet) -> None:
        self.client = client
        self.fleet = fleet

    async def answer(
        self, coordinate: str, start: str, selection: str = WHOLE, *, login: str = "MASTER", **arguments: Any
    ) -> dict[str, Any]:
        """The whole response to one question for a list."""
        asked = document(coordinate, selection, frozenset(arguments))
        response = await post(self.client, asked, {"id": start, **arguments}, token=self.fleet.tokens[login])
        found: dict[str, Any] = response.json()
        return found

    async def page(
        self, coordinate: str, start: str, selection: str = WHOLE, *, login: str = "MASTER", **arguments: Any
    ) -> dict[str, Any]:
        """A page of the list."""
        answer = await self.answer(coordinate, start, selection, login=login, **arguments)
        assert "errors" not in answer, answer["errors"]
        found = answer["data"]["node"]
        for step in (*ROUTES[coordinate].through, coordinate.partition(".")[2]):
            found = found[0][step] if isinstance(found, list) else found[step]
        return dict(found)

    async def keys(self, coordinate: str, start: str, *, login: str = "MASTER", **arguments: Any) -> list[str]:
        """The rows' own ids of a list that is shorter than the longest page, and as long as it says."""
        page = await self.page(coordinate, start, "nodes { id } totalCount", login=login, first=100, **arguments)
        assert page["totalCount"] == len(page["nodes"])
        return row_keys(page["nodes"])

    async def error(self, coordinate: str, start: str, **arguments: Any) -> dict[str, Any]:
        """The one error that a question for a list is refused with, its answer being null."""
        answer = await self.answer(coordinate, start, "nodes { id }", **arguments)
        (error,) = answer["errors"]
        return dict(error)


def row_keys(nodes: list[dict[str, Any]]) -> list[str]:
    """The rows' own ids of nodes."""
    return [row_key(node["id"]) for node in nodes]


def row_key(global_id: str) -> str:
    """The row's own id in a global one."""
    decoded = ids.decode(global_id)
    assert decoded is not None
    return str(decoded[1])


def node_id(type_name: str, row: dict[str, Any]) -> str:
    """The global id of a row of the fleet."""
    return ids.encode(type_name, UUID(row["id"]))

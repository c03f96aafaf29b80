"""What is asked: the nested dashboard, a viewer with ten subscriptions, a page of servers searched and filtered.

And what is told: check-ins of many servers, one after the other.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tests.bench.data import Caller

DASHBOARD = """
query Dashboard($products: [ID!]) { viewer { login account { number subscriptions(productIds: $products) {
  product { name } licenseCount usedLicenseCount licenses { type { name } quantity used available }
  activationKeys(first: 50) { totalCount nodes { key note used limit
    servers(first: 20) { totalCount nodes { hostname ip state group { name }
      installedProducts { lastCheckIn product { name } } } } } } } } } }
"""

VIEWER = """
query Viewer { viewer { login credential account { number state registeredAt subscriptions {
  id product { code name family } licenseCount usedLicenseCount productQuota billingCycle renewsAt } } } }
"""

SEARCH = """
query Search($filter: ServerFilter, $orderBy: ServerOrder) { viewer { account {
  servers(first: 50, filter: $filter, orderBy: $orderBy) { totalCount pageInfo { hasNextPage hasPreviousPage }
    nodes { id hostname ip state registeredAt lastCheckIn group { name } } } } } }
"""

CHECK_IN = """
mutation CheckIn($input: CheckInInput!) { checkIn(input: $input) {
  licensed checkInEverySeconds userErrors { code message field } } }
"""


@dataclass(frozen=True)
class Operation:
    """One question as a client sends it. Its letter stands for it in tables and files."""

    letter: str
    name: str
    document: str
    variables: dict[str, Any]
    token: str | None = None
    others: tuple[dict[str, Any], ...] = ()
    """The variables of further requests, which take turns with the first: one row alone would wait for itself."""

    @property
    def body(self) -> bytes:
        """The first request's body."""
        return self._body(self.variables)

    @property
    def bodies(self) -> list[bytes]:
        """Every request's body, each in one line."""
        return [self.body, *map(self._body, self.others)]

    def _body(self, variables: dict[str, Any]) -> bytes:
        document = " ".join(self.document.split())
        return json.dumps({"query": document, "operationName": self.name, "variables": variables}).encode()

    @property
    def headers(self) -> dict[str, str]:
        """The request's headers."""
        authorization = {} if self.token is None else {"Authorization": f"Bearer {self.token}"}
        return {"Content-Type": "application/json", **authorization}


def dashboard(caller: Caller, letter: str = "D") -> Operation:
    """The dashboard of the caller's main products."""
    return Operation(letter, "Dashboard", DASHBOARD, {"products": caller.products}, caller.token)


def operations(caller: Caller) -> tuple[Operation, ...]:
    """The three questions that all contenders are measured by."""
    search = {
        "filter": {"productIds": caller.products, "search": "web"},
        "orderBy": {"field": "LAST_CHECK_IN", "direction": "DESC"},
    }
    return (
        dashboard(caller),
        Operation("L", "Viewer", VIEWER, {}, caller.token),
        Operation("S", "Search", SEARCH, search, caller.token),
    )


def check_ins(tokens: Sequence[str]) -> Operation:
    """Check-ins of these servers, in turn."""
    first, *others = ({"input": {"serverToken": token}} for token in tokens)
    return Operation("C", "CheckIn", CHECK_IN, first, others=tuple(others))

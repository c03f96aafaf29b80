"""What is asked: the nested dashboard, a viewer with ten subscriptions, a page of servers searched and filtered."""

import json
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


@dataclass(frozen=True)
class Operation:
    """One question as a client sends it. Its letter stands for it in tables and files."""

    letter: str
    name: str
    document: str
    variables: dict[str, Any]
    token: str

    @property
    def body(self) -> bytes:
        """The request's body."""
        document = " ".join(self.document.split())
        return json.dumps({"query": document, "operationName": self.name, "variables": self.variables}).encode()

    @property
    def headers(self) -> dict[str, str]:
        """The request's headers."""
        return {"Content-Type": "application/json", "Authorization": f"Bearer {self.token}"}


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

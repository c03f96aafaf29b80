"""The nested dashboard: as many statements for one server as for a thousand, and five at the most."""

from pathlib import Path
from typing import Any

import pytest

from tests.counts.conftest import Meter

ROOT = Path(__file__).parents[2]
EXAMPLE = (ROOT / "frontend/src/examples/dashboard.graphql").read_text()

NESTED = """{
  viewer { account { number subscriptions {
    product { name }
    licenses { quantity used available }
    activationKeys(first: 50) { nodes {
      key note used limit
      servers(first: 20) { nodes {
        hostname ip state lastCheckIn
        group { name }
        installedProducts { product { name } version lastCheckIn }
      } }
    } }
  } } }
}"""


def servers_in(data: dict[str, Any]) -> int:
    subscriptions = data["viewer"]["account"]["subscriptions"]
    keys = [key for subscription in subscriptions for key in subscription["activationKeys"]["nodes"]]
    return sum(len(key["servers"]["nodes"]) for key in keys)


def counted_right(data: dict[str, Any]) -> bool:
    return all(
        held[count] == sum(pool[part] for pool in held["licenses"])
        for held in data["viewer"]["account"]["subscriptions"]
        for count, part in (("licenseCount", "quantity"), ("usedLicenseCount", "used"))
    )


async def test_licenses_are_counted_in_the_subscriptions_own_statement(meter: Meter) -> None:
    asked = "{ viewer { account { subscriptions { licenses { quantity used } %s } } } }"
    assert counted_right(await meter.ask(asked % "licenseCount usedLicenseCount", login="large"))
    with_counts = meter.statements.texts.copy()
    await meter.ask(asked % "", login="large")
    assert len(with_counts) == len(meter.statements) == 2
    assert any("sum(" in text for text in with_counts)
    assert not any("sum(" in text for text in meter.statements.texts)


@pytest.mark.parametrize(("document", "cost"), [(NESTED, 5), (EXAMPLE, 5)], ids=["nested", "example"])
async def test_the_dashboard_costs_the_same_for_one_server_and_for_a_thousand(
    meter: Meter, document: str, cost: int
) -> None:
    for login, servers in (("small", 1), ("large", 1_000), ("small", 1), ("large", 1_000)):
        assert servers_in(await meter.ask(document, login=login)) == servers
        assert len(meter.statements) == cost, "\n\n".join(meter.statements.texts)

"""Orders and deletions as clients send them, and what is there afterwards."""

from datetime import datetime
from typing import Any
from uuid import UUID

import httpx
import pytest

from gateway.portal import Portal
from models.db import Database
from models.queries import auditing_ledger
from resolvers.context import RequestContext
from schema.ids import encode
from tests import factories
from tests.fleet.tenants import rows

ORDER = """mutation ($input: OrderLicensesInput!) { orderLicenses(input: $input) {
  license { id quantity used type { code } } productSubscription { id billingCycle renewsAt licenseCount }
  invoice { number type payPeriod subtotal { amount } tax { amount } total { amount currency } balance { amount }
            lines { description quantity unitPrice { amount } amount { amount } } }
  quote { room tierFrom unitPrice { amount currency } total { amount } }
  userErrors { code field message } } }"""
DELETE = """mutation ($input: DeleteLicensesInput!) { deleteLicenses(input: $input) {
  license { id quantity used } deletedLicenseId productSubscription { id licenseCount }
  quote { room tierFrom unitPrice { amount currency } total { amount } } userErrors { code field message } } }"""
KERNELCARE, UBUNTU, UBUNTU_SLA = "kernelcare", "ubuntu-18.04", "ubuntu-18.04-sla"


async def ordered(db: Database, code: str, quantity: int, **more: Any) -> dict[str, Any]:
    """The input that orders so many licenses of a type."""
    kind = await factories.license_type(db, code)
    ids = {"productId": encode("Product", kind.product_id), "licenseTypeId": encode("LicenseType", kind.id)}
    return {**ids, "quantity": quantity, **more}


async def pools(db: Database, account_id: UUID) -> dict[str, tuple[int, int]]:
    """What an account holds: the quantity and the use of each license type."""
    found = await rows(
        db,
        "SELECT t.code, l.quantity, l.used FROM licenses l JOIN license_types t ON t.id = l.license_type_id"
        " WHERE l.account_id = $1",
        account_id,
    )
    return {row["code"]: (row["quantity"], row["used"]) for row in found}


async def hold_true(db: Database) -> None:
    """The ledger adds up, documents are numbered without gaps, and no pool or key gives more than it has."""
    async with db.read() as reader:
        assert (await auditing_ledger.verify(reader)).broken == ()
    gaps = """
        SELECT a.number FROM accounts a LEFT JOIN invoices i ON i.account_id = a.id GROUP BY a.id
        HAVING count(i.id) <> a.invoice_sequence OR max(i.sequence) <> count(i.id)
            OR bool_or(i.number <> a.number || '-' || i.sequence)
    """
    assert await rows(db, gaps) == []
    miscounted = """
        SELECT l.id FROM licenses l LEFT JOIN registrations r
            ON r.account_id = l.account_id AND r.license_type_id = l.license_type_id
        GROUP BY l.id HAVING count(r.id) <> l.used OR l.used > l.quantity
    """
    assert await rows(db, miscounted) == []
    pool = "SELECT FROM licenses WHERE product_subscription_id = s.id"
    assert await rows(db, f"SELECT s.id FROM product_subscriptions s WHERE NOT EXISTS ({pool})") == []


def at(monkeypatch: pytest.MonkeyPatch, moment: datetime) -> None:
    """Have every request think that it is this moment."""
    made = Portal.context

    def context(*given: Any) -> RequestContext:
        about = made(*given)
        about.clock = lambda: moment
        return about

    monkeypatch.setattr(Portal, "context", context)


async def sent(client: httpx.AsyncClient, token: str, document: str, given: dict[str, Any], key: str) -> httpx.Response:
    """The answer to a mutation that is sent with an idempotency key."""
    keyed = document.replace("(input: $input) {", f'(input: $input) @idempotent(key: "{key}") {{')
    headers = {"Authorization": f"Bearer {token}"}
    return await client.post("/graphql", json={"query": keyed, "variables": {"input": given}}, headers=headers)

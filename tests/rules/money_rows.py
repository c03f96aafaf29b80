"""The fleet's invoices, payments and requests: several of one day, of one amount, with and without a period."""

from typing import Any
from uuid import NAMESPACE_URL, uuid5

from tests.rules.rows import Maker

PERIODS = ("2026-09-01", "2026-10-01", "2026-11-01")
TOPICS = ("LICENSE_QUANTITY", "PRODUCT_QUOTA", "BILLING_CYCLE", "OTHER")


def add_invoices(maker: Maker, account: dict[str, Any], zone: str, how_many: int) -> None:
    """Issue invoices and receipts; those that bill have a line for a license type."""
    types = list(maker.catalogue.values())
    for sequence in range(1, how_many + 1):
        billed = maker.chance.random() < 0.6
        total = maker.one_of((100, 2_000, 2_000, 19_999)) * (1 if billed else maker.one_of((1, -1)))
        invoice = maker.add(
            "invoices",
            account_id=account["id"],
            sequence=sequence,
            number=f"{account['number']}-{sequence}",
            created_at=maker.instant(zone),
            type="INVOICE" if billed else "PAYMENT_RECEIVED",
            pay_period=maker.one_of(PERIODS) if billed else None,
            subtotal_minor=total,
            tax_minor=0,
            total_minor=total,
            balance_minor=maker.one_of((-500, 0, 123_456)),
            currency="USD",
            billed_name="Company",
        )
        if billed:
            kind = maker.one_of(types)
            maker.add(
                "invoice_lines",
                account_id=account["id"],
                invoice_id=invoice["id"],
                position=1,
                description="Licenses",
                product_id=str(kind["product_id"]),
                license_type_id=str(kind["id"]),
                quantity=3,
                unit_price_minor=100,
                amount_minor=300,
                server_ids=_servers_behind(maker, account, str(kind["id"])),
            )


def _servers_behind(maker: Maker, account: dict[str, Any], license_type: str) -> list[str]:
    """Servers that are registered, every other of them; one that is so no longer, and one that is there no longer."""
    rows = [row for row in maker.rows.get("registrations", []) if row["account_id"] == account["id"]]
    registered = sorted({row["server_id"] for row in rows if row["license_type_id"] == license_type})
    others = sorted({row["server_id"] for row in rows} - set(registered))
    return [*registered[::2], *(others[:1] if registered else []), str(uuid5(NAMESPACE_URL, license_type))]


def add_payments(maker: Maker, account: dict[str, Any], how_many: int) -> None:
    """Record charges, several at one moment."""
    for _ in range(how_many):
        maker.add(
            "payments",
            account_id=account["id"],
            status="SUCCEEDED",
            amount_minor=2_000,
            currency="USD",
            cause="TOP_UP",
            created_at=maker.instant("UTC"),
        )


def add_requests(maker: Maker, account: dict[str, Any], how_many: int) -> None:
    """Ask Sales, several times at one moment."""
    for _ in range(how_many):
        maker.add(
            "sales_requests",
            account_id=account["id"],
            product_id=str(maker.one_of(maker.catalogue.values())["product_id"]),
            topic=maker.one_of(TOPICS),
            message="A question",
            state="OPEN",
            created_at=maker.instant("UTC"),
        )

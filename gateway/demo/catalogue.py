"""What the demo's accounts can hold: the installation's own catalogue, with the prices it has."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from uuid import UUID

from models.bulk import Bulk
from models.pricing import Tier, tier_of


@dataclass(frozen=True, slots=True, eq=False)
class Offer:
    """A license type with its product and its tiers by billing cycle and currency."""

    id: UUID
    code: str
    name: str
    product_id: UUID
    product_number: int
    key_prefix: str | None
    key_length: int
    tiers: Mapping[tuple[str, str], list[Tier]] = field(repr=False)

    def unit_minor(self, cycle: str, currency: str, quantity: int) -> int:
        """Tell the price of each unit where so many are held."""
        tier = tier_of(self.tiers[cycle, currency], quantity)
        if tier is None:
            raise ValueError(f"{self.code} is not sold {quantity} at a time")
        return tier.unit_price_minor


Catalogue = Mapping[str, Offer]

OFFERS = """
    SELECT t.id, t.code, t.name, t.product_id, p.number AS product_number,
           coalesce(t.key_prefix, p.key_prefix) AS key_prefix, p.key_length
    FROM license_types t JOIN products p ON p.id = t.product_id
"""


async def read_catalogue(bulk: Bulk) -> Catalogue:
    """Read what is sold, by the license types' codes."""
    tiers: dict[UUID, dict[tuple[str, str], list[Tier]]] = {}
    for row in await bulk.fetch("SELECT license_type_id, cycle, currency, from_quantity, unit_price_minor FROM prices"):
        by_cycle = tiers.setdefault(row["license_type_id"], {})
        tier = Tier(row["from_quantity"], row["unit_price_minor"])
        by_cycle.setdefault((row["cycle"], row["currency"]), []).append(tier)
    return {
        row["code"]: Offer(
            id=row["id"],
            code=row["code"],
            name=row["name"],
            product_id=row["product_id"],
            product_number=row["product_number"],
            key_prefix=row["key_prefix"],
            key_length=row["key_length"],
            tiers=tiers[row["id"]],
        )
        for row in await bulk.fetch(OFFERS)
    }


async def read_tax_rates(bulk: Bulk) -> Mapping[str, Decimal]:
    """Read what tax is charged in which country."""
    return {row["country"]: row["rate"] for row in await bulk.fetch("SELECT country, rate FROM tax_rates")}

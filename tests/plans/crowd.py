"""An account of many servers, and everything about it that filters can name."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from auth.actors import Actor, CredentialKind
from gateway.portal import Portal
from models.db import Database, Reader
from models.queries.pages import Filters, Keyset, Order, Pages, Slice
from models.queries.parents import Parent
from models.roles import RoleName
from resolvers.context import RequestContext
from tests.conftest import settings_for

WIDEST = "SELECT account_id AS id FROM servers GROUP BY account_id ORDER BY count(*) DESC LIMIT 1"
PRODUCTS = "SELECT product_id AS id FROM product_subscriptions WHERE account_id = $1 ORDER BY created_at, id"
FAMILIES = "SELECT DISTINCT family AS id FROM products WHERE $1::uuid IS NOT NULL ORDER BY 1"
GROUPS = "SELECT id FROM server_groups WHERE account_id = $1 ORDER BY number"
KEYS = "SELECT id, key FROM activation_keys WHERE account_id = $1 ORDER BY used DESC, number"
TYPES = "SELECT license_type_id AS id FROM licenses WHERE account_id = $1 ORDER BY created_at, id"
SUBSCRIPTIONS = """
    SELECT s.id FROM product_subscriptions s WHERE s.account_id = $1
    ORDER BY (SELECT count(*) FROM registrations r
              WHERE r.account_id = s.account_id AND r.product_id = s.product_id) DESC, s.id
"""
HOSTS = "SELECT hostname, host(ip) AS ip FROM servers WHERE account_id = $1 ORDER BY id LIMIT 500"
NOTES = """
    SELECT DISTINCT note AS id FROM activation_keys WHERE account_id = $1 AND note IS NOT NULL ORDER BY note LIMIT 500
"""
NUMBERS = "SELECT number AS id FROM invoices WHERE account_id = $1 ORDER BY sequence"


@dataclass(frozen=True)
class Crowd:
    """The account. Keys and subscriptions come with the most used first."""

    db: Database
    id: UUID
    products: Sequence[UUID]
    families: Sequence[str]
    groups: Sequence[UUID]
    subscriptions: Sequence[UUID]
    types: Sequence[UUID]
    keys: Sequence[UUID]
    key_texts: Sequence[str]
    hosts: Sequence[tuple[str, str]]
    notes: Sequence[str]
    numbers: Sequence[str]

    @classmethod
    async def of(cls, db: Database) -> "Crowd":
        """Look around in the account that has the most servers."""
        async with db.read() as reader:
            (widest,) = await reader.fetch(WIDEST)

            async def all_of(text: str, *columns: str) -> list[Any]:
                rows = await reader.fetch(text, widest["id"])
                return [row[columns[0]] if len(columns) == 1 else tuple(row[name] for name in columns) for row in rows]

            keys = await all_of(KEYS, "id", "key")
            return cls(
                db=db,
                id=widest["id"],
                products=await all_of(PRODUCTS, "id"),
                families=await all_of(FAMILIES, "id"),
                groups=await all_of(GROUPS, "id"),
                subscriptions=await all_of(SUBSCRIPTIONS, "id"),
                types=await all_of(TYPES, "id"),
                keys=[key for key, _ in keys],
                key_texts=[text for _, text in keys],
                hosts=await all_of(HOSTS, "hostname", "ip"),
                notes=await all_of(NOTES, "id"),
                numbers=await all_of(NUMBERS, "id"),
            )

    def context(self, role: RoleName = RoleName.MASTER) -> RequestContext:
        """A request of somebody of the account."""
        actor = Actor(self.id, role, CredentialKind.API_KEY, self.id)
        portal = Portal.over(settings_for("postgresql:///unused"), self.db)
        return RequestContext(
            db=self.db,
            actor=actor,
            authority=portal.authority,
            sealer=portal.sealer,
            request_id="plans",
            public_url="http://portal.test",
        )

    async def place(
        self,
        reader: Reader,
        query: Pages,
        parent: UUID,
        order: Order,
        share: float,
        values: Mapping[str, Any] | None = None,
    ) -> Keyset:
        """The place of the row that this share of a list, without filters, comes before or is."""
        parents, values = [Parent(self.id, parent)], values or self.context().values
        (length,) = await query.count(reader, parents, Filters(), values)
        wanted = Slice(max(int(length * share), 1), order)
        (page,) = await query.fetch(reader, parents, wanted, Filters(), values, ("id",))
        return Keyset(page.rows[-1]["sort_value"], page.rows[-1]["id"])

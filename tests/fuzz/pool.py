"""What generated operations may name: ids, cursors and words of real rows, the caller's own and strangers'."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from models.db import Database, Reader
from models.queries.costs import BILLED_FROM, BILLED_UNTIL
from models.queries.pages import Filters, Keyset, Order, Pages, Slice
from models.queries.parents import Parent
from models.queries.reports import PERIOD_FROM, ROWS_OF
from resolvers.context import RequestContext
from schema import cursors, ids
from schema.kinds import KIND
from schema.paging import Paged, purpose_of
from tests.rules.schema_walk import connections

OF_EACH = 4

_LONG_AGO, _LATE = (datetime(year, 1, 1, tzinfo=UTC) for year in (2000, 2100))
REPORTED = {PERIOD_FROM: _LONG_AGO, BILLED_FROM: _LONG_AGO, BILLED_UNTIL: _LATE}
"""The days of a report that leaves nothing out."""

CATALOGUE = {"Product": "products", "LicenseType": "license_types"}
OWNED = {
    "Session": "sessions",
    "ProductSubscription": "product_subscriptions",
    "License": "licenses",
    "ActivationKey": "activation_keys",
    "Server": "servers",
    "InstalledProduct": "registrations",
    "ServerGroup": "server_groups",
    "PaymentMethod": "payment_methods",
    "Payment": "payments",
    "Invoice": "invoices",
    "Sublogin": "logins",
    "ApiKey": "api_keys",
    "ReportConfig": "report_configs",
    "SalesRequest": "sales_requests",
    "InvoiceLine": "(SELECT * FROM invoice_lines WHERE server_ids <> '{}') AS lines",
    "AuditEvent": "audit_events",
}


@dataclass(frozen=True)
class Pool:
    """Ids by type, cursors by list and order, words to search for."""

    ids: Mapping[str, Sequence[str]]
    cursors: Mapping[tuple[str, str], Sequence[str]]
    words: Sequence[str]


async def gather(context: RequestContext, viewers: Sequence[UUID]) -> Pool:
    """Read a pool for the account of the context's caller. `viewers` are the keys of the callers themselves."""
    assert context.actor is not None
    own = context.actor.account_id
    async with context.db.read() as reader:
        keys = await _keys(reader, own)
        found = {
            name: [ids.encode(name, key) for key in of_type] for name, of_type in keys.items() if name in ids.TYPE_TAGS
        }
        found["Viewer"] = [ids.encode("Viewer", key) for key in viewers]
        words = await _words(reader, own)
    return Pool(found, await _cursors(context, keys), words)


async def _keys(reader: Reader, own: UUID) -> dict[str, list[UUID]]:
    accounts = [row["id"] for row in await reader.fetch("SELECT id FROM accounts WHERE id <> $1 ORDER BY id", own)]
    customers = await reader.fetch("SELECT id FROM accounts WHERE reseller_id = $1 ORDER BY id", own)
    found = {
        "Account": [own] * 3 + accounts[:2],
        "Customer": [row["id"] for row in customers][:OF_EACH] + accounts[-1:],
    }
    for name, table in CATALOGUE.items():
        rows = await reader.fetch(f"SELECT id FROM {table} ORDER BY position, id LIMIT {OF_EACH}")
        found[name] = [row["id"] for row in rows]
    for name, table in OWNED.items():
        mine = await reader.fetch(f"SELECT id FROM {table} WHERE account_id = $1 ORDER BY id LIMIT {OF_EACH}", own)
        others = await reader.fetch(f"SELECT id FROM {table} WHERE account_id <> $1 ORDER BY id LIMIT 2", own)
        found[name] = [row["id"] for row in (*mine, *others)]
    return found


async def _words(reader: Reader, own: UUID) -> list[str]:
    """Names and keys that are there, in whole and in part, and text that means something to a pattern."""
    statement = (
        "SELECT (SELECT hostname FROM servers WHERE account_id = $1 ORDER BY id LIMIT 1) AS hostname,"
        " (SELECT host(ip) FROM servers WHERE account_id = $1 ORDER BY id LIMIT 1) AS ip,"
        " (SELECT key FROM activation_keys WHERE account_id = $1 ORDER BY id LIMIT 1) AS key,"
        " (SELECT number FROM invoices WHERE account_id = $1 ORDER BY id LIMIT 1) AS number,"
        " (SELECT company_name FROM accounts WHERE reseller_id = $1 ORDER BY id LIMIT 1) AS company"
    )
    [row] = await reader.fetch(statement, own)
    whole: list[str] = [row[name] for name in ("hostname", "ip", "key", "number", "company")]
    return [*whole, *(word[1:6].upper() for word in whole), "example", "", " ", "%", "_", "\\", "'", "é☂"]


async def _cursors(context: RequestContext, keys: Mapping[str, Sequence[UUID]]) -> dict[tuple[str, str], list[str]]:
    """Some places of every list under every order, as the lists themselves give them out."""
    found: dict[tuple[str, str], list[str]] = {}
    for coordinate, field in connections().items():
        paged: Paged = field.extensions["strawberry-definition"].metadata[KIND]
        parents = _parents(coordinate.partition(".")[0], keys, context)
        for name in paged.query.orders:
            if (paged.query.name, name) not in found:
                rows = await _rows(context, paged.query, Order(name), parents)
                found[paged.query.name, name] = _sealed(context, paged.query, name, rows)
    for query in ROWS_OF.values():
        rows = await _rows(context, query, query.default, _parents("Account", keys, context)[:1], REPORTED)
        found[query.name, query.default.name] = _sealed(context, query, query.default.name, rows)
    return found


def _sealed(context: RequestContext, query: Pages, order: str, rows: Sequence[Any]) -> list[str]:
    places = [Keyset(row["sort_value"], row["id"]) for row in rows]
    purpose = purpose_of(query, Order(order))
    return [context.sealer.seal(purpose, cursors.pack(one)) for one in places]


def _parents(type_name: str, keys: Mapping[str, Sequence[UUID]], context: RequestContext) -> list[Parent]:
    assert context.actor is not None
    own = context.actor.account_id
    if type_name in {"Account", "Customer", "Billing"}:
        return [Parent(own, own), *(Parent(key, key) for key in keys["Customer"])]
    return [Parent(own, key) for key in keys.get(type_name, ())]


async def _rows(
    context: RequestContext,
    query: Pages,
    order: Order,
    parents: Sequence[Parent],
    values: Mapping[str, Any] | None = None,
) -> list[Any]:
    async with context.db.read() as reader:
        pages = await query.fetch(reader, parents, Slice(3, order), Filters((), values or {}), context.values)
    return [row for page in pages for row in page.rows][: OF_EACH * 2]


async def execute(db: Database, statement: str, *arguments: Any) -> None:
    """Run one statement that makes what the pool needs."""
    async with db.read() as reader:
        await reader.fetch(statement, *arguments)

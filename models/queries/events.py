"""The log of what happened in an account: rows are added in the transaction of what they tell about.

Readers go by the order of transactions, which the database writes down itself; what an event names may be gone by the
time that it is read.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from models.enums import EventKind


@dataclass(frozen=True, slots=True)
class Happening:
    """Something that happened, and what it happened to. `payload` holds what a reader could not look up later."""

    kind: EventKind
    server_id: UUID | None = None
    activation_key_id: UUID | None = None
    product_subscription_id: UUID | None = None
    invoice_id: UUID | None = None
    payload: dict[str, Any] = field(default_factory=dict)


NOTHING = "CAST('{}' AS jsonb)"


def written(happenings: str) -> str:
    """SQL that adds the rows of happenings, which are a query of a happening's columns in the log's order."""
    return f"""
    INSERT INTO events (account_id, at, kind, server_id, activation_key_id,
                        product_subscription_id, invoice_id, payload)
    SELECT account_id, CAST(:at AS timestamptz), kind, server_id, activation_key_id,
           product_subscription_id, invoice_id, payload
    FROM ({happenings}) AS happening
    """


def of_servers(source: str, kind: EventKind, payload: str = NOTHING) -> str:
    """What happened to servers, as a query for `written`: to each row of `source`, in the order of their ids."""
    return f"""
    SELECT account_id, '{kind.name}' AS kind, id AS server_id, CAST(NULL AS uuid) AS activation_key_id,
           CAST(NULL AS uuid) AS product_subscription_id, CAST(NULL AS uuid) AS invoice_id, {payload} AS payload
    FROM {source} ORDER BY id
    """


RECORD = text(
    written(
        """
        SELECT * FROM jsonb_to_recordset(CAST(:happenings AS jsonb)) AS happening (
            account_id uuid, kind text, server_id uuid, activation_key_id uuid, product_subscription_id uuid,
            invoice_id uuid, payload jsonb
        )
        """
    )
)


async def record(session: AsyncSession, account_id: UUID, at: datetime, happenings: Sequence[Happening]) -> None:
    """Add a row for each: one statement, or none where nothing happened."""
    await record_all(session, at, [(account_id, happening) for happening in happenings])


async def record_all(session: AsyncSession, at: datetime, happenings: Sequence[tuple[UUID, Happening]]) -> None:
    """Add a row for each, in the account that it happened in: one statement, however many and in however many."""
    if not happenings:
        return
    rows = [{"account_id": account_id, **asdict(happening)} for account_id, happening in happenings]
    values = {"at": at, "happenings": json.dumps(rows, default=_plain)}
    await (await session.connection()).execute(RECORD, values)


def _plain(value: Any) -> str:
    """What JSON has no form for: kinds by their names, ids as text."""
    return value.name if isinstance(value, EventKind) else str(value)

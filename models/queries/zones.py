"""The time zones of accounts: a date in a filter is a day there."""

from collections.abc import Sequence
from uuid import UUID

from models.db import Reader


async def time_zones(reader: Reader, accounts: Sequence[UUID]) -> dict[UUID, str]:
    """Each account's IANA time zone."""
    rows = await reader.fetch("SELECT id, time_zone FROM accounts WHERE id = ANY($1::uuid[])", list(accounts))
    return {row["id"]: row["time_zone"] for row in rows}

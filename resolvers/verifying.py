"""Whether the books add up, for the operator's command and the nightly look at them."""

from models.db import Database
from models.queries import auditing_ledger
from models.queries.auditing_ledger import Verified


async def verified(db: Database) -> Verified:
    """Read the whole ledger over."""
    async with db.read() as reader:
        return await auditing_ledger.verify(reader)

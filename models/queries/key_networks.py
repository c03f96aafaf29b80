"""From how many networks a key is used: noted with each registration that changes something, under the key's row."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

NOTE = text(
    """
    WITH noted AS (
        INSERT INTO activation_key_networks (activation_key_id, network, first_seen_at)
        VALUES (:key_id,
                network(set_masklen(CAST(:ip AS inet), CASE family(CAST(:ip AS inet)) WHEN 4 THEN 24 ELSE 48 END)),
                :at)
        ON CONFLICT DO NOTHING
        RETURNING 1
    )
    SELECT count(*) + (SELECT count(*) FROM noted) FROM activation_key_networks
    WHERE activation_key_id = :key_id AND first_seen_at > :since AND EXISTS (SELECT FROM noted)
    """
)


async def note(session: AsyncSession, key_id: UUID, ip: str, at: datetime, since: datetime) -> int:
    """Note the network of an address for a key that is held.

    Where it is a new one, how many new ones there are since then, this among them; 0 for one that was known.
    """
    connection = await session.connection()
    values = {"key_id": key_id, "ip": ip, "at": at, "since": since}
    found: int = (await connection.execute(NOTE, values)).scalar_one()
    return found

"""Everything that a mutation of access or settings could change, to hold that a refused one changed nothing."""

from models.db import Database

TABLES = (
    "accounts",
    "api_keys",
    "api_secret_keys",
    "audit_events",
    "invitations",
    "logins",
    "sessions",
    "jobs.pgqueuer",
)


async def everything(db: Database) -> dict[str, list[str]]:
    """All rows of these tables, as text."""
    found = {}
    async with db.read() as reader:
        for table in TABLES:
            rows = await reader.fetch(f"SELECT t::text AS row FROM {table} t")
            found[table] = sorted(row["row"] for row in rows)
    return found

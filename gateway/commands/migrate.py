"""`gateway migrate`: the database at our version."""

import asyncio
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from gateway.database import Ground
    from gateway.settings import Settings


def migrate() -> None:
    """Bring the database to this gateway's version; safe to run again, and beside a running gateway."""
    from gateway.database import database
    from gateway.settings import load_settings

    with database(load_settings(), join=True) as ground:
        typer.echo(asyncio.run(_migrate(ground.settings)))


async def _migrate(settings: "Settings") -> str:
    from models.migrations import current, upgrade

    before = await current(settings.dsn)
    await upgrade(settings.dsn)
    after = await current(settings.dsn)
    return f"The database is at version {after}" + (
        " already." if before == after else f"; it was {f'at {before}' if before else 'empty'}."
    )


async def require_current(ground: "Ground") -> None:
    """Migrate an embedded database, which is ours alone; of another one only say what is to be done."""
    from gateway.settings import SettingsError
    from models.migrations import pending, upgrade

    if ground.embedded:
        await upgrade(ground.settings.dsn)
    elif await pending(ground.settings.dsn):
        raise SettingsError("DATABASE_URL: this database is not at our version; run `gateway migrate`.")

"""What the operators' commands share: a database, the gateway's secrets, and failures as sentences."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

if TYPE_CHECKING:
    from auth.authority import Authority
    from gateway.database import Ground
    from models.db import Database

Number = Annotated[str, typer.Argument(help="The account's number, such as 100001.")]
Email = Annotated[str, typer.Argument(help="The login's e-mail address.")]

Result = TypeVar("Result")
Story = Callable[["Database", "Authority", datetime], Awaitable[Result]]


def operate(story: Story[Result]) -> Result:
    """Do something to the database of this environment; what cannot be done is a sentence and status 1."""
    from gateway.database import database
    from gateway.settings import load_settings
    from models.errors import UserFault

    with database(load_settings(), join=True) as ground:
        try:
            return asyncio.run(_told(ground, story))
        except UserFault as fault:
            typer.echo(fault.message, err=True)
            raise typer.Exit(1) from None


async def _told(ground: "Ground", story: Story[Result]) -> Result:
    from auth.authority import Authority
    from auth.credentials import Lifetimes
    from gateway.commands.migrate import require_current
    from models.db import Database

    await require_current(ground)
    settings = ground.settings
    authority = Authority(settings.secret, Lifetimes(timedelta(), timedelta()), previous=settings.previous_secret)
    db = await Database.connect(settings.dsn)
    try:
        return await story(db, authority, datetime.now(UTC))
    finally:
        authority.close()
        await db.close()

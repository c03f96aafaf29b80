"""What the operators' commands share: a database, the gateway's secrets, and failures as sentences."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

if TYPE_CHECKING:
    from auth.authority import Authority
    from gateway.database import Ground
    from models.db import Database
    from resolvers.ports import PaymentProvider

Number = Annotated[str, typer.Argument(help="The account's number, such as 100001.")]
Email = Annotated[str, typer.Argument(help="The login's e-mail address.")]

Result = TypeVar("Result")
Story = Callable[["Database", "Authority", datetime], Awaitable[Result]]
PayingStory = Callable[["Database", "PaymentProvider", datetime], Awaitable[Result]]


def operate(story: Story[Result]) -> Result:
    """Do something to the database of this environment; what cannot be done is a sentence and status 1."""
    from gateway.database import database
    from gateway.settings import load_settings

    with database(load_settings(), join=True) as ground:
        return _run(_told(ground, story))


def operate_paying(story: PayingStory[Result]) -> Result:
    """Do something with the payment provider of this environment: in the demo, what stands in for one there."""
    from gateway.database import database
    from gateway.payments.standin.beside import standing_in
    from gateway.settings import load_settings

    with database(load_settings(), join=True) as base, standing_in(base) as ground:
        return _run(_paid(ground, story))


def _run(work: Coroutine[object, object, Result]) -> Result:
    from models.errors import UserFault

    try:
        return asyncio.run(work)
    except UserFault as fault:
        typer.echo(fault.message, err=True)
        raise typer.Exit(1) from None


async def _paid(ground: "Ground", story: PayingStory[Result]) -> Result:
    from gateway.payments.provider import paying

    async with paying(ground.settings) as payments:
        return await _told(ground, lambda db, _authority, now: story(db, payments, now))


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

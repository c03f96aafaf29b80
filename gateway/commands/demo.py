"""`gateway demo`: data to try the gateway with, in the embedded database or, when told so, in a named one."""

import asyncio
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

if TYPE_CHECKING:
    from gateway.database import Ground
    from gateway.settings import Settings
    from gateway.welcome import DemoState


def demo(
    accounts: Annotated[int, typer.Option(min=1, help="How many accounts in all.")] = 1_000,
    servers: Annotated[int, typer.Option(min=1, help="How many servers in all.")] = 200_000,
    yes: Annotated[bool, typer.Option("--yes", help="Also into the database that DATABASE_URL names.")] = False,
) -> None:
    """Load demo data: published logins, invented accounts. Into a named database only with --yes."""
    from gateway.database import database
    from gateway.demo import DemoExistsError
    from gateway.settings import load_settings

    settings = load_settings()
    if not settings.embedded and not yes:
        typer.echo("DATABASE_URL names this database: say --yes to load demo logins with a known password.", err=True)
        raise typer.Exit(1)
    with database(settings, join=True) as ground:
        try:
            asyncio.run(_load_checked(ground, Console(), accounts, servers))
        except DemoExistsError as error:
            typer.echo(str(error), err=True)
            raise typer.Exit(1) from None


async def _load_checked(ground: "Ground", console: Console, accounts: int, servers: int) -> None:
    from gateway.commands.migrate import require_current

    await require_current(ground)
    await _load(ground.settings, console, accounts, servers)


async def _load(settings: "Settings", console: Console, accounts: int, servers: int) -> None:
    """Load with a progress bar."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    from gateway.demo import load

    columns = (TextColumn("Demo data"), BarColumn(), MofNCompleteColumn(), TextColumn("servers"), TimeElapsedColumn())
    with Progress(*columns, console=console) as bar:
        task = bar.add_task("", total=servers)
        await load(
            settings.dsn,
            password=settings.demo_password.get_secret_value(),
            accounts=accounts,
            servers=servers,
            progress=lambda done, total: bar.update(task, completed=done, total=total),
        )


async def fill(settings: "Settings", console: Console) -> None:
    """Load the demo that the settings ask for, into a database without accounts."""
    from gateway.demo import LARGE_ACCOUNTS, LARGE_SERVERS, SMALL_ACCOUNTS, SMALL_SERVERS
    from models.db import Database
    from models.queries.accounts import any_account

    db = await Database.connect(settings.dsn)
    try:
        async with db.read() as reader:
            empty = not await any_account(reader)
    finally:
        await db.close()
    if empty:
        large = settings.demo == "large"
        size = (LARGE_ACCOUNTS, LARGE_SERVERS) if large else (SMALL_ACCOUNTS, SMALL_SERVERS)
        await _load(settings, console, *size)


async def demo_state(settings: "Settings") -> "DemoState":
    """Whether the demo's logins are there, and whether their password is the one of these settings."""
    from auth.passwords import PasswordHasher
    from gateway.welcome import MASTER, DemoState
    from models.db import Database
    from models.queries.logins import by_email

    db = await Database.connect(settings.dsn)
    try:
        async with db.read() as reader:
            master = await by_email(reader, MASTER)
    finally:
        await db.close()
    if master is None:
        return DemoState.ABSENT
    hasher = PasswordHasher(threads=1)
    try:
        same = await hasher.verify(master.password_hash, settings.demo_password.get_secret_value())
    finally:
        hasher.close()
    return DemoState.PRESENT if same else DemoState.OTHER_PASSWORD

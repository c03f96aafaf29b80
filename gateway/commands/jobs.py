"""`gateway jobs`: what waits, what failed, and another try for what failed."""

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from gateway.database import Ground
    from models.jobs import JobRow


def jobs(
    failed: Annotated[bool, typer.Option("--failed", help="Only those that failed for good.")] = False,
    retry: Annotated[int | None, typer.Option(help="Try a failed one again, by its number.", metavar="ID")] = None,
) -> None:
    """Show the jobs that wait or have failed, or try a failed one again."""
    from gateway.database import database
    from gateway.settings import load_settings

    with database(load_settings(), join=True) as ground:
        if retry is not None:
            _say_retried(retry, done=asyncio.run(_retry(ground, retry)))
        else:
            _show(asyncio.run(_listed(ground, failed=failed)))


def _say_retried(number: int, *, done: bool) -> None:
    if not done:
        typer.echo(f"There is no failed job {number}.", err=True)
        raise typer.Exit(1)
    typer.echo(f"Job {number} will be tried again.")


def _show(rows: "Sequence[JobRow]") -> None:
    """A line for each job; what it is about stays in it."""
    from rich.console import Console
    from rich.table import Table

    if not rows:
        typer.echo("There are no such jobs.")
        return
    table = Table("Job", "Kind", "State", "Tries", "Since", "Next try", "Last error", box=None)
    for row in rows:
        following = f"{row.execute_after:%Y-%m-%d %H:%M:%S}" if row.state == "queued" else ""
        since = f"{row.created:%Y-%m-%d %H:%M:%S}"
        table.add_row(str(row.id), row.kind, row.state, str(row.attempts), since, following, row.error or "")
    Console().print(table)


async def _listed(ground: "Ground", *, failed: bool) -> "Sequence[JobRow]":
    from gateway.commands.migrate import require_current
    from models.db import Database
    from models.jobs import listed

    await require_current(ground)
    db = await Database.connect(ground.settings.dsn)
    try:
        async with db.read() as reader:
            return await listed(reader, failed=failed)
    finally:
        await db.close()


async def _retry(ground: "Ground", number: int) -> bool:
    from gateway.commands.migrate import require_current
    from models.db import Database
    from models.jobs import retry

    await require_current(ground)
    db = await Database.connect(ground.settings.dsn)
    try:
        async with db.write() as session:
            return await retry(session, number)
    finally:
        await db.close()

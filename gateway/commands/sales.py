"""`gateway sales`: what accounts ask of Sales, and how far each request is."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from gateway.database import Ground
    from models.enums import SalesRequestState
    from models.queries.sales import RequestRow

REQUEST = "ID"


def sales(
    every: Annotated[bool, typer.Option("--all", help="Answered and closed requests too.")] = False,
    answer: Annotated[str | None, typer.Option(help="Note that a request is answered.", metavar=REQUEST)] = None,
    close: Annotated[str | None, typer.Option(help="Note that a request is closed.", metavar=REQUEST)] = None,
    reopen: Annotated[str | None, typer.Option(help="Note that a request is open again.", metavar=REQUEST)] = None,
) -> None:
    """Show what accounts ask of Sales, or note that a request is answered, closed or open again."""
    from gateway.database import database
    from gateway.settings import load_settings
    from models.enums import SalesRequestState as State

    wanted = [(answer, State.ANSWERED), (close, State.CLOSED), (reopen, State.OPEN)]
    chosen = [(request, state) for request, state in wanted if request is not None]
    if len(chosen) > 1:
        raise typer.BadParameter("say one of --answer, --close and --reopen")
    with database(load_settings(), join=True) as ground:
        if not chosen:
            _show(asyncio.run(_listed(ground, list(State) if every else [State.OPEN])))
            return
        request, state = chosen[0]
        if not asyncio.run(_note(ground, request, state)):
            typer.echo(f"There is no request {request}.", err=True)
            raise typer.Exit(1)
        typer.echo(f"The request is {state.name.lower()}.")


def _show(rows: "Sequence[RequestRow]") -> None:
    """A paragraph for each request: a table would cut what was written."""
    from schema.ids import encode

    if not rows:
        typer.echo("There are no such requests.")
    for row in rows:
        about = f"{row.topic}, {row.product}" if row.product else row.topic
        typer.echo(f"{encode('SalesRequest', row.id)}  {row.created_at:%Y-%m-%d %H:%M}  {row.state}")
        typer.echo(f"  {row.account} {_plain(row.company)}: {about}")
        for line in row.message.splitlines():
            typer.echo(f"  > {_plain(line)}")


def _plain(text: str) -> str:
    """Text without what a terminal would obey."""
    return "".join(character for character in text if character.isprintable())


async def _listed(ground: "Ground", states: "Sequence[SalesRequestState]") -> "Sequence[RequestRow]":
    from gateway.commands.migrate import require_current
    from models.db import Database
    from models.queries.sales import listed

    await require_current(ground)
    db = await Database.connect(ground.settings.dsn)
    try:
        async with db.read() as reader:
            return await listed(reader, states)
    finally:
        await db.close()


async def _note(ground: "Ground", request: str, state: "SalesRequestState") -> bool:
    """Change a request's state, and tell it in the account's log; False where there is no such request."""
    from gateway.commands.migrate import require_current
    from models.audit import Action, Change, Target
    from models.db import Database
    from models.entities import SALES_REQUEST
    from models.queries import audit
    from models.queries.audit import Origin
    from models.queries.sales import lock
    from schema.ids import key_or_none_such

    await require_current(ground)
    db = await Database.connect(ground.settings.dsn)
    try:
        async with db.write() as session:
            found = await lock(session, key_or_none_such("SalesRequest", request))
            if found is None:
                return False
            if found.state is not state:
                changes = [Change("state", found.state, state)]
                found.state = state
                await session.flush()
                operator = Origin(found.account_id, "operator", datetime.now(UTC), ip=None)
                target = Target(SALES_REQUEST, found.id)
                await audit.record(session, operator, Action.SALES_REQUEST_UPDATED, target, changes)
            return True
    finally:
        await db.close()

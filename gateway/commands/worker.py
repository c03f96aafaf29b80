"""`gateway worker`: does jobs, beside gateways that do none or as one of several."""

import asyncio
import signal
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from gateway.database import Ground
    from gateway.worker import Worker

LOOK_SECONDS = 1.0


def worker() -> None:
    """Do jobs (mails, periodic work) until a stop signal; any number of workers may run, on any machine."""
    from gateway.database import database
    from gateway.logs import configure_logging
    from gateway.payments.standin.beside import standing_in
    from gateway.settings import load_settings
    from gateway.stopping import stopping_cleanly

    settings = load_settings()
    configure_logging(settings)
    with stopping_cleanly(), database(settings, join=True) as base, standing_in(base) as ground:
        asyncio.run(_work(ground))
    typer.echo("Stopped.")


async def _work(ground: "Ground") -> None:
    """Work over a database at our version, for as long as it is there where it is one that we started."""
    from gateway.collecting import spare_what_lasts
    from gateway.commands.migrate import require_current
    from gateway.payments.provider import paying
    from gateway.portal import Portal
    from gateway.postgres import PostgresError
    from models.db import Database

    await require_current(ground)
    db = await Database.connect(ground.settings.dsn)
    try:
        async with paying(ground.settings) as payments:
            portal = Portal.over(ground.settings, db, payments)
            one = portal.worker()
            _stop_on_signals(one)
            task = asyncio.create_task(one.run())
            spare_what_lasts()
            typer.echo("Working. Stop with Ctrl-C.")
            try:
                while not (await asyncio.wait([task], timeout=LOOK_SECONDS))[0]:
                    if ground.postgres is not None and ground.postgres.pid is None:
                        raise PostgresError("PostgreSQL has ended, and so do we.")
                await task
            finally:
                portal.authority.close()
    finally:
        await db.close()


def _stop_on_signals(one: "Worker") -> None:
    """From here on a stop signal lets running jobs finish. What it says reaches the loop as a callback of its own."""
    from gateway.stopping import STOP_SIGNALS

    loop = asyncio.get_running_loop()
    for number in STOP_SIGNALS:
        signal.signal(number, lambda *_: loop.call_soon_threadsafe(one.stop))

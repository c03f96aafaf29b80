"""`gateway serve`: from nothing to a gateway that answers."""

import asyncio
from typing import TYPE_CHECKING

from rich.console import Console

if TYPE_CHECKING:
    from gateway.database import Ground
    from gateway.welcome import DemoState


def serve() -> None:
    """Start the database where it is embedded, migrate it, fill it with the demo where it is empty, and serve."""
    from gateway.database import database
    from gateway.logs import configure_logging
    from gateway.payments.standin.beside import standing_in
    from gateway.serving import listen
    from gateway.settings import load_settings
    from gateway.stopping import stopping_cleanly

    settings = load_settings()
    configure_logging(settings)
    console = Console()
    with stopping_cleanly(), listen(settings) as listener, database(settings) as base, standing_in(base) as ground:
        demo = asyncio.run(_prepare(ground, console))

        from gateway.app import create_app
        from gateway.pages import STATIC
        from gateway.serving import run_server
        from gateway.welcome import say_ready

        def ready() -> None:
            page = (STATIC / "graphiql" / "index.html").is_file()
            say_ready(console, ground.settings, demo=demo, page=page)

        app = create_app(ground.settings, worker=ground.settings.run_worker)
        run_server(app, ground.settings, listener, ground.postgres, ready)
    console.print("Stopped.")


async def _prepare(ground: "Ground", console: Console) -> "DemoState":
    """Bring the database to where it can be served from; return whether the demo's data is in it."""
    from gateway.commands.demo import demo_state, fill
    from gateway.commands.migrate import require_current
    from gateway.payments.standin.beside import is_stood_in
    from gateway.welcome import DemoState

    await require_current(ground)
    if not ground.embedded:
        return DemoState.ABSENT
    if ground.settings.demo != "off":
        await fill(ground.settings, console)
    if is_stood_in(ground.settings):
        from gateway.payments.standin.demo_cards import give_cards

        await give_cards(ground.settings)
    return await demo_state(ground.settings)

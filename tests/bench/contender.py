"""One contender as a process: `python -m tests.bench.contender NAME` serves until it is told to stop.

All run under the gateway's own server with its own options; settings come from the environment, as the gateway's do.
"""

import sys

from starlette.types import ASGIApp

from gateway.app import create_app, limits_of
from gateway.logs import configure_logging
from gateway.serving import listen, run_server
from gateway.settings import Settings, load_settings
from schema.execution import StockExecutor
from schema.serving import engine_for
from tests.bench import by_hand, by_json
from tests.bench.bare import BareApp


def application(name: str, settings: Settings) -> ASGIApp:
    """The application that a contender is."""
    if name == "ours":
        return create_app(settings)
    if name == "stock":
        engine = engine_for(limits_of(settings), settings.request_seconds)
        engine.executor = StockExecutor(engine.schema)
        return create_app(settings, engine=engine)
    answers = {"hand_written": by_hand.ANSWERS, "json_agg": by_json.ANSWERS}
    return BareApp(settings, answers[name], by_hand.TO_AGENTS)


def main(name: str) -> None:
    """Serve, with the log on standard error."""
    settings = load_settings()
    configure_logging(settings)
    with listen(settings) as listener:
        run_server(application(name, settings), settings, listener, None, lambda: None)


if __name__ == "__main__":
    main(sys.argv[1])

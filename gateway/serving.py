"""Run the application under uvicorn, for as long as its database lives."""

import signal
import socket
from collections.abc import Callable

import uvicorn
from starlette.types import ASGIApp

from gateway.collecting import spare_what_lasts
from gateway.postgres import EmbeddedPostgres, PostgresError
from gateway.settings import Settings, SettingsError

GRACE_SECONDS = 10


class PortalServer(uvicorn.Server):
    """uvicorn's server that tells when it is ready and stops by itself when its PostgreSQL has ended."""

    def __init__(self, config: uvicorn.Config, postgres: EmbeddedPostgres | None, on_ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._postgres = postgres
        self._on_ready = on_ready

    @property
    def database_lost(self) -> bool:
        """Whether the PostgreSQL we started is gone."""
        return self._postgres is not None and self._postgres.pid is None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, then say so."""
        await super().startup(sockets)
        if self.started:
            spare_what_lasts()
            self._on_ready()

    async def on_tick(self, counter: int) -> bool:
        """Look after the database ten times a second, as uvicorn looks after itself."""
        return self.database_lost or await super().on_tick(counter)


def listen(settings: Settings) -> socket.socket:
    """Take the port before anything else is started, so that a taken one is a sentence and not half a start.

    Whoever calls before we are ready waits for the answer.
    """
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    listener = socket.socket(family)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((settings.host, settings.port))
        listener.listen()
    except OSError as error:
        listener.close()
        raise SettingsError(
            f"HOST, PORT: {settings.host}:{settings.port} cannot be used ({error.strerror})."
        ) from error
    return listener


def run_server(
    app: ASGIApp,
    settings: Settings,
    listener: socket.socket,
    postgres: EmbeddedPostgres | None,
    on_ready: Callable[[], None],
) -> None:
    """Serve until a stop signal; raise PostgresError where the embedded database ends before us."""
    config = uvicorn.Config(
        app,
        loop="uvloop",
        http="httptools",
        log_config=None,
        log_level=settings.log_level,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        timeout_graceful_shutdown=GRACE_SECONDS,
    )
    server = PortalServer(config, postgres, on_ready)
    signal.signal(signal.SIGHUP, server.handle_exit)  # uvicorn takes the other stop signals itself
    server.run(sockets=[listener])
    if server.database_lost:
        raise PostgresError(f"PostgreSQL has ended, and so do we; see {settings.data_dir / 'postgres.log'}.")

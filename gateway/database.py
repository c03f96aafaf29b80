"""Which database a command works on: the one that DATABASE_URL names, or the embedded one, started for the command."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from pydantic import SecretStr

from gateway.postgres import ClusterBusyError, EmbeddedPostgres
from gateway.secret import embedded_secret
from gateway.settings import Settings, SettingsError
from models.migrations import current


@dataclass(frozen=True)
class Ground:
    """A database that answers: settings that name it, whether it is the embedded one, its server if we started it."""

    settings: Settings
    embedded: bool
    postgres: EmbeddedPostgres | None = None


@contextmanager
def database(settings: Settings, *, join: bool = False) -> Iterator[Ground]:
    """Give a database for as long as the block runs.

    `join` is for commands beside a running gateway: they use its PostgreSQL instead of being refused.
    """
    if not settings.embedded:
        asyncio.run(_reach(settings))
        yield Ground(settings, embedded=False)
        return
    server = EmbeddedPostgres(settings.data_dir)
    try:
        server.start()
    except ClusterBusyError:
        if not join or not server.answers():
            raise
        yield Ground(_completed(settings, server), embedded=True)
        return
    try:
        yield Ground(_completed(settings, server), embedded=True, postgres=server)
    finally:
        server.stop()


async def _reach(settings: Settings) -> None:
    """Ask the named database for its version, so that one that cannot be used is a sentence about the setting."""
    try:
        await current(settings.dsn)
    except Exception as error:
        raise SettingsError(f"DATABASE_URL: this database cannot be used ({type(error).__name__}).") from error


def _completed(settings: Settings, server: EmbeddedPostgres) -> Settings:
    """The settings with what an embedded run makes for itself: the database's address and the secret."""
    secret = settings.secret_key or embedded_secret(settings.data_dir)
    return settings.model_copy(update={"database_url": SecretStr(server.dsn()), "secret_key": secret})

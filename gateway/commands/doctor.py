"""`gateway doctor`: what must be true of an installation, a line each."""

import asyncio
import importlib.util
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from gateway.postgres import PostgresError
from gateway.settings import Settings, SettingsError, load_settings

if TYPE_CHECKING:
    from gateway.database import Ground

PACKAGES = ("gateway", "schema", "resolvers", "auth", "models")


class FaultError(Exception):
    """What a check found wrong, and what to do about it."""


def doctor() -> None:
    """Check packages, page, settings and database, a line each; exits with 1 where one is wrong."""
    healthy = True
    for name, check in _checks():
        try:
            line = f"ok     {name}: {check()}"
        except (FaultError, SettingsError, PostgresError, OSError) as error:
            line, healthy = f"WRONG  {name}: {error}", False
        typer.echo(line)
    if not healthy:
        raise typer.Exit(1)


def _checks() -> Iterator[tuple[str, Callable[[], str]]]:
    """The checks in their order."""
    yield "packages", packages
    yield "page", page
    yield "settings", settings
    yield "database", database_state


def packages() -> str:
    """Each of our top-level names is ours: another distribution may provide one of the same name."""
    home = Path(__file__).parents[2]
    for name in PACKAGES:
        spec = importlib.util.find_spec(name)
        if spec is None or spec.origin is None or Path(spec.origin).parent != home / name:
            raise FaultError(f"{name} is not the one in {home}; uninstall the distribution that brings {spec}.")
    return f"{', '.join(PACKAGES)} come from {home}"


def page() -> str:
    """GraphiQL is built."""
    from gateway.pages import STATIC

    if not (STATIC / "graphiql" / "index.html").is_file():
        raise FaultError("GraphiQL is not built; run `make page`, which says what it needs.")
    return "GraphiQL is built"


def settings() -> str:
    """They can be read, each of them."""
    found = load_settings()
    return f"{len(Settings.model_fields)} are valid, {len(found.model_fields_set)} of them are set"


def database_state() -> str:
    """It can be reached and stands at our version."""
    from gateway.database import database

    with database(load_settings(), join=True) as ground:
        return asyncio.run(_version(ground))


async def _version(ground: "Ground") -> str:
    from models.migrations import current, head

    found = await current(ground.settings.dsn)
    if found != head():
        raise FaultError(f"it stands at version {found}, not {head()}; run `gateway migrate`.")
    return f"the {'embedded' if ground.embedded else 'named'} one answers and stands at version {found}"

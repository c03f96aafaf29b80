"""A small schema behind the real front door: what is tested with it holds for any schema.

No resolver of it reads a database, and no request of its tests carries a credential that would be looked up.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractContextManager, asynccontextmanager, nullcontext
from typing import Any, cast

import httpx
from graphql import GraphQLError, GraphQLField, GraphQLSchema, build_schema
from pydantic import SecretStr
from starlette.applications import Starlette

from gateway.app import create_app, limits_of
from gateway.settings import Settings
from models.db import Database
from models.errors import BadInput, Forbidden, Unauthenticated, UserFault
from models.notices import Hear
from schema.guards import GuardMap, Guards
from schema.operations import Engine

SDL = """
scalar Email
enum Colour { RED GREEN }
input Person { email: Email!, password: String, age: Int, tags: [String!], colour: Colour }
type Thing { id: ID, name: String, thing: Thing, broken: Thing, things(first: Int): [Thing!] }
interface Named { name: String }
type Query {
  hello(name: String): String
  count(to: Int!): Int
  ids(ids: [ID!]): [ID!]
  person(person: Person!): String
  thing: Thing
  things(first: Int): [Thing!]
  asks(what: String): String
  breaks: [Thing!]
  sleeps(seconds: Float!): String
  strict(size: Int! = 3): Int
  "private"
  account: Thing
}
type Mutation { touch: Int, touchSlowly: Int, signIn(password: String!): Int }
type Subscription { ticks: Int }
"""
touched: list[str] = []


def schema() -> GraphQLSchema:
    """The small schema, with its resolvers."""
    made = build_schema(SDL)
    made.type_map["Email"].coerce_input_value = _email  # type: ignore[attr-defined]
    resolvers: dict[tuple[str, str], Callable[..., Any]] = {
        ("Query", "hello"): lambda _, __, name=None: f"Hello {name or 'world'}",
        ("Query", "count"): lambda _, __, to: to,
        ("Query", "ids"): lambda _, __, ids=None: ids,
        ("Query", "person"): lambda _, __, person: person["email"],
        ("Query", "thing"): lambda *_: {"id": "1", "name": "thing"},
        ("Query", "things"): lambda *_, **__: [{"id": "1"}],
        ("Query", "asks"): _asks,
        ("Query", "breaks"): lambda *_: [{"id": "1"}, {"id": "2"}],
        ("Query", "sleeps"): _sleeps,
        ("Query", "strict"): lambda _, __, size: size,
        ("Query", "account"): lambda *_: {"id": "secret"},
        ("Thing", "broken"): _breaks,
        ("Mutation", "touch"): lambda *_: touched.append("touch"),
        ("Mutation", "touchSlowly"): _touch_slowly,
        ("Mutation", "signIn"): lambda *_, **__: touched.append("signIn"),
    }
    for (kind, field), resolver in resolvers.items():
        made.type_map[kind].fields[field].resolve = resolver  # type: ignore[attr-defined]
    return made


def _email(value: Any) -> str:
    if not isinstance(value, str) or "@" not in value:
        raise GraphQLError("expected an e-mail address like name@example.com")
    return value


def _asks(_: Any, __: Any, what: str = "") -> str:
    kinds = {
        "input": BadInput("first must be between 1 and 100.", "first"),
        "credential": Unauthenticated("Sign in first."),
        "permission": Forbidden("Not for you."),
        "user": UserFault("TAKEN", "The name is taken."),
        "defect": ZeroDivisionError("SELECT secret FROM logins"),
    }
    raise kinds[what]


def _breaks(*_: Any) -> None:
    raise ZeroDivisionError("SELECT secret FROM logins")


async def _sleeps(_: Any, __: Any, seconds: float) -> str:
    try:
        await asyncio.sleep(seconds)
    except asyncio.CancelledError:
        touched.append("stopped")
        raise
    return "rested"


async def _touch_slowly(*_: Any) -> None:
    await asyncio.sleep(0.05)
    touched.append("touchSlowly")


def _is_public(field: GraphQLField) -> bool:
    return field.description != "private"


def engine_of(settings: Settings) -> Engine:
    """An engine over the small schema."""
    made = schema()
    guards = Guards(GuardMap.read(made, lambda _: None, _is_public), lambda _: None)
    return Engine(made, guards, limits_of(settings), settings.request_seconds)


def settings_of(**changed: Any) -> Settings:
    """Settings as they are by default, but for what a test is about."""
    return Settings(
        database_url=SecretStr("postgresql://nobody@localhost/none"), secret_key=SecretStr("protocol" * 4), **changed
    )


class NoDatabase:
    """Stands for a database that is never asked."""

    def telling_own_changes(self, _hear: Hear) -> AbstractContextManager[None]:
        """Nothing changes."""
        return nullcontext()


def protocol_app(**changed: Any) -> Starlette:
    """The real application with the small schema in it."""
    settings = settings_of(**changed)
    return create_app(settings, cast(Database, NoDatabase()), engine_of(settings))


@asynccontextmanager
async def calling(app: Starlette, base_url: str = "http://gateway.test") -> AsyncIterator[httpx.AsyncClient]:
    """A client of a running application."""
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=base_url) as client,
    ):
        yield client

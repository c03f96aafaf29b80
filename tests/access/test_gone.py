"""Who or what is there no longer while it is asked about is refused, and nothing takes its place."""

from dataclasses import replace
from typing import Any
from uuid import uuid4

import httpx
import pytest
from sqlalchemy.exc import IntegrityError
from starlette.applications import Starlette

from auth.actors import Actor, CredentialKind
from gateway.portal import portal_of
from models.db import Database
from models.entities import SERVER
from models.errors import TooManyRows, Unauthenticated
from models.queries import logins
from models.queries.pages import Filters
from models.queries.parents import Parent
from models.queries.servers import SERVERS_OF_GROUP
from models.queries.ways import Alone
from models.roles import RoleName
from models.tables import Login
from models.usage import Counting, Usage
from resolvers.acting import acting
from resolvers.autopayment_preview import autopayment_preview
from resolvers.context import RequestContext
from resolvers.loaders import StoppedError
from resolvers.proving import own_login
from tests.access.people import Person, make_master
from tests.databases import StatementLog
from tests.fuzz.callers import context_of


@pytest.fixture
async def master(db: Database) -> Person:
    return await make_master(db)


@pytest.fixture
def context(app: Starlette, client: httpx.AsyncClient, db: Database, master: Person) -> RequestContext:
    """A request by the master's session."""
    actor = Actor(master.account_id, RoleName.MASTER, CredentialKind.SESSION, uuid4(), master.id, master.email)
    return context_of(db, actor, portal_of(app).authority)


def test_nobody_acts(context: RequestContext) -> None:
    with pytest.raises(Unauthenticated):
        acting(replace(context, actor=None))


@pytest.mark.parametrize("login_id", [uuid4(), None])
async def test_a_login_that_is_gone_proves_nothing(context: RequestContext, login_id: Any) -> None:
    actor = acting(context)
    assert (await own_login(context, actor)).email == actor.email
    with pytest.raises(Unauthenticated):
        await own_login(context, replace(actor, login_id=login_id))


async def test_an_account_that_is_gone_has_no_preview(context: RequestContext) -> None:
    account = acting(context).account_id
    assert await autopayment_preview(context, Parent(account, account)) is not None
    assert await autopayment_preview(context, Parent(uuid4(), uuid4())) is None


async def test_what_has_read_too_much_finds_no_more_rows(context: RequestContext) -> None:
    with Counting(Usage(row_limit=1, rows=2)), pytest.raises(TooManyRows):
        await context.loaders.many_by_id(SERVER, [uuid4(), uuid4()])


async def test_who_has_stopped_reading_begins_no_batch(context: RequestContext, statements: StatementLog) -> None:
    assert await context.loaders.many_by_id(SERVER, [uuid4()]) == [None]
    await context.stop_reading()
    before = list(statements.texts)
    with pytest.raises(StoppedError):
        await context.loaders.by_id(SERVER, uuid4())
    assert statements.texts == before


async def test_a_group_that_is_gone_has_no_servers(context: RequestContext) -> None:
    (way,) = SERVERS_OF_GROUP.ways
    assert isinstance(way, Alone)
    async with context.db.read() as reader:
        found = await way.narrowed(reader, Parent(acting(context).account_id, uuid4()), Filters())
    assert found.names == ("nothing",)


async def test_only_a_taken_address_is_expected(db: Database, master: Person) -> None:
    with pytest.raises(IntegrityError, match="ck_logins_email"):
        async with db.write() as session:
            await logins.rename(session, await session.get_one(Login, master.id), "no address")
    async with db.write() as session:
        assert (await session.get_one(Login, master.id)).email == master.email

"""What a mutation declares of `@idempotent`, and what of a payload is kept, tried on a small schema of its own."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import httpx
import pytest
import strawberry
from graphql import GraphQLObjectType, get_named_type
from sqlmodel import select

from auth.throttling import Guarded
from gateway.app import create_app
from models.audit import Action
from models.db import Database
from models.entities import ACCOUNT
from models.errors import Contended, UserFault
from models.queries import audit
from models.roles import RoleName
from models.tables import ApiKey
from resolvers import throttling
from resolvers.acting import origin
from resolvers.idempotency import decoded, encoded
from resolvers.viewer import viewer
from schema.build import assembled, build_schema, graphql_schema
from schema.execution import Executor, PlannedExecutor, StockExecutor
from schema.idempotency import NEEDED, SHOWS_SECRET, Idempotency, idempotency_of
from schema.kinds import Info, column, lookup
from schema.limits import Limits
from schema.mutations import Input, mutation
from schema.operations import Engine
from schema.scalars import DateTime
from schema.types.account import Account
from schema.types.core import UNSET
from schema.types.query import Query
from schema.types.user_errors import UserError, user_errors
from schema.types.viewer import Viewer
from tests.access.people import Person, make_api_key, make_master, make_secret_key, make_session
from tests.access.test_every_field import INPUTS
from tests.access.test_idempotency import errors_of
from tests.client import ask, post, sign_in
from tests.conftest import calling, settings_for

NOW = datetime(2026, 11, 24, 8, 30, 0, 123456, tzinfo=UTC)
SECRETS = {"secret", "recoveryCodes", "clientSecret", "token", "serverToken", "otpauthUri", "qrCodeSvg"}
"""Fields of payloads that are shown once."""
done: list[str] = []


@strawberry.input(description="How much.")
class SpendInput:
    """An amount, and whether it is only asked about."""

    what: str = strawberry.field(description="What for.")
    dry_run: bool = strawberry.field(default=False, description="Whether nothing is done.")
    note: str | None = strawberry.field(default=UNSET, description="A note.")


@strawberry.type(description="What was spent.")
class SpendPayload:
    """One of everything that payloads hold."""

    account: Account | None = lookup("Whose it was.", ACCOUNT, "account_id")
    viewer: Viewer | None = column("Who did it.")
    deleted_ids: list[strawberry.ID] = column("What is gone.")
    at: DateTime | None = column("When.")
    done: bool | None = column("Whether.")
    rest: int | None = column("How much is left.")
    user_errors: list[UserError] = user_errors("Why not.")


async def spending_story(info: Info, input_: Input[SpendInput]) -> dict[str, Any]:
    """Spend it."""
    done.append(input_.what)
    account_id = info.context.actor.account_id if info.context.actor else None
    return {
        "account_id": account_id,
        "viewer": viewer(info.context),
        "deleted_ids": ["a", "b"],
        "at": NOW,
        "done": False,
        "rest": 0,
    }


async def guessing_story(info: Info, input_: Input[SpendInput]) -> dict[str, Any]:
    """Count a try, note it in the log, and end as asked."""
    context = info.context
    done.append(input_.what)
    await throttling.attempt(context, Guarded.CODE, str(len(done)))
    async with context.db.write() as session:
        await audit.record(session, origin(context), Action.LOGIN_SIGNED_IN)
    match input_.what:
        case "break":
            raise RuntimeError("broken off")
        case "contended" if done.count("contended") == 1:
            raise Contended
        case "fault":
            raise UserFault("INVALID", "Not this.", ["what"])
        case "later":
            raise UserFault("THROTTLED", "Not yet.", retry_after_ms=5)
    return {"deleted_ids": [input_.what]}


@strawberry.type
class Mutation:
    """Two ways to spend, and one to guess."""

    spend: SpendPayload | None = mutation("Spend.", spending_story, SpendPayload, idempotency=NEEDED)
    spend_or_ask: SpendPayload | None = mutation(
        "Spend, or ask.", spending_story, SpendPayload, idempotency=Idempotency(needed=lambda given: not given.dry_run)
    )
    guess: SpendPayload | None = mutation("Guess.", guessing_story, SpendPayload)


@pytest.fixture
async def master(db: Database) -> Person:
    done.clear()
    return await make_master(db)


@pytest.fixture(params=[PlannedExecutor, StockExecutor])
async def small(request: pytest.FixtureRequest, dsn: str, db: Database) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the small schema under each executor."""
    schema = graphql_schema(assembled(Query, Mutation))
    executor: Executor = request.param(schema)
    engine = Engine(schema, schema.extensions["guards"], Limits(), executor=executor)
    async with calling(create_app(settings_for(dsn), db, engine)) as caller:
        yield caller


def spending(field: str = "spend", given: str = 'what: "a"', key: str | None = "one") -> str:
    """A document that spends."""
    directive = "" if key is None else f'@idempotent(key: "{key}")'
    shown = "account { number } viewer { login account { number } } deletedIds at done rest userErrors { code }"
    return f"mutation {{ {field}(input: {{ {given} }}) {directive} {{ {shown} }} }}"


async def test_all_that_payloads_hold_is_given_again(small: httpx.AsyncClient, db: Database, master: Person) -> None:
    token = (await make_session(db, master)).text
    first = (await ask(small, spending(), token=token))["spend"]
    assert first["at"] == "2026-11-24T08:30:00.123Z"
    assert first["deletedIds"] == ["a", "b"]
    assert (first["done"], first["rest"]) == (False, 0)
    assert (await ask(small, spending(), token=token))["spend"] == first
    assert done == ["a"]


async def test_the_caller_in_a_repetition_is_the_caller_as_it_is_by_then(
    small: httpx.AsyncClient, db: Database, master: Person
) -> None:
    key = await make_api_key(db, master.account_id, RoleName.BILLING)
    document = spending().replace("login account", "role { name } account")
    first = (await ask(small, document, token=key.text))["spend"]
    assert first["viewer"]["role"] == {"name": "BILLING"}
    async with db.write() as session:
        (await session.exec(select(ApiKey))).one().role = RoleName.READ_ONLY_BILLING
    again = (await ask(small, document, token=key.text))["spend"]
    assert again["viewer"]["role"] == {"name": "READ_ONLY_BILLING"}
    assert done == ["a"]


async def test_machines_must_send_a_key_where_that_is_declared(
    small: httpx.AsyncClient, db: Database, master: Person
) -> None:
    session = (await make_session(db, master)).text
    machines = [
        (await make_api_key(db, master.account_id, RoleName.FULL_ACCESS)).text,
        (await make_secret_key(db, master.account_id)).text,
    ]
    for machine in machines:
        for field in ("spend", "spendOrAsk"):
            answer = (await post(small, spending(field, key=None), token=machine)).json()
            assert answer["data"] == {field: None}
            (error,) = answer["errors"]
            assert (error["extensions"]["code"], error["extensions"]["argumentPath"]) == ("BAD_USER_INPUT", "key")
            assert error["path"] == [field]
    assert done == []
    for number, machine in enumerate(machines):
        await ask(small, spending("spendOrAsk", 'what: "ask", dryRun: true', key=None), token=machine)
        await ask(small, spending(given=f'what: "{number}"'), token=machine)
    await ask(small, spending(given='what: "person"', key=None), token=session)
    assert done == ["ask", "0", "ask", "1", "person"]


async def test_what_was_left_out_is_not_what_was_given_as_null(
    small: httpx.AsyncClient, db: Database, master: Person
) -> None:
    token = (await make_session(db, master)).text
    await ask(small, spending(), token=token)
    await ask(small, spending(given='what: "a", dryRun: false'), token=token)
    answer = await ask(small, spending(given='what: "a", note: null'), token=token)
    assert [error["code"] for error in answer["spend"]["userErrors"]] == ["CONFLICT"]
    assert done == ["a"]


async def counted(db: Database) -> tuple[int, int, int]:
    """How many tries are counted, lines are in the log, and answers are kept."""
    async with db.read() as reader:
        (row,) = await reader.fetch(
            "SELECT (SELECT count(DISTINCT key) FROM throttles) AS tries, (SELECT count(*) FROM audit_events) AS lines,"
            " (SELECT count(*) FROM idempotency_keys) AS answers"
        )
    return row["tries"], row["lines"], row["answers"]


async def test_a_story_that_breaks_off_takes_no_try_back(
    small: httpx.AsyncClient, db: Database, master: Person
) -> None:
    token = (await make_session(db, master)).text
    answer = (await post(small, spending("guess", 'what: "break"'), token=token)).json()
    assert [error["extensions"]["code"] for error in answer["errors"]] == ["INTERNAL"]
    tries, lines, answers = await counted(db)
    assert tries > 0
    assert (lines, answers) == (0, 0)


async def test_what_was_written_before_a_fault_stands_as_without_a_key(
    small: httpx.AsyncClient, db: Database, master: Person
) -> None:
    token = (await make_session(db, master)).text
    for key in (None, "one", "one"):
        answer = await ask(small, spending("guess", 'what: "fault"', key=key), token=token)
        assert [error["code"] for error in answer["guess"]["userErrors"]] == ["INVALID"]
    assert (await counted(db))[1:] == (2, 1)
    assert done == ["fault", "fault"]


async def test_an_answer_that_says_when_to_come_again_is_not_kept(
    small: httpx.AsyncClient, db: Database, master: Person
) -> None:
    token = (await make_session(db, master)).text
    for _ in range(2):
        answer = await ask(small, spending("guess", 'what: "later"'), token=token)
        assert [error["code"] for error in answer["guess"]["userErrors"]] == ["THROTTLED"]
    assert (await counted(db))[1:] == (2, 0)


async def test_a_story_that_others_were_quicker_than_begins_anew(
    small: httpx.AsyncClient, db: Database, master: Person
) -> None:
    token = (await make_session(db, master)).text
    answer = await ask(small, spending("guess", 'what: "contended"'), token=token)
    assert answer["guess"]["deletedIds"] == ["contended"]
    assert (await counted(db))[1:] == (1, 1)
    assert done == ["contended", "contended"]


async def test_many_at_once_leave_connections_for_what_is_written_apart(
    small: httpx.AsyncClient, db: Database, master: Person
) -> None:
    token = (await make_session(db, master)).text
    documents = [spending("guess", f'what: "{number}"', key=str(number)) for number in range(40)]
    async with asyncio.timeout(20):
        answers = await asyncio.gather(*(ask(small, document, token=token) for document in documents))
    assert [answer["guess"]["deletedIds"] for answer in answers] == [[str(number)] for number in range(40)]
    assert (await counted(db))[1:] == (40, 40)


@pytest.mark.parametrize(
    "value",
    [
        None,
        True,
        0,
        "text",
        UUID(int=5),
        NOW,
        [UUID(int=1), UUID(int=2)],
        [],
        {"room": 3, "at": NOW, "of": {"uuid": "not one of ours"}, "time": [None, False]},
        {"uuid": "text", "time": "text", "object": {}},
    ],
)
def test_a_value_is_restored_as_it_was(value: Any) -> None:
    assert decoded(json.loads(json.dumps(encoded(value)))) == value


def test_what_no_payload_holds_is_not_stored() -> None:
    for value in (object(), 1.5, {1, 2}, NOW.date()):
        with pytest.raises(TypeError, match="cannot be stored"):
            encoded(value)


def test_what_shows_a_secret_takes_no_key() -> None:
    """Every mutation of ours whose payload has such a field; the rest are public, or show none."""
    mutations = graphql_schema(build_schema()).mutation_type
    assert mutations is not None
    for name, field in mutations.fields.items():
        payload = get_named_type(field.type)
        assert isinstance(payload, GraphQLObjectType)
        if SECRETS & payload.fields.keys():
            assert idempotency_of(field).refused is not None, name
    assert idempotency_of(mutations.fields["createApiKey"]) is SHOWS_SECRET


SHOWN = "{ __typename userErrors { code message field retryAfterMs } }"


async def test_every_mutation_takes_a_key_or_says_why_not(demo_client: httpx.AsyncClient) -> None:
    """Sent twice with the same key, each that takes one answers alike and breaks nowhere."""
    mutations = graphql_schema(build_schema()).mutation_type
    assert mutations is not None
    inputs = {**INPUTS, "signIn": 'email: "nobody@example.com", password: "wrong"', "signOut": ""}
    for name, field in mutations.fields.items():
        token = await sign_in(demo_client, "master@demo.example.com")
        document = f'mutation {{ {name}(input: {{ {inputs[name]} }}) @idempotent(key: "once") {SHOWN} }}'
        answers = [await post(demo_client, document, token=token) for _ in range(2)]
        if idempotency_of(field).refused is not None:
            assert [errors_of(answer) for answer in answers] == [[("BAD_USER_INPUT", None)]] * 2, name
            continue
        assert "errors" not in answers[0].json(), (name, answers[0].text)
        assert answers[1].status_code == 401 if name == "signOut" else answers[1].json() == answers[0].json(), name

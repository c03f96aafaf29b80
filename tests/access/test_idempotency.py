"""`@idempotent`: what is sent twice is done once, by either executor, whatever becomes of the first answer."""

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from gateway.app import create_app
from gateway.settings import Settings
from models.db import Database
from models.roles import RoleName
from models.tables import Account, Login
from schema.build import build_schema, graphql_schema
from schema.execution import StockExecutor
from schema.limits import Limits
from schema.operations import Engine
from tests.access.people import Person, audit_of, make_api_key, make_login, make_master, make_secret_key, make_session
from tests.access.unchanged import everything
from tests.client import ask, post
from tests.conftest import SECRET, calling, settings_for
from tests.databases import StatementLog, execute
from tests.jobs.waiting import until

INVITE = """mutation ($input: CreateSubloginInput!, $key: String!) {
  createSublogin(input: $input) @idempotent(key: $key) {
    sublogin { id email state } account { sublogins { email } } userErrors { code message field retryAfterMs }
  } }"""
CHANGE = """mutation ($input: UpdateSubloginInput!, $key: String!) {
  updateSublogin(input: $input) @idempotent(key: $key) { sublogin { id role { name } } userErrors { code field } } }"""
DELETE = """mutation ($input: DeleteSubloginInput!, $key: String!) {
  deleteSublogin(input: $input) @idempotent(key: $key) { deletedId userErrors { code field } } }"""
NEW = {"email": "new@example.com", "role": "BILLING"}
CONFLICT = "CONFLICT"


@pytest.fixture
async def master(db: Database) -> Person:
    return await make_master(db)


@pytest.fixture
async def token(db: Database, master: Person) -> str:
    return (await make_session(db, master)).text


@pytest.fixture(params=["planned", "stock"])
async def either(request: pytest.FixtureRequest, dsn: str, db: Database) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the application under each executor."""
    engine = None
    if request.param == "stock":
        schema = graphql_schema(build_schema())
        engine = Engine(schema, schema.extensions["guards"], Limits(), executor=StockExecutor(schema))
    async with calling(create_app(settings_for(dsn), db, engine)) as caller:
        yield caller


async def send(client: httpx.AsyncClient, token: str, document: str, key: str, **given: Any) -> dict[str, Any]:
    """The payload of a mutation that is sent with a key."""
    (payload,) = (await ask(client, document, {"input": given, "key": key}, token=token)).values()
    found: dict[str, Any] = payload
    return found


def errors_of(answer: httpx.Response) -> list[tuple[str, str | None]]:
    """The codes of an answer's errors, and the arguments that they name."""
    found = answer.json().get("errors", [])
    return [(error["extensions"]["code"], error["extensions"].get("argumentPath")) for error in found]


async def stored(db: Database) -> int:
    """How many answers are kept."""
    async with db.read() as reader:
        return int((await reader.fetch("SELECT count(*) AS n FROM idempotency_keys"))[0]["n"])


async def test_what_is_sent_again_is_done_once(either: httpx.AsyncClient, db: Database, token: str) -> None:
    first = await send(either, token, INVITE, "one", **NEW)
    assert first["userErrors"] == []
    before = await everything(db)
    assert await send(either, token, INVITE, "one", **NEW) == first
    assert await everything(db) == before
    assert [row.action for row in await audit_of(db)] == ["sublogin.created"]
    other = await send(either, token, INVITE, "two", **NEW)
    assert [error["code"] for error in other["userErrors"]] == ["TAKEN"]


async def test_what_the_user_can_mend_is_answered_again_too(
    either: httpx.AsyncClient, db: Database, token: str
) -> None:
    refused = await send(either, token, INVITE, "one", **(NEW | {"role": "MASTER"}))
    assert [(error["code"], error["field"]) for error in refused["userErrors"]] == [("INVALID", ["role"])]
    assert await stored(db) == 1
    await send(either, token, INVITE, "two", **NEW)
    taken = await send(either, token, INVITE, "three", **NEW)
    assert [error["code"] for error in taken["userErrors"]] == ["TAKEN"]
    before = await everything(db)
    id_ = (await ask(either, "{ viewer { account { sublogins { id } } } }", token=token))["viewer"]["account"]
    await send(either, token, DELETE, "four", id=id_["sublogins"][0]["id"])
    assert await send(either, token, INVITE, "three", **NEW) == taken, "though the address is free by now"
    assert await everything(db) != before


async def test_another_input_under_the_same_key_is_a_conflict(
    either: httpx.AsyncClient, db: Database, token: str
) -> None:
    await send(either, token, INVITE, "one", **NEW)
    before = await everything(db)
    payload = await send(either, token, INVITE, "one", **(NEW | {"role": "FULL_ACCESS"}))
    (error,) = payload["userErrors"]
    assert (error["code"], error["field"], error["retryAfterMs"]) == (CONFLICT, None, None)
    assert payload["sublogin"] is None
    assert await everything(db) == before


async def test_what_means_the_same_is_the_same_input(client: httpx.AsyncClient, token: str) -> None:
    document = """mutation ($days: Int!) { updatePersonalInformation(input: %s) @idempotent(key: "one") {
      account { personalInformation { phone firstName } } userErrors { code } } }"""
    spelt = ('{ phone: "+49 30 123456", firstName: "Other" }', '{ firstName: "Other", phone: """+49 30 123456""" }')
    texts = [document.replace("($days: Int!) ", "") % given for given in spelt]
    first, again = [await ask(client, text, token=token) for text in texts]
    assert first == again
    assert first["updatePersonalInformation"]["userErrors"] == []
    variables = {"input": {"firstName": "Other", "phone": "+49 30 123456"}}
    head = "mutation ($input: UpdatePersonalInformationInput!)"
    text = texts[0].replace("mutation", head, 1).replace(spelt[0], "$input")
    assert await ask(client, text, variables, token=token) == first
    variables["input"]["phone"] = "+49 30 654321"
    answer = await ask(client, text, variables, token=token)
    assert [error["code"] for error in answer["updatePersonalInformation"]["userErrors"]] == [CONFLICT]


async def test_a_repetition_shows_what_is_true_by_now_and_what_its_caller_may_see(
    either: httpx.AsyncClient, db: Database, master: Person, token: str
) -> None:
    person = await make_login(db, master.account_id, RoleName.FULL_ACCESS)
    theirs = (await make_session(db, person)).text
    document = """mutation { updateCompanyInformation(input: { name: "Engines" }) @idempotent(key: "one") {
      account { companyInformation { name } billing { balance { currency } } } userErrors { code } } }"""
    first = (await ask(either, document, token=theirs))["updateCompanyInformation"]
    assert first["account"]["companyInformation"] == {"name": "Engines"}
    assert first["account"]["billing"] is not None
    await ask(either, document.replace("Engines", "Looms").replace("one", "two"), token=token)
    again = (await ask(either, document, token=theirs))["updateCompanyInformation"]
    assert again["account"]["companyInformation"] == {"name": "Looms"}
    async with db.write() as session:
        (await session.get_one(Login, person.id)).role = RoleName.READ_ONLY_BILLING
    answer = (await post(either, document, token=theirs)).json()
    assert answer["data"] == {"updateCompanyInformation": None}
    assert [error["extensions"]["code"] for error in answer["errors"]] == ["FORBIDDEN"]


async def test_a_key_belongs_to_one_caller_and_one_mutation(
    client: httpx.AsyncClient, db: Database, master: Person, token: str
) -> None:
    document = """mutation ($input: UpdatePersonalInformationInput!) {
      updatePersonalInformation(input: $input) @idempotent(key: "one") { userErrors { code } } }"""
    person = await make_login(db, master.account_id, RoleName.FULL_ACCESS)
    stranger = await make_master(db, "A-2", "x@example.com")
    callers = [
        token,
        (await make_session(db, person)).text,
        (await make_session(db, stranger)).text,
        (await make_api_key(db, master.account_id, RoleName.FULL_ACCESS)).text,
        (await make_secret_key(db, master.account_id)).text,
    ]
    for number, caller in enumerate(callers):
        given = {"input": {"firstName": f"Name {number}"}}
        answer = await ask(client, document, given, token=caller)
        assert answer["updatePersonalInformation"]["userErrors"] == [], "its own key"
    other = document.replace("PersonalInformation", "BillingContact").replace("updatePersonal", "updateBilling")
    answer = await ask(client, other, {"input": {"firstName": "Other"}}, token=token)
    assert answer["updateBillingContact"]["userErrors"] == []
    assert await stored(db) == len(callers) + 1
    again = (await make_session(db, master)).text
    answer = await ask(client, document, {"input": {"firstName": "Another"}}, token=again)
    codes = [error["code"] for error in answer["updatePersonalInformation"]["userErrors"]]
    assert codes == [CONFLICT], "another session of the same login"


async def test_a_day_later_the_key_is_new(client: httpx.AsyncClient, db: Database, dsn: str, token: str) -> None:
    await send(client, token, INVITE, "one", **NEW)
    async with db.read() as reader:
        (row,) = await reader.fetch("SELECT expires_at - created_at AS kept FROM idempotency_keys")
    assert row["kept"] == timedelta(hours=24)
    await execute(dsn, "UPDATE idempotency_keys SET expires_at = now() - interval '1 second'")
    payload = await send(client, token, INVITE, "one", **NEW)
    assert [error["code"] for error in payload["userErrors"]] == ["TAKEN"], "done anew, though not cleaned yet"
    assert await send(client, token, INVITE, "one", **NEW) == payload
    assert await stored(db) == 1


@pytest.mark.parametrize("parallel", [2, 12])
async def test_of_parallel_requests_one_is_done(
    client: httpx.AsyncClient, db: Database, token: str, parallel: int
) -> None:
    payloads = await asyncio.gather(*(send(client, token, INVITE, "one", **NEW) for _ in range(parallel)))
    done = [payload for payload in payloads if not payload["userErrors"]]
    running = [error for payload in payloads for error in payload["userErrors"]]
    assert done
    assert len({payload["sublogin"]["id"] for payload in done}) == 1
    assert {(error["code"], error["retryAfterMs"]) for error in running} <= {(CONFLICT, 1_000)}
    assert [row.action for row in await audit_of(db)] == ["sublogin.created"]
    assert await send(client, token, INVITE, "one", **NEW) == done[0]


async def test_while_the_first_runs_the_second_is_told_to_wait(
    client: httpx.AsyncClient, db: Database, master: Person, token: str
) -> None:
    async with db.write() as session:
        await session.get_one(Account, master.account_id, with_for_update=True)
        first = asyncio.ensure_future(send(client, token, INVITE, "one", **NEW))
        await _until_one_waits(db)
        second = await send(client, token, INVITE, "one", **NEW)
        assert [(error["code"], error["retryAfterMs"]) for error in second["userErrors"]] == [(CONFLICT, 1_000)]
        assert await stored(db) == 0
    done = await first
    assert done["userErrors"] == []
    assert await send(client, token, INVITE, "one", **NEW) == done


async def _until_one_waits(db: Database) -> None:
    """Return once a statement of this database waits for a row."""
    waiting = "SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"

    async def one_waits() -> bool:
        async with db.read() as reader:
            return bool(await reader.fetch(waiting))

    await until(one_waits, "a statement that waits for a row")


@pytest.mark.parametrize("key", ["", "x" * 256, "a\nb", "a\tb", "\u200b", "\u202eabc", "a\u2028"])
async def test_a_bad_key_is_refused(either: httpx.AsyncClient, db: Database, token: str, key: str) -> None:
    before = await everything(db)
    answer = await post(either, INVITE, {"input": NEW, "key": key}, token=token)
    assert answer.json()["data"] == {"createSublogin": None}
    assert errors_of(answer) == [("BAD_USER_INPUT", "key")]
    assert (await everything(db), await stored(db)) == (before, 0)


@pytest.mark.parametrize("key", ["x", "y" * 255, "Zażółć gęślą jaźń", "with blanks", "'\"\\%"])
async def test_a_printable_key_will_do(client: httpx.AsyncClient, token: str, key: str) -> None:
    first = await send(client, token, INVITE, key, **NEW)
    assert first["userErrors"] == []
    assert await send(client, token, INVITE, key, **NEW) == first


@pytest.mark.parametrize("literal", ["1", "null", '["x"]', "XY", "{ a: 1 }"])
async def test_a_key_of_another_type_is_refused(
    client: httpx.AsyncClient, db: Database, token: str, literal: str
) -> None:
    before = await everything(db)
    document = f"""mutation {{ updatePersonalInformation(input: {{ firstName: "A" }}) @idempotent(key: {literal}) {{
      userErrors {{ code }} }} }}"""
    answer = await post(client, document, token=token)
    assert errors_of(answer) == [("BAD_USER_INPUT", "key")]
    assert "data" not in answer.json()
    for given in (None, 5, ["x"]):
        answer = await post(client, INVITE, {"input": NEW, "key": given}, token=token)
        assert errors_of(answer) == [("BAD_USER_INPUT", "key")]
    null = INVITE.replace("$key: String!", '$key: String = "x"')
    answer = await post(client, null, {"input": NEW, "key": None}, token=token)
    assert errors_of(answer) == [("BAD_USER_INPUT", "key")]
    assert await everything(db) == before


async def test_one_field_with_two_keys_is_refused(either: httpx.AsyncClient, db: Database, token: str) -> None:
    field = 'updatePersonalInformation(input: { firstName: "A" }) @idempotent(key: "%s") { userErrors { code } }'
    before = await everything(db)
    answer = await post(either, f"mutation {{ {field % 'one'} {field % 'two'} }}", token=token)
    assert errors_of(answer) == [("BAD_USER_INPUT", "key")]
    assert await everything(db) == before
    plain = field.replace(' @idempotent(key: "%s")', "")
    for text in (
        f"{field % 'one'} {plain}",
        f"{plain} {field % 'one'}",
        f"...F }} fragment F on Mutation {{ {field % 'one'}",
    ):
        await ask(either, f"mutation {{ {text} }}", token=token)
    assert await stored(db) == 1
    assert len(await audit_of(db)) == 1


async def test_twice_in_one_request_is_once(either: httpx.AsyncClient, db: Database, token: str) -> None:
    field = """createSublogin(input: { email: "new@example.com", role: BILLING }) @idempotent(key: "one") {
      sublogin { id } userErrors { code } }"""
    answer = await ask(either, f"mutation {{ a: {field} b: {field} }}", token=token)
    assert answer["a"] == answer["b"]
    assert answer["a"]["userErrors"] == []
    assert len(await audit_of(db)) == 1


REFUSED = {
    "query": '{ viewer @idempotent(key: "x") { permissions } }',
    "nested": 'mutation { revokeApiKey(input: { id: "x" }) { account @idempotent(key: "x") { number } } }',
    "signIn": 'mutation { signIn(input: { email: "a@example.com", password: "x" }) @idempotent(key: "x") { token } }',
    "createApiKey": 'mutation { createApiKey(input: { name: "a", role: BILLING }) @idempotent(key: "x") { secret } }',
    "rotateApiSecretKey": 'mutation { rotateApiSecretKey(input: {}) @idempotent(key: "x") { secret } }',
}


@pytest.mark.parametrize("place", REFUSED)
async def test_where_no_key_is_taken_it_is_refused(
    either: httpx.AsyncClient, db: Database, token: str, place: str
) -> None:
    before = await everything(db)
    for document in (REFUSED[place], REFUSED[place].replace("@idem", "@skip(if: false) @idem")):
        answer = await post(either, document, token=token)
        assert errors_of(answer) == [("BAD_USER_INPUT", None)]
        assert "data" not in answer.json()
        assert "@idempotent" in answer.json()["errors"][0]["message"]
    assert await everything(db) == before


async def test_elsewhere_and_twice_it_is_no_valid_document(client: httpx.AsyncClient, token: str) -> None:
    for document in (
        'mutation @idempotent(key: "x") { signOut(input: {}) { userErrors { code } } }',
        'mutation { signOut(input: {}) @idempotent(key: "x") @idempotent(key: "x") { userErrors { code } } }',
        "mutation { signOut(input: {}) @idempotent { userErrors { code } } }",
    ):
        answer = await post(client, document, token=token)
        assert {code for code, _ in errors_of(answer)} == {"GRAPHQL_VALIDATION_FAILED"}


async def test_a_defect_keeps_nothing(
    either: httpx.AsyncClient, db: Database, token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: Any, **__: Any) -> None:
        raise RuntimeError("the log is broken")

    before = await everything(db)
    with monkeypatch.context() as patch:
        patch.setattr("resolvers.create_sublogin.audit.record", broken)
        answer = await post(either, INVITE, {"input": NEW, "key": "one"}, token=token)
    assert errors_of(answer) == [("INTERNAL", None)]
    assert (await everything(db), await stored(db)) == (before, 0)
    assert (await send(either, token, INVITE, "one", **NEW))["userErrors"] == []


async def test_no_stored_answer_no_change(client: httpx.AsyncClient, db: Database, dsn: str, token: str) -> None:
    await execute(dsn, "ALTER TABLE idempotency_keys ADD CONSTRAINT none CHECK (key = 'no other')")
    before = await everything(db)
    answer = await post(client, INVITE, {"input": NEW, "key": "one"}, token=token)
    assert errors_of(answer) == [("INTERNAL", None)]
    assert await everything(db) == before


async def test_no_input_can_be_guessed_from_what_is_kept(client: httpx.AsyncClient, db: Database, token: str) -> None:
    await send(client, token, INVITE, "one", **NEW)
    await send(client, token, INVITE, "two", **NEW)
    async with db.read() as reader:
        rows = await reader.fetch("SELECT t::text AS text, input_hash FROM idempotency_keys t")
    assert not any("new@example.com" in row["text"] for row in rows)
    assert len({row["input_hash"] for row in rows}) == 2, "the same input has another hash under another key"
    plain = hashlib.sha256(canonical_text(NEW).encode()).digest()
    assert all(row["input_hash"] != plain for row in rows)


async def test_a_repetition_is_known_while_the_secret_key_changes(
    client: httpx.AsyncClient, db: Database, dsn: str, token: str
) -> None:
    first = await send(client, token, INVITE, "one", **NEW)
    settings = Settings(
        database_url=SecretStr(dsn),
        secret_key=SecretStr("another secret of the tests, long enough"),
        secret_key_previous=SecretStr(SECRET),
    )
    async with calling(create_app(settings, db)) as changed:
        assert await send(changed, token, INVITE, "one", **NEW) == first
        other = await send(changed, token, INVITE, "one", **(NEW | {"role": "FULL_ACCESS"}))
        assert [error["code"] for error in other["userErrors"]] == [CONFLICT]


def canonical_text(given: dict[str, Any]) -> str:
    """An input as anybody could spell it."""
    return json.dumps(given, sort_keys=True, separators=(",", ":"))


async def test_a_key_costs_three_statements_and_a_repetition_two(
    client: httpx.AsyncClient, token: str, statements: StatementLog
) -> None:
    document = INVITE.replace("sublogin { id email state } account { sublogins { email } }", "")
    plain = document.replace(", $key: String!", "").replace(" @idempotent(key: $key)", "")
    statements.clear()
    await ask(client, plain, {"input": NEW | {"email": "a@example.com"}}, token=token)
    # the throttle's two, the held account, how it stands, the invitation, the letter, the log
    assert len(statements) == 7
    statements.clear()
    await send(client, token, document, "one", **NEW)
    # and the claim, the look for an answer, the answer
    assert len(statements) == 10
    statements.clear()
    await send(client, token, document, "one", **NEW)
    assert len(statements) == 2, "the claim, the answer"

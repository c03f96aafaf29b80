"""Sublogins over HTTP: invited, changed, switched off and deleted, by the master alone."""

import asyncio
import hashlib
from datetime import timedelta
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette

from gateway.app import create_app
from models.db import Database
from models.enums import LoginState
from models.kinds import InvitationState
from models.queries.sublogins import MOST_SUBLOGINS
from models.roles import SUBLOGIN_ROLES, RoleName
from models.tables import Invitation
from schema.ids import encode
from tests.access.people import (
    Person,
    audit_of,
    login_of,
    make_api_key,
    make_login,
    make_master,
    make_session,
    sessions_of,
    sign_in,
    utc,
)
from tests.access.unchanged import everything
from tests.client import ask, post
from tests.conftest import calling, settings_for
from tests.databases import StatementLog
from tests.hearing import is_out
from tests.jobs.waiting import until
from tests.mailbox import deliver, token_in

SUBLOGIN = "sublogin { id email role { name } state twoFactorEnabled lastSignInAt }"
CREATE = f"""mutation ($input: CreateSubloginInput!) {{ createSublogin(input: $input) {{
  {SUBLOGIN} account {{ sublogins {{ email }} }} userErrors {{ code field message }} }} }}"""
UPDATE = f"""mutation ($input: UpdateSubloginInput!) {{ updateSublogin(input: $input) {{
  {SUBLOGIN} userErrors {{ code field }} }} }}"""
DELETE = """mutation ($input: DeleteSubloginInput!) { deleteSublogin(input: $input) {
  deletedId account { sublogins { id } } userErrors { code field } } }"""
WHO = "{ viewer { role { name } permissions account { invoices { totalCount } } } }"
NOT_FOUND = [{"code": "NOT_FOUND", "field": ["id"]}]


async def tell(client: httpx.AsyncClient, token: str, document: str, **given: Any) -> dict[str, Any]:
    """The payload of a mutation."""
    data = await ask(client, document, {"input": given}, token=token)
    (payload,) = data.values()
    found: dict[str, Any] = payload
    return found


def id_of(person: Person) -> str:
    """A login's id as the master knows it."""
    return encode("Sublogin", person.id)


async def make_invitation(db: Database, master: Person, email: str = "new@example.com") -> str:
    """An open invitation; its id."""
    invitation = Invitation(
        account_id=master.account_id, email=email, role=RoleName.BILLING, expires_at=utc() + timedelta(days=7)
    )
    async with db.write() as session:
        session.add(invitation)
    return encode("Sublogin", invitation.id)


async def invitations(db: Database) -> list[Any]:
    """Every invitation, the oldest first."""
    async with db.read() as reader:
        return await reader.fetch("SELECT * FROM invitations ORDER BY created_at, id")


@pytest.fixture
async def master(db: Database) -> Person:
    return await make_master(db)


@pytest.fixture
async def token(db: Database, master: Person) -> str:
    return (await make_session(db, master)).text


async def test_a_colleague_is_invited_by_mail(
    client: httpx.AsyncClient, app: Starlette, db: Database, master: Person, token: str
) -> None:
    payload = await tell(client, token, CREATE, email="New@Example.com", role="SERVER_MANAGEMENT")
    assert payload["userErrors"] == []
    assert payload["account"] == {"sublogins": [{"email": "New@example.com"}]}
    assert payload["sublogin"] == {
        "id": payload["sublogin"]["id"],
        "email": "New@example.com",
        "role": {"name": "SERVER_MANAGEMENT"},
        "state": "INVITED",
        "twoFactorEnabled": False,
        "lastSignInAt": None,
    }
    (letter,) = await deliver(app)
    assert (letter.to, letter.template) == ("New@example.com", "invitation")
    assert master.email in letter.text
    assert "Server Management Only" in letter.text
    (row,) = await invitations(db)
    assert row["token_hash"] == hashlib.sha256(token_in(letter).encode()).digest()
    assert timedelta(hours=167) < row["expires_at"] - utc() <= timedelta(hours=168)
    (told,) = await audit_of(db)
    assert (told.action, told.target_type, told.target_id) == ("sublogin.created", "Sublogin", row["id"])
    assert (told.target_label, told.actor) == ("New@example.com", master.email)
    assert told.changes == {"email": [None, "New@example.com"], "role": [None, "SERVER_MANAGEMENT"]}
    assert token_in(letter) not in str(await everything(db))


async def test_a_taken_address_is_answered_alike_and_its_owner_is_told(
    client: httpx.AsyncClient, app: Starlette, db: Database, token: str, statements: StatementLog
) -> None:
    await make_master(db, "A-2", "Taken@example.com")
    answers, sent = [], []
    for email in ("free1@example.com", "TAKEN@example.com"):
        statements.clear()
        payload = await tell(client, token, CREATE, email=email, role="BILLING")
        sent.append(sorted(statements.texts))
        assert payload["sublogin"].pop("id")
        assert payload["sublogin"].pop("email") == email
        payload.pop("account")
        answers.append(payload)
    assert answers[0] == answers[1]
    assert answers[0]["userErrors"] == []
    assert sent[0] == sent[1]
    free, taken = await invitations(db)
    assert (free["token_hash"] is None, taken["token_hash"] is None) == (False, True)
    assert (free["state"], taken["state"]) == ("INVITED", "INVITED")
    letters = await deliver(app)
    assert [(letter.to, letter.template) for letter in letters] == [
        ("free1@example.com", "invitation"),
        ("TAKEN@example.com", "address_taken"),
    ]
    assert "#token=" not in letters[1].text + letters[1].html


@pytest.mark.parametrize(
    ("given", "wrong"),
    [
        ({"email": "a@example.com", "role": "MASTER"}, [("INVALID", ["role"])]),
        ({"email": "a@localhost", "role": "BILLING"}, [("INVALID", ["email"])]),
        ({"email": "a..b@example.com", "role": "MASTER"}, [("INVALID", ["role"]), ("INVALID", ["email"])]),
        ({"email": "mASTER@example.com", "role": "BILLING"}, [("TAKEN", ["email"])]),
        ({"email": "Billing@Example.com", "role": "BILLING"}, [("TAKEN", ["email"])]),
        ({"email": "NEW@example.com", "role": "BILLING"}, [("TAKEN", ["email"])]),
    ],
)
async def test_a_wrong_invitation_is_not_made(
    client: httpx.AsyncClient,
    db: Database,
    master: Person,
    token: str,
    given: dict[str, str],
    wrong: list[tuple[str, list[str]]],
) -> None:
    await make_login(db, master.account_id, RoleName.BILLING)
    await make_invitation(db, master)
    before = await everything(db)
    payload = await tell(client, token, CREATE, **given)
    assert (payload["sublogin"], payload["account"]) == (None, None)
    assert [(error["code"], error["field"]) for error in payload["userErrors"]] == wrong
    assert await everything(db) == before


async def test_an_address_may_be_invited_by_two_accounts(client: httpx.AsyncClient, db: Database, token: str) -> None:
    other = await make_master(db, "A-2", "other@example.com")
    await make_invitation(db, other)
    payload = await tell(client, token, CREATE, email="new@example.com", role="BILLING")
    assert payload["userErrors"] == []
    assert len({row["account_id"] for row in await invitations(db)}) == 2


async def test_there_are_at_most_two_hundred_however_many_ask_at_once(
    client: httpx.AsyncClient, db: Database, master: Person, token: str
) -> None:
    async with db.read() as reader:
        await reader.fetch(
            "INSERT INTO invitations (account_id, email, role, expires_at)"
            " SELECT $1, n || '@example.com', 'BILLING', now() FROM generate_series(1, $2) n",
            master.account_id,
            MOST_SUBLOGINS - 4,
        )
    await make_login(db, master.account_id, RoleName.BILLING)
    payloads = await asyncio.gather(
        *(tell(client, token, CREATE, email=f"more{number}@example.com", role="BILLING") for number in range(7))
    )
    refused = [payload["userErrors"][0] for payload in payloads if payload["sublogin"] is None]
    assert [(error["code"], error["field"]) for error in refused] == [("LIMIT_REACHED", None)] * 4
    found = await everything(db)
    assert len(found["invitations"]) == MOST_SUBLOGINS - 1
    assert len(found["audit_events"]) == len(found["jobs.pgqueuer"]) == 3


async def test_the_same_address_at_one_time_is_invited_once(
    client: httpx.AsyncClient, db: Database, token: str
) -> None:
    payloads = await asyncio.gather(
        *(tell(client, token, CREATE, email=email, role="BILLING") for email in ("a@example.com", "A@example.com") * 2)
    )
    errors = sorted(error["code"] for payload in payloads for error in payload["userErrors"])
    assert errors == ["TAKEN"] * 3
    found = await everything(db)
    assert len(found["invitations"]) == len(found["jobs.pgqueuer"]) == len(found["audit_events"]) == 1


async def test_a_change_of_role_is_felt_in_every_process(
    client: httpx.AsyncClient, db: Database, dsn: str, master: Person, token: str
) -> None:
    person = await make_login(db, master.account_id, RoleName.BILLING)
    first = (await make_session(db, person)).text
    async with calling(create_app(settings_for(dsn))) as other:
        seen = (await post(other, WHO, token=first)).json()
        assert seen["data"]["viewer"]["account"]["invoices"] == {"totalCount": 0}
        payload = await tell(client, token, UPDATE, id=id_of(person), role="SERVER_MANAGEMENT")
        assert payload["userErrors"] == []
        assert payload["sublogin"]["role"] == {"name": "SERVER_MANAGEMENT"}
        await is_out(other, first)
        assert await sessions_of(db, person) == []
        response = await sign_in(other, person)
        second = response.json()["data"]["signIn"]["token"]
        other.cookies.clear()
        seen = (await post(other, WHO, token=second)).json()
        assert seen["data"]["viewer"]["role"] == {"name": "SERVER_MANAGEMENT"}
        assert seen["data"]["viewer"]["account"]["invoices"] is None
        async with db.write() as session:
            login = await login_of(db, person)
            login.role = RoleName.BILLING
            await session.merge(login)

        async def felt() -> bool:
            viewer = (await post(other, WHO, token=second)).json()["data"]["viewer"]
            return bool(viewer["account"]["invoices"] == {"totalCount": 0})

        await until(felt, "the role is the new one in the other process")
    (changed,) = [row for row in await audit_of(db) if row.action == "sublogin.updated"]
    assert changed.changes == {"role": ["BILLING", "SERVER_MANAGEMENT"]}


async def test_a_disabled_sublogin_is_out_until_it_is_enabled(
    client: httpx.AsyncClient, db: Database, dsn: str, master: Person, token: str
) -> None:
    person = await make_login(db, master.account_id, RoleName.BILLING)
    bystander = await make_login(db, master.account_id, RoleName.FULL_ACCESS)
    theirs, other = (await make_session(db, person)).text, (await make_session(db, bystander)).text
    async with calling(create_app(settings_for(dsn))) as process:
        assert (await post(process, WHO, token=theirs)).status_code == 200
        payload = await tell(client, token, UPDATE, id=id_of(person), disabled=True)
        assert payload["sublogin"]["state"] == "DISABLED"
        await is_out(process, theirs)
        assert (await sign_in(process, person)).json()["data"]["signIn"]["token"] is None
        assert (await post(process, WHO, token=other)).status_code == 200
        payload = await tell(client, token, UPDATE, id=id_of(person), disabled=False, role="BILLING")
        assert payload["sublogin"]["state"] == "ACTIVE"
        assert (await post(process, WHO, token=theirs)).status_code == 401, "what has ended does not come back"
        assert (await sign_in(process, person)).json()["data"]["signIn"]["token"]
    changes = [row.changes for row in await audit_of(db) if row.action == "sublogin.updated"]
    assert changes == [{"state": ["ACTIVE", "DISABLED"]}, {"state": ["DISABLED", "ACTIVE"]}]


async def test_an_invitation_is_changed_like_a_login(
    client: httpx.AsyncClient, db: Database, master: Person, token: str
) -> None:
    id_ = await make_invitation(db, master)
    payload = await tell(client, token, UPDATE, id=id_, role="FULL_ACCESS", disabled=True)
    assert (payload["sublogin"]["state"], payload["sublogin"]["role"]["name"]) == ("DISABLED", "FULL_ACCESS")
    (row,) = await invitations(db)
    assert (row["state"], row["role"]) == (InvitationState.DISABLED.name, "FULL_ACCESS")
    payload = await tell(client, token, UPDATE, id=id_, disabled=False)
    assert payload["sublogin"]["state"] == "INVITED"
    assert [row.changes for row in await audit_of(db)] == [
        {"role": ["BILLING", "FULL_ACCESS"], "state": ["INVITED", "DISABLED"]},
        {"state": ["DISABLED", "INVITED"]},
    ]


async def test_what_changes_nothing_ends_no_session(
    client: httpx.AsyncClient, db: Database, master: Person, token: str
) -> None:
    person = await make_login(db, master.account_id, RoleName.BILLING)
    await make_session(db, person)
    before = await everything(db)
    for given in ({}, {"role": "BILLING"}, {"disabled": False}, {"role": "BILLING", "disabled": False}):
        payload = await tell(client, token, UPDATE, id=id_of(person), **given)
        assert (payload["userErrors"], payload["sublogin"]["state"]) == ([], "ACTIVE")
    assert await everything(db) == before


async def test_a_wrong_change_is_not_made(client: httpx.AsyncClient, db: Database, master: Person, token: str) -> None:
    person = await make_login(db, master.account_id, RoleName.BILLING)
    stranger = await make_login(db, (await make_master(db, "A-2", "x@example.com")).account_id, RoleName.FULL_ACCESS)
    await make_session(db, person)
    before = await everything(db)
    cases: list[tuple[dict[str, Any], list[tuple[str, list[str]]]]] = [
        ({"id": id_of(person), "role": "MASTER"}, [("INVALID", ["role"])]),
        ({"id": id_of(person), "role": None, "disabled": True}, [("REQUIRED", ["role"])]),
        ({"id": id_of(person), "role": None, "disabled": None}, [("REQUIRED", ["role"]), ("REQUIRED", ["disabled"])]),
        *(
            ({"id": id_, "disabled": True}, [("NOT_FOUND", ["id"])])
            for id_ in (id_of(master), id_of(stranger), encode("Viewer", person.id), "", "x")
        ),
    ]
    for given, wrong in cases:
        payload = await tell(client, token, UPDATE, **given)
        assert payload["sublogin"] is None
        assert [(error["code"], error["field"]) for error in payload["userErrors"]] == wrong, given
    assert await everything(db) == before
    assert (await login_of(db, master)).state is LoginState.ACTIVE


async def test_a_deleted_sublogin_is_gone_with_its_sessions(
    client: httpx.AsyncClient, db: Database, dsn: str, master: Person, token: str
) -> None:
    person = await make_login(db, master.account_id, RoleName.BILLING)
    theirs = (await make_session(db, person)).text
    async with calling(create_app(settings_for(dsn))) as process:
        assert (await post(process, WHO, token=theirs)).status_code == 200
        payload = await tell(client, token, DELETE, id=id_of(person))
        assert payload == {"deletedId": id_of(person), "account": {"sublogins": []}, "userErrors": []}
        await is_out(process, theirs)
        assert (await sign_in(process, person)).json()["data"]["signIn"]["token"] is None
    assert await sessions_of(db, person) == []
    assert (await tell(client, token, DELETE, id=id_of(person)))["userErrors"] == NOT_FOUND
    (row,) = await audit_of(db)
    assert (row.action, row.target_label) == ("sublogin.deleted", "billing@example.com")
    assert row.changes == {"email": ["billing@example.com", None], "role": ["BILLING", None]}
    assert (await tell(client, token, CREATE, email=person.email, role="BILLING"))["userErrors"] == []


async def test_an_invitation_is_taken_back(client: httpx.AsyncClient, db: Database, master: Person, token: str) -> None:
    id_ = await make_invitation(db, master)
    assert (await tell(client, token, DELETE, id=id_))["deletedId"] == id_
    assert await invitations(db) == []


async def test_no_other_is_deleted(client: httpx.AsyncClient, db: Database, master: Person, token: str) -> None:
    stranger = await make_master(db, "A-2", "x@example.com")
    theirs = await make_login(db, stranger.account_id, RoleName.BILLING)
    invited = await make_invitation(db, stranger)
    before = await everything(db)
    for id_ in (id_of(master), id_of(stranger), id_of(theirs), invited, encode("ApiKey", theirs.id), "", "x"):
        payload = await tell(client, token, DELETE, id=id_)
        assert payload == {"deletedId": None, "account": None, "userErrors": NOT_FOUND}
    assert await everything(db) == before


async def test_each_costs_so_many_statements(
    client: httpx.AsyncClient, db: Database, master: Person, token: str, statements: StatementLog
) -> None:
    async def cost(field: str, **given: Any) -> int:
        statements.clear()
        document = (
            f"mutation ($input: {field[0].upper()}{field[1:]}Input!) {{"
            f" {field}(input: $input) {{ userErrors {{ code }} }} }}"
        )
        assert (await tell(client, token, document, **given))["userErrors"] == []
        return len(statements)

    person, invited = await make_login(db, master.account_id, RoleName.BILLING), await make_invitation(db, master)
    # the counters read and written, the held account, how it stands, the invitation, the letter, the log
    assert await cost("createSublogin", email="a@example.com", role="BILLING") == 7
    # no invitation, the login, its change, its sessions, the log
    assert await cost("updateSublogin", id=id_of(person), disabled=True) == 5
    # the invitation, its change, the log
    assert await cost("updateSublogin", id=invited, disabled=True) == 3
    # no invitation, the login, the log
    assert await cost("deleteSublogin", id=id_of(person)) == 3
    assert await cost("deleteSublogin", id=invited) == 2


@pytest.mark.parametrize("role", SUBLOGIN_ROLES)
async def test_only_the_master_manages_sublogins(
    client: httpx.AsyncClient, db: Database, master: Person, role: RoleName
) -> None:
    person = await make_login(db, master.account_id, role)
    session, key = (await make_session(db, person)).text, (await make_api_key(db, master.account_id, role)).text
    await post(client, WHO, token=key)
    before = await everything(db)
    for credential in (session, key):
        for document, given in (
            (CREATE, {"email": "a@example.com", "role": "FULL_ACCESS"}),
            (UPDATE, {"id": id_of(person), "role": "FULL_ACCESS"}),
            (DELETE, {"id": id_of(person)}),
        ):
            answer = (await post(client, document, {"input": given}, token=credential)).json()
            assert set(answer["data"].values()) == {None}
            assert [error["extensions"]["permission"] for error in answer["errors"]] == ["MANAGE_ACCESS"]
    assert await everything(db) == before

"""Ending one session of one's own login, over HTTP."""

import httpx
import pytest

from gateway.app import create_app
from models.db import Database
from models.roles import RoleName
from schema.ids import encode
from tests.access.people import (
    audit_of,
    make_api_key,
    make_login,
    make_master,
    make_secret_key,
    make_session,
    sessions_of,
)
from tests.access.unchanged import everything
from tests.client import ask, post
from tests.conftest import calling, settings_for
from tests.databases import StatementLog
from tests.hearing import is_out

REVOKE = """mutation ($id: ID!) { revokeSession(input: { id: $id }) { deletedId userErrors { code field } } }"""
LIST = "{ viewer { sessions { id isCurrent } } }"


async def test_another_session_ends_and_this_one_stays(
    client: httpx.AsyncClient, db: Database, dsn: str, statements: StatementLog
) -> None:
    master = await make_master(db)
    laptop, here = (await make_session(db, master, ip="192.0.2.7")).text, (await make_session(db, master)).text
    sessions = (await ask(client, LIST, token=here))["viewer"]["sessions"]
    other = next(session["id"] for session in sessions if not session["isCurrent"])
    async with calling(create_app(settings_for(dsn))) as elsewhere:
        assert (await post(elsewhere, LIST, token=laptop)).status_code == 200
        statements.clear()
        response = await post(client, REVOKE, {"id": other}, token=here)
        assert len(statements) == 2, "the session, the log"
        assert response.json()["data"]["revokeSession"] == {"deletedId": other, "userErrors": []}
        assert "set-cookie" not in response.headers
        await is_out(elsewhere, laptop)
        assert (await post(elsewhere, LIST, token=here)).status_code == 200
    (row,) = await audit_of(db)
    assert (row.action, row.target_type, row.target_label) == ("session.revoked", "Session", "192.0.2.7")
    again = await ask(client, REVOKE, {"id": other}, token=here)
    assert again["revokeSession"] == {"deletedId": None, "userErrors": [{"code": "NOT_FOUND", "field": ["id"]}]}
    assert len(await audit_of(db)) == 1


async def test_ending_the_session_that_asks_clears_its_cookie(client: httpx.AsyncClient, db: Database) -> None:
    master = await make_master(db)
    token = (await make_session(db, master)).text
    (session,) = await sessions_of(db, master)
    headers = {"X-Requested-With": "tests", "Host": "localhost", "Cookie": f"session={token}"}
    response = await post(client, REVOKE, {"id": encode("Session", session.id)}, headers=headers)
    assert response.json()["data"]["revokeSession"]["userErrors"] == []
    assert response.headers["set-cookie"].startswith('session="";')
    assert await sessions_of(db, master) == []
    assert (await post(client, LIST, token=token)).status_code == 401


async def test_nobody_elses_session_ends(client: httpx.AsyncClient, db: Database) -> None:
    master = await make_master(db)
    colleague = await make_login(db, master.account_id, RoleName.BILLING)
    stranger = await make_master(db, "A-2", "other@example.com")
    token = (await make_session(db, master)).text
    await make_session(db, colleague)
    await make_session(db, stranger)
    (theirs,), (foreign,) = await sessions_of(db, colleague), await sessions_of(db, stranger)
    before = await everything(db)
    for id_ in (encode("Session", theirs.id), encode("Session", foreign.id), encode("Viewer", master.id), "x", ""):
        payload = (await ask(client, REVOKE, {"id": id_}, token=token))["revokeSession"]
        assert payload == {"deletedId": None, "userErrors": [{"code": "NOT_FOUND", "field": ["id"]}]}
    assert await everything(db) == before


async def test_every_login_ends_its_own(client: httpx.AsyncClient, db: Database) -> None:
    master = await make_master(db)
    person = await make_login(db, master.account_id, RoleName.READ_ONLY_SERVER_MANAGEMENT)
    token = (await make_session(db, person)).text
    await make_session(db, person)
    other = (await sessions_of(db, person))[1]
    data = await ask(client, REVOKE, {"id": encode("Session", other.id)}, token=token)
    assert data["revokeSession"]["userErrors"] == []
    assert len(await sessions_of(db, person)) == 1


@pytest.mark.parametrize("kind", ["key", "secret"])
async def test_a_machine_credential_ends_none(client: httpx.AsyncClient, db: Database, kind: str) -> None:
    master = await make_master(db)
    await make_session(db, master)
    (session,) = await sessions_of(db, master)
    account = master.account_id
    token = await (make_api_key(db, account, RoleName.FULL_ACCESS) if kind == "key" else make_secret_key(db, account))
    await post(client, LIST, token=token.text)
    before = await everything(db)
    answer = (await post(client, REVOKE, {"id": encode("Session", session.id)}, token=token.text)).json()
    assert answer["data"] == {"revokeSession": None}
    (error,) = answer["errors"]
    assert (error["extensions"]["code"], error["extensions"]["permission"]) == ("FORBIDDEN", None)
    assert await everything(db) == before


async def test_without_a_credential_there_is_nothing_to_end(client: httpx.AsyncClient, db: Database) -> None:
    before = await everything(db)
    response = await post(client, REVOKE, {"id": "x"})
    assert response.status_code == 401
    assert await everything(db) == before

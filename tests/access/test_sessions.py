"""Sessions and keys in use: how they come in, what they stand for, when they end."""

from datetime import timedelta
from uuid import UUID

import httpx
import pytest
from starlette.applications import Starlette

from auth.actors import Actor, CredentialKind
from auth.authority import Authority
from auth.credentials import Lifetimes
from auth.tokens import Token
from gateway.portal import portal_of
from models.db import Database
from models.enums import LoginState
from models.errors import Forbidden
from models.roles import RoleName
from models.tables import Login, Session
from resolvers.context import RequestContext
from resolvers.sign_out import sign_out
from schema.cursors import CursorSealer
from tests.access.people import (
    Person,
    audit_of,
    make_account,
    make_api_key,
    make_login,
    make_master,
    make_secret_key,
    make_session,
    sessions_of,
    sign_in,
    utc,
)
from tests.client import ask, post
from tests.databases import StatementLog

WHO = "{ viewer { login credential role { name } account { number } } }"
OUT = "mutation ($everywhere: Boolean! = false) { signOut(input: { everywhere: $everywhere }) { userErrors { code } } }"
COOKIE_HEADERS = {"X-Requested-With": "tests", "Host": "localhost"}


async def status_of(client: httpx.AsyncClient, token: Token) -> int:
    return (await post(client, WHO, token=token.text)).status_code


async def by_cookie(client: httpx.AsyncClient, text: str, document: str = WHO) -> httpx.Response:
    return await post(client, document, headers={**COOKIE_HEADERS, "Cookie": f"session={text}"})


async def test_a_session_is_a_bearer_token(client: httpx.AsyncClient, db: Database) -> None:
    master = await make_master(db)
    token = (await sign_in(client, master)).json()["data"]["signIn"]["token"]
    client.cookies.clear()
    assert (await ask(client, WHO, token=token))["viewer"] == {
        "login": master.email, "credential": "SESSION", "role": {"name": "MASTER"}, "account": {"number": "A-1"}
    }  # fmt: skip


async def test_signing_in_sets_a_cookie_that_scripts_and_other_sites_cannot_use(
    client: httpx.AsyncClient, db: Database
) -> None:
    master = await make_master(db)
    response = await sign_in(client, master, headers=COOKIE_HEADERS)
    token = response.json()["data"]["signIn"]["token"]
    cookie = response.headers["set-cookie"]
    assert cookie.startswith(f"session={token};")
    assert "httponly" in cookie.lower()
    assert "samesite" in cookie.lower()
    client.cookies.clear()
    assert (await by_cookie(client, token)).json()["data"]["viewer"]["login"] == master.email


async def test_the_header_beats_the_cookie(client: httpx.AsyncClient, db: Database) -> None:
    master = await make_master(db)
    billing = await make_login(db, master.account_id, RoleName.BILLING)
    cookie, header = await make_session(db, master), await make_session(db, billing)
    headers = {**COOKIE_HEADERS, "Cookie": f"session={cookie.text}"}
    data = (await post(client, WHO, token=header.text, headers=headers)).json()["data"]
    assert data["viewer"]["login"] == billing.email


async def test_a_bad_cookie_counts_as_none_and_is_cleared_and_a_key_in_it_is_bad(
    client: httpx.AsyncClient, db: Database
) -> None:
    master = await make_master(db)
    key = await make_api_key(db, master.account_id, RoleName.BILLING)
    ended = await make_session(db, master, expires_at=utc() - timedelta(seconds=1))
    for text in ("junk", key.text, ended.text):
        response = await by_cookie(client, text)
        assert response.json()["data"] == {"viewer": None}
        assert 'session="";' in response.headers["set-cookie"] or "Max-Age=0" in response.headers["set-cookie"]


@pytest.mark.parametrize("text", ["junk", "spses_" + "0" * 49])
async def test_a_bad_header_is_401_and_nothing_runs(
    client: httpx.AsyncClient, db: Database, statements: StatementLog, text: str
) -> None:
    await make_master(db)
    statements.clear()
    response = await post(client, WHO, token=text)
    assert response.status_code == 401
    assert response.json()["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
    assert len(statements) == 0


async def test_the_older_portals_token_is_answered_with_what_to_use(client: httpx.AsyncClient) -> None:
    response = await post(client, WHO, token="someone|1700000000|" + "a" * 40)
    assert response.status_code == 401
    assert "older portal" in response.json()["errors"][0]["message"]


# ---- how they end ------------------------------------------------------------------------------------------------


async def test_a_session_ends_at_its_time_however_much_it_is_used(client: httpx.AsyncClient, db: Database) -> None:
    master = await make_master(db)
    assert await status_of(client, await make_session(db, master, expires_at=utc() + timedelta(minutes=1))) == 200
    assert await status_of(client, await make_session(db, master, expires_at=utc() - timedelta(seconds=1))) == 401


async def test_a_session_ends_when_it_is_not_used(client: httpx.AsyncClient, app: Starlette, db: Database) -> None:
    master = await make_master(db)
    far = utc() + timedelta(days=20)
    used = await make_session(db, master, expires_at=far, last_seen_at=utc() - timedelta(hours=11))
    idle = await make_session(db, master, expires_at=far, last_seen_at=utc() - timedelta(hours=13))
    assert await status_of(client, idle) == 401
    assert await status_of(client, used) == 200
    await portal_of(app).authority.uses.write(db)
    seen = {session.token_hash: session.last_seen_at for session in await sessions_of(db, master)}
    assert utc() - seen[used.digest] < timedelta(minutes=1)
    assert utc() - seen[idle.digest] > timedelta(hours=12)


async def test_a_disabled_logins_sessions_are_worth_nothing(client: httpx.AsyncClient, db: Database) -> None:
    master = await make_master(db)
    billing = await make_login(db, master.account_id, RoleName.BILLING)
    token = await make_session(db, billing)
    assert await status_of(client, token) == 200
    async with db.write() as session:
        (await session.get_one(Login, billing.id)).state = LoginState.DISABLED
    assert await status_of(client, token) == 401


# ---- signing out -------------------------------------------------------------------------------------------------


async def test_signing_out_ends_the_session_that_asks_and_clears_its_cookie(
    client: httpx.AsyncClient, db: Database
) -> None:
    master = await make_master(db)
    asking, other = await make_session(db, master), await make_session(db, master)
    response = await by_cookie(client, asking.text, OUT)
    assert response.json()["data"] == {"signOut": {"userErrors": []}}
    assert "session=" in response.headers["set-cookie"]
    assert await status_of(client, asking) == 401
    assert await status_of(client, other) == 200
    (row,) = await audit_of(db)
    assert (row.action, row.actor, row.credential_kind) == ("login.signed_out", master.email, "SESSION")
    assert (row.login_id, row.account_id) == (master.id, master.account_id)


async def test_signing_out_everywhere_ends_all_of_the_login_and_no_others(
    client: httpx.AsyncClient, db: Database
) -> None:
    master = await make_master(db)
    billing = await make_login(db, master.account_id, RoleName.BILLING)
    own = [await make_session(db, master) for _ in range(3)]
    others = await make_session(db, billing)
    assert await ask(client, OUT, {"everywhere": True}, token=own[0].text) == {"signOut": {"userErrors": []}}
    assert [await status_of(client, token) for token in own] == [401] * 3
    assert await status_of(client, others) == 200
    assert [row.action for row in await audit_of(db)] == ["login.signed_out_everywhere"]


def request_of(db: Database, actor: Actor | None) -> RequestContext:
    """A request as resolvers get it, past the guards."""
    authority = Authority(b"k" * 32, Lifetimes(timedelta(hours=1), timedelta(hours=1)))
    return RequestContext(db, actor, authority, CursorSealer(b"k" * 32), "request", "http://gateway.test")


async def test_a_session_that_has_ended_meanwhile_is_ended_all_the_same(db: Database) -> None:
    master = await make_master(db)
    actor = Actor(master.account_id, RoleName.MASTER, CredentialKind.SESSION, UUID(int=1), master.id, master.email)
    context = request_of(db, actor)
    await sign_out(context, everywhere=False)
    assert context.response.clear_session
    assert await audit_of(db) == []


async def test_past_the_guards_only_a_session_can_sign_out(db: Database, statements: StatementLog) -> None:
    key = Actor(UUID(int=1), RoleName.FULL_ACCESS, CredentialKind.API_KEY, UUID(int=2))
    for actor in (None, key):
        context = request_of(db, actor)
        with pytest.raises(Forbidden, match="session"):
            await sign_out(context, everywhere=True)
        assert not context.response.clear_session
    assert len(statements) == 0


# ---- keys --------------------------------------------------------------------------------------------------------


async def test_keys_act_for_their_account_in_their_role(client: httpx.AsyncClient, db: Database) -> None:
    account_id = await make_account(db)
    key = await make_api_key(db, account_id, RoleName.READ_ONLY_BILLING)
    secret = await make_secret_key(db, account_id)
    wanted = [(key, "API_KEY", "READ_ONLY_BILLING"), (secret, "API_SECRET_KEY", "FULL_ACCESS")]
    for token, credential, role in wanted:
        data = await ask(
            client,
            "{ viewer { login credential role { name } sessions { id } twoFactor { enabled } } }",
            token=token.text,
        )
        assert data["viewer"] == {
            "login": None, "credential": credential, "role": {"name": role}, "sessions": None, "twoFactor": None
        }  # fmt: skip


async def test_keys_end_at_their_time(client: httpx.AsyncClient, db: Database) -> None:
    account_id = await make_account(db)
    soon, gone = utc() + timedelta(minutes=1), utc() - timedelta(seconds=1)
    assert await status_of(client, await make_api_key(db, account_id, RoleName.BILLING, expires_at=soon)) == 200
    assert await status_of(client, await make_api_key(db, account_id, RoleName.BILLING, expires_at=gone)) == 401
    assert await status_of(client, await make_secret_key(db, account_id, expires_at=soon)) == 200
    assert await status_of(client, await make_secret_key(db, account_id, expires_at=gone)) == 401


async def test_a_key_is_not_a_session_and_ends_none(client: httpx.AsyncClient, db: Database) -> None:
    master = await make_master(db)
    await make_session(db, master)
    for token in (
        await make_api_key(db, master.account_id, RoleName.FULL_ACCESS),
        await make_secret_key(db, master.account_id),
    ):
        answer = (await post(client, OUT, {"everywhere": True}, token=token.text)).json()
        assert answer["data"] == {"signOut": None}
        (error,) = answer["errors"]
        assert (error["path"], error["extensions"]["code"]) == (["signOut"], "FORBIDDEN")
        assert error["extensions"]["permission"] is None
    assert len(await sessions_of(db, master)) == 1
    assert await audit_of(db) == []


# ---- the viewer's sessions ---------------------------------------------------------------------------------------


async def test_the_viewer_sees_the_sessions_of_its_own_login(client: httpx.AsyncClient, db: Database) -> None:
    master = await make_master(db)
    billing = await make_login(db, master.account_id, RoleName.BILLING)
    await make_session(db, billing)
    await make_session(db, master, created_at=utc() - timedelta(days=1), user_agent="older", ip="2001:db8::7")
    await make_session(db, master, user_agent="ended", expires_at=utc() - timedelta(seconds=1))
    await make_session(db, master, user_agent="idle", last_seen_at=utc() - timedelta(hours=73))
    asking = await make_session(db, master, user_agent="asking")
    document = "{ viewer { sessions { id createdAt lastSeenAt expiresAt ip userAgent isCurrent } } }"
    newer, older = (await ask(client, document, token=asking.text))["viewer"]["sessions"]
    assert (newer["userAgent"], newer["isCurrent"], newer["ip"]) == ("asking", True, None)
    assert (older["userAgent"], older["isCurrent"], older["ip"]) == ("older", False, "2001:db8::7")


NODE = "query ($id: ID!) { node(id: $id) { __typename id } }"


async def id_of_viewer(client: httpx.AsyncClient, token: Token) -> str:
    return str((await ask(client, "{ viewer { id } }", token=token.text))["viewer"]["id"])


async def test_a_viewer_and_its_sessions_are_found_by_their_own_login_only(
    client: httpx.AsyncClient, db: Database
) -> None:
    master = await make_master(db)
    billing = await make_login(db, master.account_id, RoleName.BILLING)
    tokens = {person: await make_session(db, person) for person in (master, billing)}
    ids: dict[Person, list[str]] = {}
    for person, token in tokens.items():
        data = await ask(client, "{ viewer { id sessions { id } } }", token=token.text)
        ids[person] = [data["viewer"]["id"], data["viewer"]["sessions"][0]["id"]]
    for person, token in tokens.items():
        for owner in tokens:
            for id_ in ids[owner]:
                found = (await ask(client, NODE, {"id": id_}, token=token.text))["node"]
                assert (found["id"] if found else None) == (id_ if owner is person else None)


async def test_a_key_is_a_viewer_of_its_own(client: httpx.AsyncClient, db: Database) -> None:
    account_id = await make_account(db)
    tokens = [await make_api_key(db, account_id, RoleName.BILLING) for _ in range(2)]
    ids = [await id_of_viewer(client, token) for token in tokens]
    assert ids[0] != ids[1]
    assert (await ask(client, NODE, {"id": ids[0]}, token=tokens[0].text))["node"]["__typename"] == "Viewer"
    assert (await ask(client, NODE, {"id": ids[1]}, token=tokens[0].text))["node"] is None


async def test_a_session_that_is_gone_is_gone_at_once(client: httpx.AsyncClient, db: Database) -> None:
    master = await make_master(db)
    token = await make_session(db, master)
    (row,) = await sessions_of(db, master)
    assert await status_of(client, token) == 200
    async with db.write() as session:
        await session.delete(await session.get_one(Session, row.id))
    assert await status_of(client, token) == 401

"""Changing SECRET_KEY: both keys read while it goes on, it can be cut off, and afterwards the new one is enough."""

from collections.abc import Sequence
from typing import Any

import httpx
import pytest
from pydantic import SecretStr
from pyotp import TOTP
from starlette.applications import Starlette

from auth.authority import Authority
from auth.credentials import Lifetimes
from auth.vault import Vault
from gateway.app import create_app
from models.db import Database
from models.queries import operating
from models.roles import RoleName
from models.tables import Login
from resolvers.mails import MailTemplate, queue_mail
from resolvers.renewing_secrets import renew_secrets
from tests.access.people import Person, audit_of, make_login, make_master, sign_in, switch_on_second_factor, utc
from tests.client import ask
from tests.conftest import SECRET, calling, settings_for
from tests.mailbox import deliver
from tests.outside.processes import command, run_gateway

NEW = "another secret of the tests, and of nothing else"
NEW_VAULT, BOTH = Vault(NEW.encode()), Vault(NEW.encode(), SECRET.encode())


def gateway(dsn: str, db: Database, secret: str, previous: str | None = None) -> Starlette:
    """The application with these secrets."""
    chosen = {"secret_key": SecretStr(secret), "secret_key_previous": previous and SecretStr(previous)}
    return create_app(settings_for(dsn).model_copy(update=chosen), db)


async def enters(client: httpx.AsyncClient, person: Person, code: str) -> bool:
    """Whether a code signs in."""
    token = (await sign_in(client, person, code)).json()["data"]["signIn"]["token"]
    client.cookies.clear()
    return bool(token)


async def sealed_secrets(db: Database) -> list[bytes]:
    """The secrets of all second factors, in the order of their logins."""
    async with db.read() as reader:
        rows = await reader.fetch("SELECT totp_secret FROM logins WHERE totp_secret IS NOT NULL ORDER BY id")
    return [row["totp_secret"] for row in rows]


async def queue_letter(db: Database, to: str) -> None:
    """Let a letter wait that was sealed under the old key."""
    authority = Authority(SECRET.encode(), Lifetimes(utc() - utc(), utc() - utc()))
    async with db.write() as session:
        await queue_mail(session, authority, MailTemplate.EMAIL_CHANGING, to, {"new_email": "new@example.com"})
    authority.close()


async def test_nothing_is_lost_from_one_key_to_the_next(dsn: str, db: Database) -> None:
    master = await make_master(db)
    secret, codes = await switch_on_second_factor(db, master)
    await queue_letter(db, master.email)
    async with calling(gateway(dsn, db, NEW, SECRET)) as client:
        assert await enters(client, master, codes[0])
    environment = {"DATABASE_URL": dsn, "SECRET_KEY": NEW, "SECRET_KEY_PREVIOUS": SECRET}
    ended = await command("rotate-keys", **environment)
    assert (ended.exit_code, ended.stderr) == (0, "")
    assert "Renewed 1 secrets of second factors and 1 letters" in ended.stdout
    assert "Renewed 0 secrets of second factors and 0 letters" in (await command("rotate-keys", **environment)).stdout
    assert [row.action for row in await audit_of(db) if row.actor == "operator"] == ["login.secret_renewed"]

    app = gateway(dsn, db, NEW)
    async with calling(app) as client:
        assert await enters(client, master, codes[1])
        assert await enters(client, master, TOTP(secret).now())
        (letter,) = await deliver(app)
        assert "new@example.com" in letter.text


async def test_what_clients_hold_goes_on(dsn: str, db: Database) -> None:
    master = await make_master(db)
    await make_login(db, master.account_id, email="second@example.com", role=RoleName.BILLING)
    document = "{ viewer { account { auditEvents(first: 1) { pageInfo { endCursor } } } } }"
    following = "query ($after: String) { viewer { account { auditEvents(after: $after) { totalCount } } } }"
    async with calling(gateway(dsn, db, SECRET)) as client:
        token = (await sign_in(client, master)).json()["data"]["signIn"]["token"]
        client.cookies.clear()
        page = (await ask(client, document, token=token))["viewer"]["account"]["auditEvents"]
    async with calling(gateway(dsn, db, NEW, SECRET)) as client:
        variables = {"after": page["pageInfo"]["endCursor"]}
        assert (await ask(client, following, variables, token=token))["viewer"]["account"]["auditEvents"]
    async with calling(gateway(dsn, db, NEW)) as client:
        assert (await ask(client, document, token=token))["viewer"]["account"]["auditEvents"]


async def test_cut_off_in_the_middle_it_goes_on_where_it_was(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(3):
        await switch_on_second_factor(db, await make_master(db, f"A-{number}", f"{number}@example.com"))
    monkeypatch.setattr("resolvers.renewing_secrets.BATCH", 1)
    with monkeypatch.context() as patched:
        lock, times = operating.lock_older_secrets, 0

        async def failing(*arguments: Any) -> Sequence[Login]:
            nonlocal times
            times += 1
            if times == 2:
                raise ConnectionError("cut off")
            return await lock(*arguments)

        patched.setattr(operating, "lock_older_secrets", failing)
        with pytest.raises(ConnectionError):
            await renew_secrets(db, BOTH, utc())
    half = await sealed_secrets(db)
    assert [secret.startswith(NEW_VAULT.mark) for secret in half] == [True, False, False]

    renewed = await renew_secrets(db, BOTH, utc())
    assert (renewed.secrets, renewed.shut) == (2, 0)
    after = await sealed_secrets(db)
    assert after[0] == half[0]
    assert all(secret.startswith(NEW_VAULT.mark) for secret in after)
    assert len(await audit_of(db)) == 3


async def test_what_opens_under_neither_key_is_left_and_told(dsn: str, db: Database) -> None:
    master = await make_master(db)
    lost = Vault(b"a key that nobody has any more").seal(b"secret", master.id.bytes)
    async with db.write() as session:
        (await session.get_one(Login, master.id)).totp_secret = lost
    await queue_letter(db, master.email)
    async with db.write() as session:
        ((number, payload),) = await operating.lock_jobs(session, "mail", 0, 9)
        await operating.renew_job(session, number, payload.replace(b"Master@", b"Bastet@"))
    ended = await command("rotate-keys", DATABASE_URL=dsn, SECRET_KEY=NEW, SECRET_KEY_PREVIOUS=SECRET)
    assert ended.exit_code == 0
    assert "2 open under neither key and were left" in ended.stderr
    assert await sealed_secrets(db) == [lost]


def test_without_the_key_before_the_change_nothing_is_begun() -> None:
    ended = run_gateway("rotate-keys", DATABASE_URL="postgresql://nobody@127.0.0.1:1/none", SECRET_KEY=NEW)
    assert ended.returncode == 1
    assert "SECRET_KEY_PREVIOUS: set it to the secret before the change" in ended.stderr
    same = run_gateway("rotate-keys", SECRET_KEY=NEW, SECRET_KEY_PREVIOUS=NEW)
    assert same.returncode == 1
    assert "with SECRET_KEY_PREVIOUS it must be set, to another value" in same.stderr

"""Asking beforehand: every reason is told, as far as the caller may know it, and nothing is changed."""

import httpx
import pytest

from models.db import Database
from models.enums import AccountKind, AccountState
from models.roles import RoleName
from models.tables import ActivationKey
from tests import factories
from tests.access.people import make_api_key
from tests.agents.calls import check, everything, registered
from tests.agents.conftest import At
from tests.databases import StatementLog

FIELD = ["activationKey"]


def reason(code: str, field: list[str] | None = FIELD) -> dict[str, object]:
    """One reason that time does not mend."""
    return {"code": code, "field": field, "retryAfterMs": None}


async def test_there_is_room_and_asking_takes_none(
    client: httpx.AsyncClient, db: Database, key: ActivationKey, statements: StatementLog
) -> None:
    await registered(client, key.key)
    before = await everything(db)
    statements.clear()
    assert await check(client, key.key) == {"allowed": True, "reasons": [], "keyRoom": 2, "poolRoom": None}
    assert len(statements) == 1
    assert await everything(db) == before


async def test_every_reason_is_told_at_once_with_the_room_on_both_levels(
    client: httpx.AsyncClient, db: Database
) -> None:
    account = await factories.account(db, state=AccountState.LOCKED)
    key = await factories.key_of(db, account.id, seat_limit=1, allowed_addresses=["192.0.2.1/32"])
    await factories.registration(db, await factories.server(db, account.id), key)
    token = (await make_api_key(db, account.id, RoleName.READ_ONLY_SERVER_MANAGEMENT)).text
    found = await check(client, key.key, "192.0.2.2", token)
    reasons = [reason("ACCOUNT_LOCKED", None), reason("ADDRESS_NOT_ALLOWED", None), reason("KEY_LIMIT_REACHED")]
    assert found == {"allowed": False, "reasons": reasons, "keyRoom": 0, "poolRoom": 9}
    assert (await check(client, key.key, "192.0.2.1", token))["reasons"] == [reasons[0], reasons[2]]


@pytest.mark.parametrize(
    ("role", "own", "sees"),
    [
        (RoleName.FULL_ACCESS, True, True),
        (RoleName.FULL_ACCESS, False, False),
        (RoleName.SERVER_MANAGEMENT, True, True),
        (None, False, False),
    ],
)
async def test_another_address_and_the_pool_are_for_those_who_see_the_servers(
    at: At, db: Database, key: ActivationKey, role: RoleName | None, own: bool, sees: bool
) -> None:
    listed = await factories.key_of(db, key.account_id, "centos-7", allowed_addresses=["192.0.2.0/24"])
    account_id = key.account_id if own else (await factories.account(db)).id
    token = None if role is None else (await make_api_key(db, account_id, role)).text
    found = await check(at("192.0.2.7"), listed.key, "198.51.100.1", token)
    assert found["allowed"] is not sees
    assert found["reasons"] == ([reason("ADDRESS_NOT_ALLOWED", None)] if sees else [])
    assert (found["keyRoom"], found["poolRoom"]) == (None, 10 if sees else None)
    away = await check(at("198.51.100.1"), listed.key, "192.0.2.7", token)
    assert away["allowed"] is sees


async def test_a_reseller_asks_for_its_customer_and_not_the_other_way(client: httpx.AsyncClient, db: Database) -> None:
    reseller = await factories.account(db, kind=AccountKind.RESELLER)
    customer = await factories.account(db, reseller_id=reseller.id)
    theirs, ours = await factories.key_of(db, customer.id), await factories.key_of(db, reseller.id)
    for account, asked, room in ((reseller, theirs, 10), (customer, theirs, 10), (customer, ours, None)):
        token = (await make_api_key(db, account.id, RoleName.FULL_ACCESS)).text
        assert (await check(client, asked.key, token=token))["poolRoom"] == room


async def test_an_unknown_key_and_a_removed_one_are_one_case(
    client: httpx.AsyncClient, db: Database, key: ActivationKey, statements: StatementLog
) -> None:
    async with db.read() as reader:
        await reader.fetch("DELETE FROM activation_keys")
    for asked in (key.key, "TEST-99999999999999999999", "no key at all"):
        statements.clear()
        found = await check(client, asked)
        assert found == {"allowed": False, "reasons": [reason("UNKNOWN_KEY")], "keyRoom": None, "poolRoom": None}
        assert len(statements) == 1

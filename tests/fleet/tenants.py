"""A reseller with a customer, a stranger, and callers of every role, for tests of what they may change."""

import asyncio
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import httpx

from auth.permissions import PERMISSIONS, Permission
from models.db import Database
from models.enums import AccountKind
from models.roles import RoleName
from models.tables import Account, ActivationKey
from schema.ids import decode, encode
from tests import factories
from tests.access.people import make_api_key, make_login, make_session
from tests.client import ask
from tests.databases import StatementLog


@dataclass(frozen=True)
class Tenants:
    """Three accounts: the reseller is `me`."""

    me: Account
    customer: Account
    stranger: Account
    token: str

    @property
    def customer_id(self) -> str:
        """The customer's id as an input names it."""
        return encode("Customer", self.customer.id)


async def make_tenants(db: Database) -> Tenants:
    """A reseller whose master is signed in, its customer, and an account of somebody else."""
    me = await factories.account(db, number="R-1", kind=AccountKind.RESELLER)
    customer = await factories.account(db, number="C-1", reseller_id=me.id)
    stranger = await factories.account(db, number="S-1")
    master = await make_login(db, me.id, email="master@example.com")
    return Tenants(me, customer, stranger, (await make_session(db, master)).text)


async def tell(client: httpx.AsyncClient, token: str, document: str, **given: Any) -> dict[str, Any]:
    """The payload of a mutation."""
    data = await ask(client, document, {"input": given}, token=token)
    (payload,) = data.values()
    found: dict[str, Any] = payload
    return found


def wrong(payload: dict[str, Any]) -> list[tuple[str, list[str] | None]]:
    """The codes and fields of a payload's errors."""
    return [(error["code"], error["field"]) for error in payload["userErrors"]]


def key_in(id_: str) -> UUID:
    """The row's key in an id."""
    found = decode(id_)
    assert found is not None
    return found[1]


async def callers(db: Database, account_id: UUID, role: RoleName) -> list[str]:
    """A session and an API key of a role."""
    person = await make_login(db, account_id, role, email=f"{role.name.lower()}-one@example.com")
    return [(await make_session(db, person)).text, (await make_api_key(db, account_id, role)).text]


def roles_without(permission: Permission) -> list[RoleName]:
    """The roles of sublogins that lack a permission."""
    return [role for role in RoleName if permission not in PERMISSIONS[role]]


def roles_with(permission: Permission) -> list[RoleName]:
    """The roles of sublogins that have a permission."""
    return [role for role in RoleName if permission in PERMISSIONS[role] and role is not RoleName.MASTER]


async def rows(db: Database, statement: str, *arguments: Any) -> list[Any]:
    """What the database holds."""
    async with db.read() as reader:
        return await reader.fetch(statement, *arguments)


async def until_somebody_waits(db: Database) -> None:
    """Return once a transaction of this database waits for another's lock."""
    waiting = "SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    while not await rows(db, waiting):  # noqa: ASYNC110 (the database tells nobody when)
        await asyncio.sleep(0.01)


async def many_servers(db: Database, key: ActivationKey, how_many: int) -> list[str]:
    """The ids of that many new servers, registered with a key and counted."""
    made = await rows(
        db,
        """
        WITH host AS (
            INSERT INTO servers (account_id, machine_id, hostname, ip)
            SELECT $1, gen_random_uuid()::text, 'many-' || n || '.example.com', '192.0.2.1'
            FROM generate_series(1, $3::integer) n RETURNING id, hostname
        ), pool AS (
            UPDATE licenses SET quantity = quantity + $3, used = used + $3 WHERE id = $4
        ), key AS (
            UPDATE activation_keys SET used = used + $3 WHERE id = $2
        )
        INSERT INTO registrations (account_id, server_id, hostname, product_id, license_type_id, activation_key_id)
        SELECT $1, id, hostname, $5, $6, $2 FROM host RETURNING server_id
        """,
        key.account_id,
        key.id,
        how_many,
        key.license_id,
        key.product_id,
        key.license_type_id,
    )
    return [encode("Server", row["server_id"]) for row in made]


async def cost(client: httpx.AsyncClient, statements: StatementLog, token: str, field: str, **given: Any) -> int:
    """How many statements a mutation sends whose payload is not read."""
    kind = f"{field[0].upper()}{field[1:]}Input"
    document = f"mutation ($input: {kind}!) {{ {field}(input: $input) {{ userErrors {{ code field }} }} }}"
    statements.clear()
    assert wrong(await tell(client, token, document, **given)) == []
    return len(statements)

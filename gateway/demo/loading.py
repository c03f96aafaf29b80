"""Loads the demo: account by account invented, in one transaction copied, then made ready for the planner."""

from collections.abc import Callable
from datetime import UTC, datetime
from uuid import UUID

from auth.passwords import PasswordHasher
from gateway.demo.access import add_access
from gateway.demo.accounts import add_account
from gateway.demo.billing import bill
from gateway.demo.catalogue import read_catalogue, read_tax_rates
from gateway.demo.chance import Chance
from gateway.demo.fleet import fleet_of
from gateway.demo.profiles import CUSTOMERS, DEMO_SERVERS, NAMED, ONLY_SUPPORTED, OTHERS, Profile, crowd, demo_account
from gateway.demo.records import add_records
from gateway.demo.rows import Rows
from gateway.demo.stage import Stage, enter
from models import tables
from models.bulk import Bulk, bulk, tidy

SMALL_ACCOUNTS, SMALL_SERVERS = 12, 1_500
LARGE_ACCOUNTS, LARGE_SERVERS = 1_000, 200_000
MASTER = "master@demo.example.com"
COPIED_AT_ONCE = 40_000
"""Rows of servers and registrations that are gathered before they are copied."""

UNINDEXED_FROM = 20_000
"""With so many servers it pays to build the indexes last."""

FLEET = (tables.Server, tables.Registration, tables.ServerCheckIn, tables.RegistrationCheckIn)
"""What there is much of, and what the database repeats by triggers: the demo has computed that itself."""

Progress = Callable[[int, int], None]


class DemoExistsError(Exception):
    """The database has the demo already."""


def silent(_done: int, _total: int) -> None:
    """Report progress to nobody."""


async def load(
    dsn: str,
    *,
    password: str,
    accounts: int = SMALL_ACCOUNTS,
    servers: int = SMALL_SERVERS,
    demo_servers: int | None = None,
    seed: int = 2026,
    now: datetime | None = None,
    progress: Progress = silent,
) -> None:
    """Load the demo into a migrated database, all of it or nothing, and raise DemoExistsError where it is already.

    All demo logins get the password. There are never fewer accounts and servers than the named ones have. The crowd
    shares what is left of `servers`; without a crowd, or as far as `demo_servers` says, the demo's account has them.
    The same seed and time make the same rows, but for the password's salt.
    """
    cast = cast_of(accounts, servers, demo_servers, seed)
    hasher = PasswordHasher()
    try:
        password_hash = await hasher.hash(password)
    finally:
        hasher.close()
    async with bulk(dsn) as transaction:
        if await transaction.fetch("SELECT FROM logins WHERE lower(email) = $1", MASTER):
            raise DemoExistsError(f"The database has a login {MASTER} already.")
        stage = Stage(
            rows=Rows(),
            catalogue=await read_catalogue(transaction),
            tax_rates=await read_tax_rates(transaction),
            now=(now or datetime.now(UTC)).replace(microsecond=0),
            seed=seed,
            password_hash=password_hash,
            next_key=await transaction.next_number(tables.ActivationKey),
            next_group=await transaction.next_number(tables.ServerGroup),
        )
        await play(stage, cast, transaction, progress)
    await tidy(dsn)


def cast_of(accounts: int, servers: int, demo_servers: int | None, seed: int) -> list[Profile]:
    """Decide who is in the demo and how many servers each has."""
    others = (*CUSTOMERS, *OTHERS)
    left = max(servers - sum(profile.servers for profile in others), 0)
    many = max(accounts - NAMED, 0)
    own = (DEMO_SERVERS if many else max(DEMO_SERVERS, left)) if demo_servers is None else demo_servers
    rest = crowd(many, max(left - own, 0), Chance(f"{seed} crowd"))
    return [demo_account(max(own, ONLY_SUPPORTED)), *others, *rest]


async def play(stage: Stage, cast: list[Profile], transaction: Bulk, progress: Progress) -> None:
    """Invent one account after the other, and copy what has been gathered whenever it is much."""
    total, done = sum(profile.servers for profile in cast), 0
    reseller_id: UUID | None = None
    numbers = await transaction.account_numbers(len(cast))
    async with transaction.bare(*FLEET, indexed=total <= UNINDEXED_FROM):
        for profile, number in zip(cast, numbers, strict=True):
            made = invent(stage, profile, number, reseller_id if profile.kind == "CUSTOMER" else None)
            reseller_id = made if profile.kind == "RESELLER" else reseller_id
            if stage.rows.size() >= COPIED_AT_ONCE:
                done += await stage.rows.copy_into(transaction)
                progress(done, total)
        done += await stage.rows.copy_into(transaction)
    await transaction.numbers_used(tables.ActivationKey, stage.next_key)
    await transaction.numbers_used(tables.ServerGroup, stage.next_group)
    progress(done, total)


def invent(stage: Stage, profile: Profile, number: str, reseller_id: UUID | None) -> UUID:
    """Invent one account with everything that it has."""
    tenant = enter(stage, profile, number, reseller_id)
    add_access(tenant)
    fleet = fleet_of(tenant)
    books = bill(tenant, fleet.pools)
    add_account(tenant, books)
    if profile.kind == "RESELLER":
        add_records(tenant, fleet, books.last_document)
    return tenant.id

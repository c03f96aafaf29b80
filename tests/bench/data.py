"""The fixed data: the demo's thousand accounts with 200,000 servers, and two accounts beside them that are asked.

It is loaded once and kept in a folder of its own, named for all that it is made from. The time it is made for is fixed
too, so that every machine has the same rows, and no server changes its state between two questions.
"""

import asyncio
import hashlib
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import asyncpg
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from auth.actors import CredentialKind
from auth.passwords import PasswordHasher
from auth.server_tokens import ServerToken, ServerTokens
from auth.tokens import new_token
from gateway.demo import LARGE_ACCOUNTS, LARGE_SERVERS, load
from gateway.demo.catalogue import read_catalogue, read_tax_rates
from gateway.demo.loading import FLEET
from gateway.demo.rows import Rows
from gateway.demo.stage import Stage
from gateway.postgres import EmbeddedPostgres
from models import tables
from models.bulk import bulk, tidy
from models.migrations import upgrade
from schema import ids
from tests.bench.accounts import ACCOUNTS, Asked, invent

ROOT = Path(__file__).parents[2]
KEPT = ROOT / "build" / "bench-data"
MADE_FROM = ("gateway/demo", "models/migrations", "tests/bench/accounts.py", "tests/bench/data.py")
MADE_FOR = datetime(2026, 6, 1, tzinfo=UTC)
PASSWORD = "a password that nobody uses"

SPREAD = """
    SELECT r.id, r.epoch FROM registrations r WHERE r.account_id NOT IN (
        SELECT account_id FROM logins WHERE lower(email) = ANY ($1)
    ) ORDER BY md5(r.id::text) LIMIT $2
"""


@dataclass(frozen=True)
class Size:
    """How much there is beside the accounts that are asked."""

    accounts: int = LARGE_ACCOUNTS
    servers: int = LARGE_SERVERS


@dataclass(frozen=True)
class Caller:
    """A signed-in master of one of the asked accounts, and what it names in its questions."""

    token: str
    products: list[str]


def opened(size: Size, console: Console) -> EmbeddedPostgres:
    """The server with the data, started; loads it where it is not there, and removes what older data is."""
    folder = KEPT / _name(size)
    loaded = folder / "loaded"
    for other in KEPT.glob("*"):
        if other != folder or not loaded.exists():
            shutil.rmtree(other)
    server = EmbeddedPostgres(folder)
    server.start()
    if not loaded.exists():
        try:
            asyncio.run(_load(server.dsn(), size, console))
        except BaseException:
            server.stop()
            raise
        loaded.touch()
    return server


def _name(size: Size) -> str:
    whole = hashlib.sha256(repr(size).encode())
    for source in _sources():
        whole.update(source.read_bytes())
    return whole.hexdigest()[:12]


def _sources() -> Iterator[Path]:
    for name in MADE_FROM:
        path = ROOT / name
        yield from [path] if path.is_file() else sorted(path.rglob("*.py"))


async def _load(dsn: str, size: Size, console: Console) -> None:
    columns = (TextColumn("Fixed data"), BarColumn(), MofNCompleteColumn(), TextColumn("servers"), TimeElapsedColumn())
    await upgrade(dsn)
    with Progress(*columns, console=console) as bar:
        task = bar.add_task("", total=size.servers)
        await load(
            dsn,
            password=PASSWORD,
            accounts=size.accounts,
            servers=size.servers,
            now=MADE_FOR,
            progress=lambda done, total: bar.update(task, completed=done, total=total),
        )
    await _add_asked_accounts(dsn)
    await tidy(dsn)


async def _add_asked_accounts(dsn: str) -> None:
    hasher = PasswordHasher()
    try:
        password_hash = await hasher.hash(PASSWORD)
    finally:
        hasher.close()
    async with bulk(dsn) as transaction:
        stage = Stage(
            rows=Rows(),
            catalogue=await read_catalogue(transaction),
            tax_rates=await read_tax_rates(transaction),
            now=MADE_FOR,
            seed=2026,
            password_hash=password_hash,
            next_key=await transaction.next_number(tables.ActivationKey),
            next_group=await transaction.next_number(tables.ServerGroup),
        )
        for asked, number in zip(ACCOUNTS, await transaction.account_numbers(len(ACCOUNTS)), strict=True):
            invent(stage, asked, number)
        async with transaction.bare(*FLEET, indexed=True):
            await stage.rows.copy_into(transaction)
        await transaction.numbers_used(tables.ActivationKey, stage.next_key)
        await transaction.numbers_used(tables.ServerGroup, stage.next_group)


async def sign_in(dsn: str, asked: Asked) -> Caller:
    """Begin a session of the account's master, without its password, and look up what it will name."""
    token, now = new_token(CredentialKind.SESSION), datetime.now(UTC)
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute(
            "INSERT INTO sessions (account_id, login_id, token_hash, created_at, last_seen_at, expires_at)"
            " SELECT account_id, id, $2, $3, $3, $4 FROM logins WHERE lower(email) = $1",
            asked.master,
            token.digest,
            now,
            now + timedelta(days=1),
        )
        rows = await connection.fetch("SELECT id FROM products WHERE code = ANY ($1) ORDER BY position", asked.codes)
    finally:
        await connection.close()
    return Caller(token.text, [ids.encode("Product", row["id"]) for row in rows])


async def server_tokens(dsn: str, secret: bytes, how_many: int) -> list[str]:
    """The tokens of servers that no question is about, spread over all accounts."""
    tokens, connection = ServerTokens(secret), await asyncpg.connect(dsn)
    try:
        rows = await connection.fetch(SPREAD, [asked.master for asked in ACCOUNTS], how_many)
    finally:
        await connection.close()
    return [tokens.written(ServerToken(row["id"], row["epoch"])) for row in rows]

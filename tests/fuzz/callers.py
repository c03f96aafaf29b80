"""Everyone who can call: a login of each role, nobody, and the two kinds of machine credentials."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid5

from auth.actors import Actor, CredentialKind
from auth.authority import Authority
from models.db import Database
from models.roles import RoleName
from resolvers.context import RequestContext
from schema.cursors import CursorSealer
from tests.conftest import SECRET
from tests.fuzz.pool import execute

MOMENT = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)
"""When all of this happens: the demo is made for this day, and every request is made on it."""

NOBODY = "nobody"
SPACE = UUID(int=0xF022)
SESSIONS = (
    "INSERT INTO sessions (id, account_id, login_id, token_hash, created_at, last_seen_at, expires_at, ip, user_agent)"
    " VALUES ($1, $2, $3, $4, $5, $5, $6, '192.0.2.7', 'A browser')"
)


@dataclass(frozen=True)
class Callers:
    """The callers by name; `nobody` has no credential."""

    actors: Mapping[str, Actor | None]

    @property
    def names(self) -> list[str]:
        """The names, in an order that stays."""
        return list(self.actors)

    def keys(self) -> list[UUID]:
        """The keys of the callers' Viewer nodes."""
        return [actor.login_id or actor.credential_id for actor in self.actors.values() if actor is not None]


async def make_callers(db: Database) -> Callers:
    """The demo's logins with two sessions each, and the demo's keys."""
    async with db.read() as reader:
        statement = (
            "SELECT l.* FROM logins l JOIN accounts a ON a.id = l.account_id"
            " WHERE a.kind = 'RESELLER' AND l.state = 'ACTIVE' AND l.totp_secret IS NULL ORDER BY l.email"
        )
        logins = {RoleName[row["role"]]: row for row in await reader.fetch(statement)}
        account = logins[RoleName.MASTER]["account_id"]
        [key] = await reader.fetch("SELECT * FROM api_keys WHERE account_id = $1 ORDER BY name LIMIT 1", account)
        [secret, *_] = await reader.fetch("SELECT * FROM api_secret_keys WHERE account_id = $1 ORDER BY id", account)
    actors: dict[str, Actor | None] = {NOBODY: None}
    for role in RoleName:
        login = logins[role]
        session = await _two_sessions(db, login["account_id"], login["id"], role.name)
        actors[role.name] = Actor(account, role, CredentialKind.SESSION, session, login["id"], login["email"])
    actors["API key"] = Actor(account, RoleName[key["role"]], CredentialKind.API_KEY, key["id"])
    actors["API secret key"] = Actor(account, RoleName.FULL_ACCESS, CredentialKind.API_SECRET_KEY, secret["id"])
    return Callers(actors)


async def _two_sessions(db: Database, account: UUID, login: UUID, name: str) -> UUID:
    ids = [uuid5(SPACE, f"{name} {number}") for number in range(2)]
    for id_ in ids:
        await execute(db, SESSIONS, id_, account, login, id_.bytes * 2, MOMENT, MOMENT + timedelta(hours=9))
    return ids[0]


def context_of(db: Database, actor: Actor | None, authority: Authority) -> RequestContext:
    """The context of a request by an actor, at the moment when everything happens."""
    return RequestContext(
        db=db,
        actor=actor,
        sealer=CursorSealer(SECRET.encode()),
        request_id="a request",
        public_url="https://portal.example.com",
        clock=lambda: MOMENT,
        peer_ip="192.0.2.9",
        user_agent="A fuzzer",
        authority=authority,
    )

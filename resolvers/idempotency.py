"""Doing once what is sent twice: a mutation with a key, its stored answer, and what a repetition gets.

The answer is stored in the mutation's own transaction: whatever cuts a request off, either both are there or neither.
What the payload names by id is read anew for a repetition, so it shows what its caller may see by then.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from models.db import Database, Transaction
from models.errors import UserFault
from models.queries import idempotency
from models.queries.idempotency import Scope, Stored
from resolvers.acting import acting
from resolvers.context import RequestContext
from resolvers.viewer import viewer

KEPT = timedelta(hours=24)
RETRY_AFTER_MS = 1_000
ERRORS = "user_errors"
CALLER = "viewer"
"""The payload's field that is the caller, whose row is never stored."""

Story = Callable[[], Awaitable[dict[str, Any]]]


@dataclass(frozen=True, slots=True)
class Sent:
    """A mutation that was sent with a key: its field, the key, and what it was given, spelt in one way."""

    field: str
    key: str
    given: bytes


async def once(context: RequestContext, sent: Sent, story: Story) -> dict[str, Any]:
    """The payload that the story tells, or told when it was first sent with this key.

    The story writes inside our transaction. It tells faults as entries of its payload, having rolled back its own
    changes. An answer that says when to try again is not kept: it would be given to whoever does.
    """
    actor = acting(context)
    scope = Scope(actor.account_id, actor.login_id or actor.credential_id, sent.field, sent.key)
    vault = context.authority.vault

    async def work(inside: Database, session: Transaction) -> dict[str, Any]:
        if not await idempotency.claim(session, scope):
            raise UserFault("CONFLICT", "The first request with this key still runs.", retry_after_ms=RETRY_AFTER_MS)
        found = await idempotency.find(session, scope, context.now)
        if found is not None and not vault.fits(found.input_hash, sent.given, scope.name):
            raise UserFault("CONFLICT", "This key was sent before, with another input. A new request needs a new key.")
        if found is not None:
            return _replayed(context, found)
        payload = await _within(context, inside, story)
        if not any(error["retry_after_ms"] for error in payload[ERRORS]):
            kept = _stored(payload, vault.digest(sent.given, scope.name))
            await idempotency.store(session, scope, kept, context.now, context.now + KEPT)
        return payload

    return await context.db.around(work)


async def _within(context: RequestContext, inside: Database, story: Story) -> dict[str, Any]:
    """Have the story told with every write of it joining our transaction."""
    outside, context.db = context.db, inside
    try:
        return await story()
    finally:
        context.db = outside


def _stored(payload: Mapping[str, Any], digest: bytes) -> Stored:
    kept = {name: value for name, value in payload.items() if name not in {ERRORS, CALLER} and value is not None}
    if payload.get(CALLER) is not None:
        kept[CALLER] = True
    return Stored(digest, {name: encoded(value) for name, value in kept.items()}, payload[ERRORS])


def _replayed(context: RequestContext, found: Stored) -> dict[str, Any]:
    payload = {name: decoded(value) for name, value in found.payload.items()}
    if CALLER in payload:
        payload[CALLER] = viewer(context)
    return {**payload, ERRORS: list(found.user_errors)}


def encoded(value: Any) -> Any:
    """A payload's value as JSON that says what it was. Of other kinds a payload has none: that would be a defect."""
    match value:
        case None | bool() | int() | str():
            return value
        case UUID():
            return {"uuid": value.hex}
        case datetime():
            return {"time": value.isoformat()}
        case list() | tuple():
            return [encoded(item) for item in value]
        case dict():
            return {"object": {name: encoded(item) for name, item in value.items()}}
    raise TypeError(f"a payload's {type(value).__name__} cannot be stored")


def decoded(value: Any) -> Any:
    """The value that was encoded."""
    match value:
        case {"uuid": text}:
            return UUID(hex=text)
        case {"time": text}:
            return datetime.fromisoformat(text)
        case {"object": items}:
            return {name: decoded(item) for name, item in items.items()}
        case list():
            return [decoded(item) for item in value]
    return value

"""Throttling for the stories: count a try before any work is done for it, and tell afterwards what it was.

    async with throttling.tried(context, Guarded.CODE, str(login.id)):    # THROTTLED where it is too early
        ... check the code, raise TWO_FACTOR_INVALID where it is wrong ...

Each step is a transaction of its own, apart from one around the story, so that nothing that happens to the story
takes a try back. Call them outside `db.write()`. What was neither passed nor returned stays counted: a wrong guess,
and a story that broke off.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from math import ceil
from uuid import UUID

from auth import throttling as rules
from auth.throttling import Counter, Guarded, Scope
from models.errors import UserFault
from models.queries import throttles
from models.queries.throttles import Count
from resolvers.context import RequestContext

__all__ = ["WRONG_GUESSES", "Attempt", "Guarded", "attempt", "inviting", "sending", "tried", "vouch"]

WRONG_GUESSES = frozenset({"INVALID_CREDENTIALS", "TWO_FACTOR_INVALID", "TOKEN_EXPIRED"})
"""Refusals that a guess can meet. After any other a try is taken back."""


def throttled(wait: timedelta) -> UserFault:
    """Too early; when to try again."""
    milliseconds = ceil(wait / timedelta(milliseconds=1))
    return UserFault("THROTTLED", "Too many attempts. Try again later.", retry_after_ms=milliseconds)


class Attempt:
    """A try that has been counted as a failure already, wherever it counts."""

    def __init__(self, context: RequestContext, counted: Mapping[Counter, Count]) -> None:
        self._context = context
        self._counted = counted

    async def passed(self) -> None:
        """It was right: its subject's counter for this network begins anew, and the network is known."""
        await self._settle(passed=True)

    async def returned(self) -> None:
        """It was no guess after all: take it back."""
        await self._settle(passed=False)

    async def _settle(self, *, passed: bool) -> None:
        counters = list(self._counted)
        async with self._context.db.apart.write() as session:
            held = await throttles.hold(session, [counter.key for counter in counters])
            settled = [
                counter.passed(count, held.at)
                if passed and counter.scope is Scope.HERE
                else counter.returned(count, self._counted[counter])
                for counter, count in zip(counters, held.counts, strict=True)
            ]
            await throttles.store(session, settled)


async def attempt(context: RequestContext, guarded: Guarded, subject: str = "") -> Attempt:
    """Count a try, or raise THROTTLED where one of its counters takes none now: then it is counted nowhere.

    The subject of a PASSWORD or a LETTER is the e-mail address, known or not, that of a CODE the login's id; a LINK
    has none.
    """
    return await _counted(context, rules.counters(context.authority.vault, guarded, subject, context.peer_ip))


async def _counted(context: RequestContext, counters: Sequence[Counter]) -> Attempt:
    async with context.db.apart.write() as session:
        held = await throttles.hold(session, [counter.key for counter in counters])
        wait = rules.wait(counters, held)
        if wait > timedelta(0):
            raise throttled(wait)
        counted = rules.charged(counters, held)
        await throttles.store(session, list(counted.values()))
    return Attempt(context, counted)


@asynccontextmanager
async def tried(context: RequestContext, guarded: Guarded, subject: str = "") -> AsyncIterator[None]:
    """A try that the block makes: wrong where it raises a refusal of a guess, right where it ends well."""
    counted = await attempt(context, guarded, subject)
    try:
        yield
    except UserFault as fault:
        if fault.code not in WRONG_GUESSES:
            await counted.returned()
        raise
    await counted.passed()


@asynccontextmanager
async def sending(context: RequestContext, email: str) -> AsyncIterator[None]:
    """A letter that the block has written to an address; refused, there is none, and nothing to count."""
    async with _letter(await attempt(context, Guarded.LETTER, email)):
        yield


@asynccontextmanager
async def inviting(context: RequestContext, account_id: UUID, email: str) -> AsyncIterator[None]:
    """A letter in which the block invites an address to an account, or tells its owner why it does not.

    It is counted for whoever invites alone: nobody else's letters can use up what an account may send.
    """
    vault, peer = context.authority.vault, context.peer_ip
    by_account = rules.counters(vault, Guarded.INVITATION, str(account_id), peer)
    to_address = rules.counters(vault, Guarded.INVITED, f"{account_id} {email}", peer)
    async with _letter(await _counted(context, [*by_account, *to_address])):
        yield


@asynccontextmanager
async def _letter(counted: Attempt) -> AsyncIterator[None]:
    """A letter that has been counted; refused, there is none."""
    try:
        yield
    except UserFault:
        await counted.returned()
        raise


async def vouch(context: RequestContext, email: str, login_id: UUID) -> None:
    """Let the caller's network be known for a login whose owner has just proved to be there, as by a mailed link."""
    for guarded, subject in ((Guarded.PASSWORD, email), (Guarded.CODE, str(login_id))):
        counters = rules.counters(context.authority.vault, guarded, subject, context.peer_ip)
        (here,) = (counter for counter in counters if counter.scope is Scope.HERE)
        async with context.db.apart.write() as session:
            held = await throttles.hold(session, [here.key])
            await throttles.store(session, [here.passed(held.counts[0], held.at)])

"""Checking in: the bulk of all traffic, one statement each.

A check-in leaves no audit row and no event: it changes nothing but the time at which a server was last heard, which the
server itself shows, and a hundred thousand servers would write a row each every four hours in which nobody would find
what people did. That a server falls silent is told by a periodic job.
"""

from datetime import datetime
from typing import NamedTuple

from models.queries import check_ins
from models.queries.check_ins import Told
from resolvers.agents import ended, throttle, token_of, version_of
from resolvers.context import RequestContext


class CheckIn(NamedTuple):
    """What an agent sent, as it was typed."""

    server_token: str
    at: datetime | None
    ok: bool
    version: str | None


async def check_in(context: RequestContext, sent: CheckIn) -> bool:
    """Write down that a server was heard; whether it may go on."""
    throttle(context)
    token, version = token_of(context, sent.server_token), version_of(sent.version)
    told = Told(token.registration_id, token.epoch, sent.at or context.now, sent.ok, version)
    async with context.db.change() as writer:
        heard = await check_ins.check_in(writer, told, context.now)
    if heard is None or not heard.current:
        raise ended()
    return not heard.locked

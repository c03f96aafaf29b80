"""What all calls of servers' agents share: no login is behind them; a key, or a registration's token, speaks for them.

The audit log names who acted by what was shown: the key, masked, or the server that the token was told to.
"""

from collections.abc import Sequence
from uuid import UUID

from auth.server_tokens import ServerToken
from models.audit import masked_key
from models.errors import UserFault, UserFaults
from models.queries.audit import Origin
from resolvers.checks import line
from resolvers.context import RequestContext

CHECK_IN_EVERY_SECONDS = 4 * 60 * 60
"""How often agents are told to check in."""

MOST_OF_A_VERSION = 100
TOKEN_FIELD = ["serverToken"]


def throttle(context: RequestContext, key: str | None = None) -> None:
    """Count a call, of whatever may come of it; too many from one address or with one key are refused for a while."""
    wait = context.authority.agent_rates.wait(context.peer_ip, key)
    if wait:
        raise UserFault("THROTTLED", "Too many calls: wait before the next.", None, wait)


def unknown_key(path: Sequence[str]) -> UserFault:
    """The one answer for keys that never were and keys that are no more."""
    return UserFault("UNKNOWN_KEY", "There is no such activation key.", path)


def ended() -> UserFault:
    """The registration that a token names stands no more."""
    return UserFault("TOKEN_EXPIRED", "The registration has ended: register the server again.", TOKEN_FIELD)


def token_of(context: RequestContext, text: str) -> ServerToken:
    """What a registration's token names."""
    token = context.authority.server_tokens.read(text)
    if token is None:
        raise UserFault("INVALID", "This is no registration's token.", TOKEN_FIELD)
    return token


def version_of(text: str | None) -> str | None:
    """The version that an agent tells; None where it tells none."""
    try:
        return line(MOST_OF_A_VERSION)((text or "").strip()) or None
    except UserFault as fault:
        raise UserFault(fault.code, fault.message, ["version"]) from None


def refuse(faults: Sequence[UserFault]) -> None:
    """Refuse for all of these reasons at once, where there are any."""
    if faults:
        raise UserFaults(faults)


def with_key(context: RequestContext, account_id: UUID, key: str) -> Origin:
    """An agent that showed an activation key."""
    return Origin(account_id, f"Activation key {masked_key(key)}", context.now, context.peer_ip)


def as_server(context: RequestContext, account_id: UUID, hostname: str) -> Origin:
    """An agent that showed the token of a registration of this server."""
    return Origin(account_id, f"Server {hostname}", context.now, context.peer_ip)

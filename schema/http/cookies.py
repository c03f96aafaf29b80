"""The session cookie: its names, and how it is set and cleared.

Over TLS its name begins with `__Host-`, which binds it to this very host. Plain HTTP is for trying things out on one's
own machine: only there the cookie goes without Secure, and its name holds the port, because browsers share the cookies
of one host among all its ports, and two gateways on one machine are two portals.
"""

import re
from datetime import datetime

from starlette.requests import cookie_parser
from starlette.responses import Response

from schema.http.exchange import Exchange

SECURE_NAME = "__Host-session"
PLAIN_NAME = "session"
LOOPBACK = frozenset({"localhost", "127.0.0.1", "[::1]"})


def is_plain_loopback(exchange: Exchange) -> bool:
    """Whether the request came over plain HTTP to this very machine."""
    return exchange.scheme == "http" and _split(exchange.host)[0] in LOOPBACK


def session_token(header: str | None, exchange: Exchange) -> str | None:
    """The session's token out of a Cookie header."""
    return None if header is None else cookie_parser(header).get(_name(exchange)) or None


def set_session(response: Response, exchange: Exchange, token: str, expires: datetime | None) -> None:
    """Hand the session to the browser, out of reach of scripts and of other sites, for as long as it lasts."""
    response.set_cookie(
        _name(exchange),
        token,
        expires=expires,
        path="/",
        secure=not is_plain_loopback(exchange),
        httponly=True,
        samesite="strict",
    )


def clear_session(response: Response, exchange: Exchange) -> None:
    """Take the session from the browser."""
    response.delete_cookie(
        _name(exchange), path="/", secure=not is_plain_loopback(exchange), httponly=True, samesite="strict"
    )


def _name(exchange: Exchange) -> str:
    if not is_plain_loopback(exchange):
        return SECURE_NAME
    port = _split(exchange.host)[1]
    return f"{PLAIN_NAME}-{port}" if port else PLAIN_NAME


def _split(host: str) -> tuple[str, str]:
    """A Host header's name, and its port where it has one."""
    match = re.fullmatch(r"(\[[^\]]*\]|[^:]*)(?::(\d{1,5}))?", host)
    return ("", "") if match is None else (match[1], match[2] or "")

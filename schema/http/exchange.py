"""What is known of one HTTP request beyond its headers. It travels in the ASGI scope, from the front door inwards."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import overload

from starlette.types import Scope

from auth.actors import Actor

KEY = "gateway.exchange"
HEADERS = "gateway.headers"


@dataclass(slots=True)
class Exchange:
    """One request: its name in logs, where it came from, who sent it, and what it turned out to ask for.

    With `viewing` the actor has a role that is not the caller's own: it looks on as that role would.
    """

    request_id: str
    peer_ip: str | None = None
    scheme: str = "http"
    host: str = ""
    user_agent: str | None = None
    actor: Actor | None = None
    viewing: bool = False
    cookie_refused: bool = False
    operation_name: str | None = None
    document_hash: str | None = None

    @property
    def origin(self) -> str:
        """Our own origin, as a browser that sent this request names it."""
        return f"{self.scheme}://{self.host}"


class SentHeaders:
    """A request's headers, sorted by name once: the library's look through all of them for each that is asked for.

    Names are asked for in small letters.
    """

    __slots__ = ("_by_name",)

    def __init__(self, raw: Iterable[tuple[bytes, bytes]]) -> None:
        self._by_name: dict[str, list[str]] = {}
        for name, value in raw:
            self._by_name.setdefault(name.decode("latin-1"), []).append(value.decode("latin-1"))

    def __contains__(self, name: str) -> bool:
        """Whether a header was sent."""
        return name in self._by_name

    @overload
    def get(self, name: str) -> str | None: ...
    @overload
    def get(self, name: str, default: str) -> str: ...
    def get(self, name: str, default: str | None = None) -> str | None:
        """The first line of a header, or something else where it was not sent."""
        lines = self._by_name.get(name)
        return default if lines is None else lines[0]

    def getlist(self, name: str) -> list[str]:
        """All lines of a header."""
        return self._by_name.get(name, [])

    def joined(self, name: str) -> str | None:
        """All lines of a header that may be sent in several as one; None where it was not sent."""
        lines = self._by_name.get(name)
        return None if lines is None else ", ".join(lines)


def headers_of(scope: Scope) -> SentHeaders:
    """The headers of this request, read once for all that ask for them on its way."""
    headers: SentHeaders | None = scope.get(HEADERS)
    if headers is None:
        headers = scope[HEADERS] = SentHeaders(scope["headers"])
    return headers


def exchange_of(scope: Scope) -> Exchange:
    """The exchange that the front door has opened for this request."""
    exchange: Exchange = scope[KEY]
    return exchange

"""What is known of one HTTP request beyond its headers. It travels in the ASGI scope, from the front door inwards."""

from dataclasses import dataclass
from typing import Any, cast

from starlette.datastructures import Headers
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
    actor: Actor | None = None
    viewing: bool = False
    cookie_refused: bool = False
    operation_name: str | None = None
    document_hash: str | None = None

    @property
    def origin(self) -> str:
        """Our own origin, as a browser that sent this request names it."""
        return f"{self.scheme}://{self.host}"


class SentHeaders(Headers):
    """A request's headers, sorted by name once: the library looks through all of them for each that is asked for."""

    def __init__(self, scope: Scope) -> None:
        super().__init__(scope=scope)
        self._by_name: dict[str, list[str]] = {}
        for name, value in scope["headers"]:
            self._by_name.setdefault(name.decode("latin-1"), []).append(value.decode("latin-1"))

    def __getitem__(self, key: str) -> str:
        """The first line of a header, by its name in whatever case."""
        return self._by_name[key.lower()][0]

    def __contains__(self, key: Any) -> bool:
        """Whether a header was sent."""
        return key.lower() in self._by_name

    def get(self, key: str, default: Any = None) -> Any:
        """The first line of a header, or something else where it was not sent."""
        lines = self._by_name.get(key.lower())
        return default if lines is None else lines[0]

    def getlist(self, key: str) -> list[str]:
        """All lines of a header."""
        return list(self._by_name.get(key.lower(), ()))


def headers_of(scope: Scope) -> SentHeaders:
    """The headers of this request, read once for all that ask for them on its way."""
    headers = scope.get(HEADERS)
    if headers is None:
        headers = scope[HEADERS] = SentHeaders(scope)
    return cast(SentHeaders, headers)


def exchange_of(scope: Scope) -> Exchange:
    """The exchange that the front door has opened for this request."""
    return cast(Exchange, scope[KEY])

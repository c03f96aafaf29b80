"""What is known of one HTTP request beyond its headers. It travels in the ASGI scope, from the front door inwards."""

from dataclasses import dataclass
from typing import cast

from starlette.types import Scope

from auth.actors import Actor

KEY = "gateway.exchange"


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


def exchange_of(scope: Scope) -> Exchange:
    """The exchange that the front door has opened for this request."""
    return cast(Exchange, scope[KEY])

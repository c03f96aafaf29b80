"""Opens the exchange: the request's id, and where it came from as far as proxies can be believed."""

import re
from collections.abc import Sequence
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network, ip_address
from secrets import token_hex

from starlette.types import Scope

from schema.http.exchange import Exchange, SentHeaders, headers_of

Networks = Sequence[IPv4Network | IPv6Network]

ADDRESSES_KEPT = 4096
REQUEST_ID_BYTES = 16
_SANE_ID = re.compile(r"[A-Za-z0-9._:/+=@-]{1,128}")


class Exchanges:
    """Names each request, and tells its peer and our own origin."""

    def __init__(self, trusted_proxies: Networks = ()) -> None:
        self.trusted = tuple(trusted_proxies)

    def opened(self, scope: Scope) -> Exchange:
        """The exchange that a request begins."""
        headers = headers_of(scope)
        direct = scope["client"][0] if scope.get("client") else None
        peer, scheme = _address(direct), "https" if scope["scheme"] in {"https", "wss"} else "http"
        if self._is_trusted(direct):
            peer = self._peer(direct, headers.getlist("x-forwarded-for"))
            scheme = _forwarded_scheme(headers) or scheme
        return Exchange(
            request_id=_request_id(headers.get("x-request-id")),
            peer_ip=peer,
            scheme=scheme,
            host=headers.get("host", "").lower(),
            user_agent=headers.get("user-agent"),
        )

    def _peer(self, direct: str | None, forwarded: Sequence[str]) -> str | None:
        """The last address on the way that is none of our proxies; what stands before it anybody may have written."""
        hops = [hop.strip() for line in forwarded for hop in line.split(",") if hop.strip()]
        peer = _address(direct)
        for hop in reversed(hops):
            address = _address(hop)
            if address is None:
                break
            peer = address
            if not self._is_trusted(address):
                break
        return peer

    def _is_trusted(self, address: str | None) -> bool:
        known = _address(address) if self.trusted else None
        return known is not None and any(ip_address(known) in network for network in self.trusted)


def _request_id(sent: str | None) -> str:
    """The client's own id where it is fit for a log line, else a new one."""
    return sent if sent is not None and _SANE_ID.fullmatch(sent) else token_hex(REQUEST_ID_BYTES)


def _forwarded_scheme(headers: SentHeaders) -> str | None:
    """What the client spoke with the first proxy, where that is HTTP at all."""
    sent = headers.get("x-forwarded-proto", "").partition(",")[0].strip().lower()
    return sent if sent in {"http", "https"} else None


@lru_cache(maxsize=ADDRESSES_KEPT)
def _address(text: str | None) -> str | None:
    """The address in its usual form, an IPv4 one inside IPv6 as itself; None where there is none."""
    try:
        address = ip_address(text or "")
    except ValueError:
        return None
    mapped = address.ipv4_mapped if address.version == 6 else None
    return str(mapped or address)

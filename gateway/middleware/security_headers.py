"""Headers that keep browsers from doing more with an answer than reading it."""

from collections.abc import Mapping

from schema.http.responses import RawHeaders

DEFAULTS: Mapping[str, str] = {
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
TRANSPORT = "max-age=31536000"
PLAIN = [(name.lower().encode(), value.encode()) for name, value in DEFAULTS.items()]
SECURE = [*PLAIN, (b"strict-transport-security", TRANSPORT.encode())]


def add_missing(headers: RawHeaders, *, secure: bool) -> None:
    """Add the strictest headers wherever a route has not set its own, and HSTS over TLS."""
    sent = {name for name, _ in headers}
    headers.extend([header for header in (SECURE if secure else PLAIN) if header[0] not in sent])

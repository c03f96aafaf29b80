"""Where the payment provider's messages arrive. Whoever can sign them may send them: no cookie, no origin, no key."""

import structlog
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from gateway.payments import WEBHOOKS
from gateway.portal import portal_of
from resolvers.context import utc_now
from resolvers.ports import EventRefused, ProviderUnavailable
from resolvers.provider_events import take

SIGNATURE = "stripe-signature"

_log = structlog.get_logger(__name__)


async def receive(request: Request) -> Response:
    """Take a message: 200 once it is, 400 for one that is not from there, 503 for one that shall be sent again."""
    portal = portal_of(request.app)
    body = await request.body()
    try:
        event = portal.payments.event(body, request.headers.get(SIGNATURE, ""))
    except EventRefused as refused:
        _log.warning("payments.event_refused", reason=str(refused))
        return JSONResponse({"received": False}, status_code=400)
    try:
        await take(portal.db, portal.payments, event, utc_now())
    except ProviderUnavailable:
        return JSONResponse({"received": False}, status_code=503, headers={"Retry-After": "60"})
    return JSONResponse({"received": True})


def webhook_routes() -> list[BaseRoute]:
    """The one route."""
    return [Route(WEBHOOKS, receive, methods=["POST"])]

"""The last resort: whatever was not foreseen is logged under the request's id and answered with that id alone."""

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from schema.errors import masked
from schema.http.exchange import exchange_of
from schema.http.faults import HttpFault, bad_request
from schema.http.responses import fault_response


class FailureMiddleware:
    """Turns faults and defects that left the application into answers in the shape of GraphQL."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on and catch what comes back."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started = False

        async def sending(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self.app(scope, receive, sending)
        except HttpFault as fault:
            response = fault_response(fault, exchange_of(scope).request_id)
        except Exception as error:  # noqa: BLE001 (the very purpose of this place)
            response = _masked_response(error, exchange_of(scope).request_id)
        else:
            return
        if not started:
            await response(scope, receive, send)


def _masked_response(error: Exception, request_id: str) -> Response:
    return fault_response(HttpFault(500, masked(error, request_id)), request_id)


async def http_exception(request: Request, error: Exception) -> Response:
    """Starlette's own refusals, a path that is not there among them, in the same shape."""
    if not isinstance(error, HTTPException):
        raise error
    fault = bad_request(f"{error.detail}.", error.status_code, error.headers)
    return fault_response(fault, exchange_of(request.scope).request_id)

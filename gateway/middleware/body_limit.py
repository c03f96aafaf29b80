"""The longest body that is read, whatever its Content-Length says."""

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from schema.http.exchange import headers_of
from schema.http.faults import body_too_long


class BodyLimitMiddleware:
    """Counts a body as it comes in, and stops reading past the limit. Refusing is left to those around it."""

    def __init__(self, app: ASGIApp, limit: int) -> None:
        self.app = app
        self.limit = limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on; raises HttpFault (413) once its body is too long."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        announced = headers_of(scope).get("content-length", "")
        if announced.isascii() and announced.isdigit() and (len(announced) > 15 or int(announced) > self.limit):
            raise body_too_long(self.limit)
        taken = 0

        async def receiving() -> Message:
            nonlocal taken
            message = await receive()
            taken += len(message.get("body", b""))
            if taken > self.limit:
                raise body_too_long(self.limit)
            return message

        await self.app(scope, receiving, send)

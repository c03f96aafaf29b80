"""The endpoint: one HTTP request in, one GraphQL answer out."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime
from functools import partial
from typing import Protocol

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from schema.answers import Answer, Outcome
from schema.http.accept import JSON, Accepted, negotiate
from schema.http.cookies import clear_session, set_session
from schema.http.exchange import Exchange, exchange_of, headers_of
from schema.http.faults import CHALLENGE, HttpFault, bad_request
from schema.http.parameters import ALLOWED, read_parameters
from schema.http.responses import JsonResponse, fault_response
from schema.http.status import status_of
from schema.operations import Engine, OperationContext

_HEADERS: Mapping[Outcome, Mapping[str, str]] = {
    Outcome.MUTATION_BY_GET: {"Allow": "POST"},
    Outcome.UNAUTHENTICATED: {"WWW-Authenticate": CHALLENGE},
}


class SessionChange(Protocol):
    """What resolvers ask of the response."""

    set_session_token: str | None
    session_expires_at: datetime | None
    clear_session: bool


class HttpContext(OperationContext, Protocol):
    """A context whose resolvers may start or end a browser's session."""

    @property
    def response(self) -> SessionChange:
        """What the resolvers ask of the response."""


class GraphQLEndpoint:
    """GraphQL over HTTP as an ASGI application. `draft` makes the status codes of August 2026 the usual ones."""

    def __init__(
        self,
        engine: Engine,
        context_of: Callable[[Exchange], HttpContext],
        *,
        draft: bool,
    ) -> None:
        self.engine = engine
        self.context_of = context_of
        self.draft = draft

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        exchange = exchange_of(scope)
        accepted = negotiate(headers_of(scope).joined("accept"))
        if scope["method"] == "OPTIONS":
            response = Response(status_code=204, headers={"Allow": ALLOWED})
        else:
            try:
                response = await self._answered(scope, receive, accepted)
            except HttpFault as fault:
                response = fault_response(fault, exchange.request_id, accepted.media_type if accepted else JSON)
        await response(scope, receive, send)

    async def _answered(self, scope: Scope, receive: Receive, accepted: Accepted | None) -> Response:
        if accepted is None:
            raise bad_request("Answers come as application/graphql-response+json or application/json.", 406)
        headers, exchange = headers_of(scope), exchange_of(scope)
        parameters = await read_parameters(scope, receive)
        context = self.context_of(exchange)
        answer = await self.engine.run(
            parameters,
            context,
            method=scope["method"],
            reject_unauthorized=headers.get("x-reject-unauthorized", "").strip() == "1",
            report_cost=headers.get("graphql-cost", "").strip().lower() == "report",
            viewing=exchange.viewing,
            abandoned=partial(_disconnected, receive),
        )
        exchange.operation_name, exchange.document_hash = answer.operation_name, answer.document_hash
        response = self._response(answer, accepted)
        self._keep_session(response, exchange, context.response)
        return response

    def _response(self, answer: Answer, accepted: Accepted) -> Response:
        status = status_of(answer, accepted, self.draft)
        return JsonResponse(answer.body(), status, accepted.media_type, _HEADERS.get(answer.outcome))

    @staticmethod
    def _keep_session(response: Response, exchange: Exchange, change: SessionChange) -> None:
        if change.set_session_token is not None:
            set_session(response, exchange, change.set_session_token, change.session_expires_at)
        elif change.clear_session or exchange.cookie_refused:
            clear_session(response, exchange)


async def _disconnected(receive: Receive) -> None:
    """Returns when the client has closed the connection, or sends more than it may."""
    with suppress(HttpFault):
        while (await receive())["type"] != "http.disconnect":
            continue

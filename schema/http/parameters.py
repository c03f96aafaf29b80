"""The parameters of a GraphQL request, out of a JSON body or a query string."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qsl

import orjson
from starlette.requests import ClientDisconnect
from starlette.types import Receive, Scope

from schema.answers import GraphQLRequest
from schema.errors import limit_exceeded
from schema.http.exchange import headers_of
from schema.http.faults import HttpFault, bad_request

ALLOWED = "GET, POST, OPTIONS"
PARAMETERS = frozenset({"query", "operationName", "variables", "extensions"})
MAX_QUERY_FIELDS = 20
MEDIA_TYPES_KEPT = 128


async def read_parameters(scope: Scope, receive: Receive) -> GraphQLRequest:
    """The request's parameters; raises HttpFault where there are none to read."""
    if scope["method"] == "POST":
        headers = headers_of(scope)
        _require_json(headers.get("content-type"), headers.get("content-encoding"))
        return _request(_json_object(await _body(receive)))
    if scope["method"] == "GET":
        return _request(_query_parameters(scope["query_string"]))
    message = f"{scope['method']} is not allowed here: send POST, or GET for a query."
    raise bad_request(message, 405, {"Allow": ALLOWED})


async def _body(receive: Receive) -> bytes:
    """The body, whole; most come in one piece."""
    pieces: list[bytes] = []
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        pieces.append(message.get("body", b""))
        more = message.get("more_body", False)
    return pieces[0] if len(pieces) == 1 else b"".join(pieces)


@lru_cache(maxsize=MEDIA_TYPES_KEPT)
def _require_json(content_type: str | None, encoding: str | None) -> None:
    """Refuse what is not plain JSON in UTF-8; a form would be sent by any site's page without asking."""
    media, _, rest = (content_type or "").partition(";")
    parameters = dict(part.strip().lower().split("=", 1) for part in rest.split(";") if "=" in part)
    charset = parameters.get("charset", "utf-8").strip('"')
    if media.strip().lower() != "application/json" or charset not in {"utf-8", "utf8"}:
        raise bad_request("The body must be sent as Content-Type: application/json, in UTF-8.", 415)
    if encoding is not None and encoding.strip().lower() != "identity":
        raise bad_request("The body must be sent without a Content-Encoding.", 415)


def _json_object(body: bytes) -> Mapping[str, Any]:
    if not body:
        raise bad_request("The body is empty; send a JSON object with a query.")
    found = _json(body, "The body")
    if isinstance(found, list):
        raise HttpFault(400, limit_exceeded("operationsPerRequest", 1, "A request is one operation, not a batch."))
    if not isinstance(found, dict):
        raise bad_request("The body must be a JSON object with a query.")
    return found


def _query_parameters(query_string: bytes) -> Mapping[str, Any]:
    try:
        text = query_string.decode("ascii")
        pairs = parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=MAX_QUERY_FIELDS)
    except ValueError:
        raise bad_request("The query string cannot be read: it must be percent-encoded UTF-8.") from None
    given = [(name, value) for name, value in pairs if name in PARAMETERS and value]
    parameters: dict[str, Any] = dict(given)
    if len(parameters) < len(given):
        raise bad_request("A parameter is given twice in the query string.")
    for name in ("variables", "extensions"):
        if name in parameters:
            parameters[name] = _json(parameters[name], f"The parameter {name}")
    return parameters


def _json(text: bytes | str, what: str) -> Any:
    """JSON as its standard has it: no NaN, no lone surrogates, no endless nesting, no numbers beyond a double."""
    try:
        return orjson.loads(text)
    except (orjson.JSONDecodeError, RecursionError) as error:
        raise bad_request(f"{what} is not valid JSON: {_reason(error)}.") from None


def _reason(error: Exception) -> str:
    return str(error).partition(" (char")[0] if isinstance(error, orjson.JSONDecodeError) else "nested too deeply"


def _request(parameters: Mapping[str, Any]) -> GraphQLRequest:
    query = parameters.get("query")
    name = parameters.get("operationName")
    if not isinstance(query, str):
        raise bad_request("query is required, as a string.")
    if name is not None and not isinstance(name, str):
        raise bad_request("operationName must be a string or null.")
    return GraphQLRequest(query, name or None, _map(parameters, "variables"), _map(parameters, "extensions"))


def _map(parameters: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = parameters.get(name)
    if value is not None and not isinstance(value, dict):
        raise bad_request(f"{name} must be a JSON object or null.")
    return value or {}

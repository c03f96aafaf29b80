"""What a browser finds here: GraphiQL and its assets, the products' logos, and the way from `/` to the page."""

from contextlib import suppress
from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Match, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from schema.http.accept import GRAPHQL_RESPONSE, JSON
from schema.http.exchange import headers_of

STATIC = Path(__file__).parent / "static"

# Monaco lays out its lines with inline styles; everything else comes from our own origin.
POLICY = (
    "default-src 'none'; script-src 'self'; worker-src 'self'; connect-src 'self'; img-src 'self' data:; "
    "font-src 'self' data:; style-src 'self' 'unsafe-inline'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'"
)
PAGE_HEADERS = {
    "Content-Security-Policy": POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
ASSET_HEADERS = {
    "Cache-Control": "public, max-age=31536000, immutable",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}
LOGO_HEADERS = {
    "Cache-Control": "public, max-age=86400",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox",
    "Cross-Origin-Resource-Policy": "cross-origin",
    "X-Content-Type-Options": "nosniff",
}
NOT_BUILT = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>GraphiQL is not built</title>
<body style="font: 16px/1.5 system-ui, sans-serif; margin: 4rem auto; max-width: 36rem; padding: 0 1rem">
<h1>GraphiQL is not built yet</h1>
<p>The API itself is up and answers at <code>/graphql</code>. The page is put together from npm packages once: run
<code>make page</code> in the project's folder, then load this address again.</p>
</html>
"""


def weights(header: str) -> dict[str, float]:
    """An Accept header's entries with their weights; an unreadable weight counts as refused."""
    found: dict[str, float] = {}
    for entry in header.split(","):
        name, *parameters = (part.strip().lower() for part in entry.split(";"))
        quality = next((value[2:] for value in parameters if value.startswith("q=")), "1")
        try:
            found[name] = float(quality)
        except ValueError:
            found[name] = 0.0
    return found


def prefers_html(accept: str) -> bool:
    """Whether a page is wanted more than an answer of the API. Wildcards do not count: every client sends them."""
    found = weights(accept)
    html = found.get("text/html", 0.0)
    return html > max(found.get(media, 0.0) for media in (JSON, GRAPHQL_RESPONSE))


class Visit(Route):
    """A route for browsers that open the API's own address; every other request passes it by."""

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Full for a GET without a query that prefers a page, else none, so that the API sees the rest."""
        match, child = super().matches(scope)
        browsing = match is Match.FULL and not scope["query_string"]
        if browsing and prefers_html(headers_of(scope).get("accept", "")):
            return match, child
        return Match.NONE, {}


class Folder(StaticFiles):
    """A folder of files, each sent with the same headers, and as its gzip copy where there is one and it is welcome."""

    def __init__(self, directory: Path, headers: dict[str, str]) -> None:
        super().__init__(directory=directory, check_dir=False)
        self.headers = headers

    async def check_config(self) -> None:
        """Without the folder there are no files, which is a 404 like any other."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        """The file with its headers. That the client asked for a copy or not is part of the cache's key."""
        response = await self.choose(path, scope)
        response.headers.update(self.headers)
        response.headers["Vary"] = "Accept-Encoding"
        return response

    async def choose(self, path: str, scope: Scope) -> Response:
        """The copy where it is welcome and there; mimetypes knows `x.js.gz` as JavaScript, encoded with gzip."""
        if weights(headers_of(scope).get("accept-encoding", "")).get("gzip", 0.0) > 0:
            with suppress(HTTPException):
                response = await super().get_response(f"{path}.gz", scope)
                response.headers["Content-Encoding"] = "gzip"
                return response
        return await super().get_response(path, scope)


def to_graphiql(request: Request) -> Response:
    """Sends a browser on to the page."""
    target = f"{request.scope.get('root_path', '')}/graphiql"
    return RedirectResponse(target, headers={"Cache-Control": "no-store", "Vary": "Accept"})


def visit_route(path: str) -> Visit:
    """The way from the API's own address to the page. It comes before the API's route."""
    return Visit(path, to_graphiql)


def page_routes(static: Path = STATIC) -> list[BaseRoute]:
    """The pages' routes."""
    index = static / "graphiql" / "index.html"

    def graphiql(_: Request) -> Response:
        headers = {**PAGE_HEADERS, "Cache-Control": "no-cache"}
        if index.is_file():
            return FileResponse(index, headers=headers)
        return HTMLResponse(NOT_BUILT, status_code=503, headers=headers)

    return [
        Route("/", to_graphiql),
        Route("/graphiql", graphiql),
        Mount("/graphiql/assets", Folder(static / "graphiql" / "assets", ASSET_HEADERS)),
        Mount("/static/logos", Folder(static / "logos", LOGO_HEADERS)),
    ]

"""The application: routes, the middleware around them, and what lives from start to end."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.routing import Route
from starlette.types import ASGIApp

from auth.actors import Actor
from auth.tokens import Token
from gateway.account_pages import account_page_routes
from gateway.documents.routes import document_routes
from gateway.exports import export_routes
from gateway.health import health_routes
from gateway.middleware.cors import Cors
from gateway.middleware.credentials import CredentialMiddleware
from gateway.middleware.cross_site import CrossSiteMiddleware
from gateway.middleware.exchanges import Exchanges
from gateway.middleware.failures import http_exception
from gateway.middleware.front_door import FrontDoor
from gateway.middleware.view_as import ViewAsMiddleware
from gateway.pages import page_routes, visit_route
from gateway.payments.provider import paying
from gateway.payments.webhooks import webhook_routes
from gateway.portal import Portal, portal_of
from gateway.settings import Settings
from gateway.worker import working
from models.db import Database
from resolvers.context import RequestContext
from schema.http import Exchange, GraphQLEndpoint, SchemaEndpoint
from schema.limits import Limits
from schema.operations import Engine
from schema.serving import engine_for

GRAPHQL = "/graphql"
SCHEMA = "/schema.graphql"


def create_app(
    settings: Settings, db: Database | None = None, engine: Engine | None = None, *, worker: bool = False
) -> Starlette:
    """The gateway over a database: the given one, which stays open, or one of its own, opened at its start.

    With `worker` it does jobs for as long as it runs.
    """
    app = Starlette(exception_handlers={HTTPException: http_exception}, lifespan=_lifespan(settings, db, worker=worker))
    engine = engine or engine_for(limits_of(settings), settings.request_seconds, introspection=settings.introspection)
    api = _graphql(app, settings, engine)
    app.router.routes.extend([visit_route(GRAPHQL), Route(GRAPHQL, api)])
    linked = [*export_routes(), *document_routes(), *webhook_routes()]
    app.router.routes.extend([*health_routes(), *linked, *page_routes(), *account_page_routes()])
    if settings.introspection:
        app.router.routes.append(Route(SCHEMA, _schema(app, engine), methods=["GET"]))
    app.add_middleware(
        FrontDoor,
        exchanges=Exchanges(settings.trusted_proxies),
        cors=Cors(settings.cors_origins, GRAPHQL),
        body_limit=settings.max_body_bytes,
        direct={GRAPHQL: api},
    )
    return app


def limits_of(settings: Settings) -> Limits:
    """The limits of a document, as the settings have them."""
    return Limits(
        tokens=settings.max_tokens,
        depth=settings.max_depth,
        aliases=settings.max_aliases,
        root_fields=settings.max_root_fields,
        directives=settings.max_directives,
        mutations=settings.max_mutations,
        cost=settings.max_cost,
    )


def _graphql(app: Starlette, settings: Settings, engine: Engine) -> ASGIApp:
    """The endpoint behind its gates: no foreign pages, and none but known callers."""

    def context(exchange: Exchange) -> RequestContext:
        return portal_of(app).context(exchange)

    endpoint = GraphQLEndpoint(engine, context, draft=settings.status_profile == "2026-08")
    return CrossSiteMiddleware(_known(app, endpoint), settings.cors_origins)


def _schema(app: Starlette, engine: Engine) -> ASGIApp:
    """The schema as text. A link may lead to it: it changes nothing, and no page of another origin can read it."""
    return _known(app, SchemaEndpoint(engine.views))


def _known(app: Starlette, endpoint: ASGIApp) -> ASGIApp:
    """An endpoint that learns who is calling, and as which role they want to be seen."""

    def authenticate(token: Token) -> Awaitable[Actor | None]:
        return portal_of(app).authenticate(token)

    return CredentialMiddleware(ViewAsMiddleware(endpoint), authenticate)


def _lifespan(
    settings: Settings, db: Database | None, *, worker: bool
) -> Callable[[Starlette], AbstractAsyncContextManager[None]]:
    """Opens what the application needs and closes what it opened."""

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        database = db or await Database.connect(settings.dsn)
        try:
            async with paying(settings) as payments:
                portal = app.state.portal = Portal.over(settings, database, payments)
                try:
                    async with portal.recognising(), working(portal.worker()) if worker else nullcontext():
                        yield
                finally:
                    portal.authority.close()
                    portal.press.close()
        finally:
            if db is None:
                await database.close()

    return lifespan

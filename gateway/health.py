"""Whether the process lives, and whether it can serve: for load balancers and for whoever starts it."""

import asyncio

import structlog
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from gateway.portal import portal_of

logger: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)

UNCACHED = {"Cache-Control": "no-store"}
PATIENCE = 3.0


async def healthz(_: Request) -> Response:
    """The process answers."""
    return JSONResponse({"status": "ok"}, headers=UNCACHED)


async def readyz(request: Request) -> Response:
    """The database answers too."""
    try:
        async with asyncio.timeout(PATIENCE), portal_of(request.app).db.read() as reader:
            await reader.fetch("SELECT 1")
    except Exception as error:  # noqa: BLE001 (whatever keeps the database away, we are not ready)
        logger.warning("not ready", reason=type(error).__name__)
        return JSONResponse({"status": "unavailable"}, status_code=503, headers=UNCACHED)
    return JSONResponse({"status": "ok"}, headers=UNCACHED)


def health_routes() -> list[BaseRoute]:
    """Both checks."""
    return [Route("/healthz", healthz), Route("/readyz", readyz)]

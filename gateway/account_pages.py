"""The pages that a mail's link or the sign-in form leads to. They are plain files, and work without GraphiQL.

None does anything when it is opened: programs that look through mail open links. A token stands behind the hash of an
address, which no server sees, and the page sends it in a mutation once its reader has clicked.
"""

from collections.abc import Callable
from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import BaseRoute, Mount, Route

from gateway.pages import PAGE_HEADERS, STATIC, Folder

NAMES = ("register", "set-password", "forgot-password", "confirm-email")
FRESH = {"Cache-Control": "no-cache"}
"""Kept by browsers, and asked for again by its tag: no page ever runs with the script of an older one."""


def account_page_routes(static: Path = STATIC) -> list[BaseRoute]:
    """A route for each page, and the folder of what they load."""
    folder = static / "pages"
    headers = {**FRESH, "Cross-Origin-Resource-Policy": "same-origin", "X-Content-Type-Options": "nosniff"}
    pages = [Route(f"/{name}", _page(folder / f"{name}.html")) for name in NAMES]
    return [*pages, Mount("/static/pages", Folder(folder, headers))]


def _page(file: Path) -> Callable[[Request], Response]:
    def page(_: Request) -> Response:
        return FileResponse(file, headers={**PAGE_HEADERS, **FRESH})

    return page

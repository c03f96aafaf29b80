"""What a browser is served beside the API: the page, its assets, the logos, and the way to them."""

from collections.abc import AsyncIterator
from gzip import compress
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette

from gateway.pages import page_routes, prefers_html
from tests.client import post

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8"
SCRIPT = b"export const answer = 42;"


@pytest.fixture
def static(tmp_path: Path) -> Path:
    """A folder as the build leaves it, with a page of one script."""
    assets = tmp_path / "graphiql" / "assets"
    assets.mkdir(parents=True)
    (tmp_path / "graphiql" / "index.html").write_text("<title>GraphiQL</title>")
    (assets / "main-ABC123.js").write_bytes(SCRIPT)
    (assets / "main-ABC123.js.gz").write_bytes(compress(SCRIPT))
    (assets / "icons-ABC123.ttf").write_bytes(b"font")
    (tmp_path / "secret.txt").write_text("not for the world")
    return tmp_path


@pytest.fixture
async def pages(static: Path) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the pages alone, over that folder."""
    app = Starlette(routes=page_routes(static))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://gateway.test") as caller:
        yield caller


async def test_the_page_comes_with_the_policy_that_keeps_everything_at_home(pages: httpx.AsyncClient) -> None:
    response = await pages.get("/graphiql")
    assert response.status_code == 200
    assert response.headers["content-type"] == "text/html; charset=utf-8"
    assert response.headers["cache-control"] == "no-cache"
    assert response.headers["x-content-type-options"] == "nosniff"
    assert response.headers["referrer-policy"] == "no-referrer"
    assert response.headers["content-security-policy"].split("; ") == [
        "default-src 'none'",
        "script-src 'self'",
        "worker-src 'self'",
        "connect-src 'self'",
        "img-src 'self' data:",
        "font-src 'self' data:",
        "style-src 'self' 'unsafe-inline'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    ]


async def test_a_page_that_is_not_built_says_how_to_build_it(pages: httpx.AsyncClient, static: Path) -> None:
    (static / "graphiql" / "index.html").unlink()
    response = await pages.get("/graphiql")
    assert response.status_code == 503
    assert response.headers["content-type"] == "text/html; charset=utf-8"
    assert "make page" in response.text


async def test_an_asset_is_kept_for_good_and_sent_compressed_where_welcome(pages: httpx.AsyncClient) -> None:
    for welcome, encoding in [("gzip, br", "gzip"), ("identity", None), ("gzip;q=0", None)]:
        response = await pages.get("/graphiql/assets/main-ABC123.js", headers={"Accept-Encoding": welcome})
        assert response.content == SCRIPT
        assert response.headers.get("content-encoding") == encoding
        assert response.headers["content-type"] == "text/javascript; charset=utf-8"
        assert response.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert response.headers["vary"] == "Accept-Encoding"


async def test_an_asset_without_a_copy_comes_as_it_is(pages: httpx.AsyncClient) -> None:
    response = await pages.get("/graphiql/assets/icons-ABC123.ttf", headers={"Accept-Encoding": "gzip"})
    assert response.content == b"font"
    assert "content-encoding" not in response.headers


@pytest.mark.parametrize(
    "path", ["%2e%2e/%2e%2e/secret.txt", "..%2f..%2fsecret.txt", "%00", "a" * 300, "absent.js", ""]
)
async def test_nothing_outside_the_folder_is_served(pages: httpx.AsyncClient, path: str) -> None:
    for folder in ("graphiql/assets", "static/logos"):
        response = await pages.get(f"/{folder}/{path}", headers={"Accept-Encoding": "gzip"})
        assert response.status_code == 404
        assert "not for the world" not in response.text


@pytest.mark.parametrize(
    ("accept", "html"),
    [
        (BROWSER, True),
        ("text/html", True),
        ("text/html, application/json;q=0.9", True),
        ("text/html;q=0.5, application/json", False),
        ("text/html, application/graphql-response+json", False),
        ("text/html;q=lots", False),
        ("*/*", False),
        ("application/json", False),
        ("", False),
    ],
)
def test_a_page_is_what_names_html_first(accept: str, html: bool) -> None:
    assert prefers_html(accept) is html


@pytest.mark.parametrize("path", ["/", "/graphql"])
async def test_a_browser_that_opens_the_gateway_is_led_to_the_page(client: httpx.AsyncClient, path: str) -> None:
    client.cookies.set("anything", "at all")
    response = await client.get(path, headers={"Accept": BROWSER})
    assert response.status_code == 307
    assert response.headers["location"] == "/graphiql"


async def test_a_query_by_get_is_answered_by_the_api_whatever_it_accepts(client: httpx.AsyncClient) -> None:
    response = await client.get("/graphql", params={"query": "{ __typename }"}, headers={"Accept": BROWSER})
    assert response.json() == {"data": {"__typename": "Query"}}


async def test_every_other_method_and_client_reaches_the_api(client: httpx.AsyncClient) -> None:
    assert (await post(client, "{ __typename }", headers={"Accept": BROWSER})).json() == {
        "data": {"__typename": "Query"}
    }
    assert (await client.put("/graphql", headers={"Accept": BROWSER})).status_code == 405
    assert "errors" in (await client.get("/graphql")).json()


async def test_every_product_has_its_logo(demo_client: httpx.AsyncClient) -> None:
    products = (await post(demo_client, "{ products { code logoUrl } }")).json()["data"]["products"]
    assert products
    for product in products:
        response = await demo_client.get(product["logoUrl"])
        assert response.status_code == 200, product
        assert response.headers["content-type"].startswith("image/svg+xml")
        assert response.headers["cross-origin-resource-policy"] == "cross-origin"
        assert "sandbox" in response.headers["content-security-policy"]

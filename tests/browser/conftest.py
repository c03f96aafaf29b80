"""One gateway and one Chromium for the run, a fresh profile for each test, and what no test may leave behind."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from gateway.pages import STATIC
from tests.browser.gateway_process import running_gateway
from tests.browser.letters import Letters
from tests.browser.visit import Visit

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",
]


@pytest.fixture(scope="session")
def gateway_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the gateway keeps its data, and puts its letters."""
    return tmp_path_factory.mktemp("gateway")


@pytest.fixture(scope="session")
def gateway_url(gateway_folder: Path) -> Iterator[str]:
    """A gateway with the demo's data and the built page."""
    assert (STATIC / "graphiql" / "index.html").is_file(), "GraphiQL is not built: run `make page` first"
    with running_gateway(gateway_folder) as url:
        yield url


@pytest.fixture
def letters(gateway_folder: Path) -> Letters:
    """What the gateway has mailed."""
    return Letters(gateway_folder / "data" / "mail")


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """The machine's Chromium, without a window and without a way to any other host."""
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    assert path, "Chromium is missing: install it, on Debian with `apt-get install chromium`"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def visit(chromium: Browser, gateway_url: str) -> Iterator[Visit]:
    """A person's first visit. At its end the console is clean and nothing was asked of another host."""
    with chromium.new_context() as context:
        visit = Visit(context, gateway_url)
        yield visit
        assert visit.complaints == []
        assert visit.foreign == []

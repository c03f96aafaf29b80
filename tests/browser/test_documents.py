"""The demo account's newest invoice, opened by its links as whoever is sent them would open it."""

from decimal import Decimal
from typing import Any

import pytest
from playwright.sync_api import Response, expect

from tests.browser.visit import Visit
from tests.documents.reading import text_of

pytestmark = pytest.mark.browser

NEWEST = """query { viewer { account { invoices(first: 1, filter: { types: [INVOICE] }) { nodes {
  number pdfUrl htmlUrl total { amount } lines { description amount { amount } } } } } } }"""


BLUE = "rgb(20, 86, 184)"


def of_the_viewer(response: Response) -> bool:
    """Whether Chromium's viewer has got a PDF to show."""
    return response.url.startswith("chrome-extension:") and response.headers.get("content-type") == "application/pdf"


def newest(visit: Visit) -> dict[str, Any]:
    """What the API says of the newest invoice."""
    visit.replace_operation(NEWEST)
    invoice: dict[str, Any] = visit.run()["data"]["viewer"]["account"]["invoices"]["nodes"][0]
    return invoice


def amount(text: str) -> str:
    """An amount as documents print it."""
    return f"{Decimal(text):,.2f}"


def test_an_invoice_is_read_and_shown_by_the_viewer(visit: Visit) -> None:
    visit.sign_in("billing")
    invoice = newest(visit)
    total = f"{amount(invoice['total']['amount'])} USD"
    visit.page.goto(invoice["htmlUrl"])
    expect(visit.heading("Invoice")).to_be_visible()
    expect(visit.page.get_by_role("cell", name=invoice["lines"][0]["description"])).to_be_visible()
    expect(visit.page.get_by_text(total)).to_be_visible()
    assert visit.page.evaluate("getComputedStyle(document.querySelector('h1')).color") == BLUE, "its style is let in"
    assert visit.page.evaluate("origin") == "null", "it is of no origin"

    with visit.page.expect_response(of_the_viewer):
        visit.page.goto(invoice["pdfUrl"])
    visit.forgive("404")
    said = text_of(visit.context.request.get(invoice["pdfUrl"]).body()).replace("\n", "")
    assert invoice["lines"][0]["description"] in said
    assert total in said

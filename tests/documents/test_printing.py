"""What documents say, as PDF and as page: in every kind and variant, whatever names they hold."""

import hashlib
import html
import re
import subprocess
import sys
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.documents.page import POLICY, STYLE, as_page
from gateway.documents.pdf import as_pdf, as_pngs
from gateway.documents.sheet import MOST_NAMES, REVERSED, Sheet, plain
from models.kinds import LedgerKind
from models.queries.documents import Document
from tests.documents.reading import Pdf, text_of
from tests.documents.samples import INVOICE, ISSUED_AT, line, moved, sheet

HOSTILE = "<b>bold</b> *bold* #panic() $x$ @ref `code` \\ // & \"quoted\" 'so' _so_ [x] <!-- --> {{ }} ${x}"


def printed(sheet: Sheet) -> str:
    """The text of a sheet's PDF, in which its page says the same."""
    found = text_of(as_pdf(sheet, ISSUED_AT))
    page = html.unescape(re.sub(r"<[^>]+>", "\n", as_page(sheet).replace(STYLE, "")))
    for said in (sheet.title, sheet.billed.name, *sheet.columns, *sheet.notes, *sheet.sentences):
        assert said in page
    for label, value, _ in sheet.sums:
        assert label in found and value in found  # noqa: PT018 (each sum is one thing)
        assert label in page and value in page  # noqa: PT018
    return found


def test_an_invoice_says_who_is_billed_for_what() -> None:
    said = printed(sheet())
    for words in (
        "Example Software",
        "VAT number NL000000000B01",
        "Demo Enterprise",
        "1 Example Street, 00001 Sampletown, NL",
        "VAT number NL000000000",
        "C-100001-31",
        "1 November 2026",
        "Server licenses, November 2026",
        "1,310",
        "2.25",
        "2,947.50",
        "VAT 21%",
        "618.98 USD",
        "3,566.48 USD",
        "−3,416.48 USD",  # noqa: RUF001
        "Page 1 of 1",
    ):
        assert words in said


def test_without_prices_the_totals_stay() -> None:
    whole, variant = sheet(), sheet(prices=False)
    said = printed(variant)
    assert "Unit price" not in said
    assert variant.columns == ["Description", "Quantity"]
    assert variant.rows == [["Server licenses, November 2026", "1,310"]]
    assert "2.25" not in said
    assert "2.25" not in as_page(variant).replace(STYLE, "")
    assert variant.sums == whole.sums
    assert "2.25" in printed(whole)


def test_reverse_charge_is_said_and_no_tax_asked_for() -> None:
    reversed_ = replace(INVOICE, tax="0.00", tax_rate=None, reverse_charge=True, total="2947.50")
    assert ("VAT (reverse charge)", "0.00 USD", False) in sheet(reversed_).sums
    assert sheet(reversed_).notes[0] == REVERSED
    said = printed(sheet(reversed_))
    assert "Reverse charge: the recipient of the service accounts for the VAT" in said
    assert "Reverse charge" not in printed(sheet())


@pytest.mark.parametrize(
    ("rate", "said"), [("0.2100", "VAT 21%"), ("0.0810", "VAT 8.1%"), ("0", "VAT 0%"), (None, "VAT")]
)
def test_a_rate_is_a_percentage(rate: str | None, said: str) -> None:
    taxed = replace(INVOICE, tax_rate=None if rate is None else Decimal(rate))
    assert sheet(taxed).sums[1][0] == said


@pytest.mark.parametrize(
    ("document", "title", "sentence", "total"),
    [
        (
            moved(LedgerKind.PAYMENT, "1500.00", "1485.00"),
            "Receipt",
            "We received your payment of 1,500.00 USD",
            ("Amount received", "1,500.00 USD", True),
        ),
        (
            moved(LedgerKind.REFUND, "-200.00", "-15.00"),
            "Refund",
            "We refunded 200.00 USD to you",
            ("Amount refunded", "200.00 USD", True),
        ),
        (
            moved(LedgerKind.TRANSFER, "50.00", "50.00"),
            "Transfer",
            "50.00 USD were transferred to your account by your reseller.",
            ("Amount transferred", "50.00 USD", True),
        ),
        (
            moved(LedgerKind.TRANSFER, "-50.00", "100.00"),
            "Transfer",
            "50.00 USD were transferred from the balance of your account to a customer's.",
            ("Amount transferred", "50.00 USD", True),
        ),
    ],
)
def test_a_receipt_says_what_moved(document: Document, title: str, sentence: str, total: tuple[str, str, bool]) -> None:
    made = sheet(document)
    assert (made.title, made.rows, made.notes, made.sums[0]) == (title, [], [], total)
    said = printed(made)
    assert sentence in said
    assert "Description" not in said


def test_no_name_is_markup() -> None:
    hostile = replace(INVOICE, billed_name=HOSTILE, lines=[line(HOSTILE, 1, [HOSTILE])], billed_vat_number=HOSTILE)
    assert HOSTILE in " ".join(text_of(as_pdf(sheet(hostile), ISSUED_AT)).split())
    page = as_page(sheet(hostile))
    assert html.escape(HOSTILE) in page
    assert page.count("<b>") == page.count("<!--") == 0


def test_what_turns_text_around_is_left_out() -> None:
    assert plain("a\u202eb\u2066c\x00d\r\ne\u2028f\tg  h ") == "abc d e f g h"
    assert plain("Ærø Ελληνικά Кириллица עברית") == "Ærø Ελληνικά Кириллица עברית"


def test_names_of_many_scripts_are_printed() -> None:
    for name in ("Ærø & Søn", "Łódź Țară İstanbul", "Ελληνικά Άνθρωπος", "Кириллица Ёж Ґ", "Tiếng Việt"):
        words = text_of(as_pdf(sheet(replace(INVOICE, billed_name=name)), ISSUED_AT)).replace("\n", "")
        assert name in words


def test_forty_lines_go_over_two_pages_with_their_heading_on_each() -> None:
    many = replace(INVOICE, lines=[line(f"Product number {number}") for number in range(40)])
    first, second = Pdf(as_pdf(sheet(many, servers=False), ISSUED_AT)).pages()
    assert first.count("Quantity") == second.count("Quantity") == 1
    assert "Product number 0\n" in first
    assert "Product number 39\n" in second
    assert "Page 1 of 2" in first
    assert "3,566.48 USD" in second
    assert "3,566.48 USD" not in first


def test_words_without_an_end_are_broken() -> None:
    endless = replace(INVOICE, billed_name="W" * 200, lines=[line("X" * 300)])
    said = text_of(as_pdf(sheet(endless), ISSUED_AT))
    assert "W" * 60 not in said
    assert "W" * 200 + "1 Example Street" in said.replace("\n", "")


def test_servers_are_named_in_an_annex_as_far_as_they_are_printed() -> None:
    behind = replace(INVOICE, lines=[line("One", 2, ["a.example.com", "b.example.com"]), line("Two"), line("Three", 1)])
    assert [(part.heading, part.summary, part.names) for part in sheet(behind).annex] == [
        ("One", "2 servers", ["a.example.com", "b.example.com"]),
        ("Three", "1 server, of which 0 are printed here", []),
    ]
    assert "a.example.com" in printed(sheet(behind))
    assert sheet(behind, servers=False).annex == []
    names = [f"host-{number}.example.com" for number in range(500)]
    crowded = sheet(replace(INVOICE, lines=[line("Many", 700, names) for _ in range(6)]))
    assert [len(part.names) for part in crowded.annex] == [500, 500, 500, 500, 0, 0]
    assert sum(len(part.names) for part in crowded.annex) == MOST_NAMES
    assert crowded.annex[0].summary == "700 servers, of which 500 are printed here"


def test_the_longest_document_is_printed() -> None:
    names = [f"host-{number:06}.site.example.com" for number in range(500)]
    longest = replace(INVOICE, lines=[line("Server licenses", 500, names) for _ in range(500)])
    pages = Pdf(as_pdf(sheet(longest), ISSUED_AT)).pages()
    assert f"Page {len(pages)} of {len(pages)}" in pages[-1]


HASHED = """
import hashlib
from gateway.documents.pdf import as_pdf
from tests.documents.samples import ISSUED_AT, sheet
print(hashlib.sha256(as_pdf(sheet(), ISSUED_AT)).hexdigest())
"""


def test_the_same_bytes_every_time() -> None:
    first = as_pdf(sheet(), ISSUED_AT)
    assert as_pdf(sheet(), ISSUED_AT) == first
    assert as_pdf(sheet(prices=False), ISSUED_AT) != first
    elsewhere = subprocess.run([sys.executable, "-c", HASHED], capture_output=True, text=True, check=True)
    assert elsewhere.stdout.strip() == hashlib.sha256(first).hexdigest()


@settings(max_examples=40, deadline=None)
@given(st.text(max_size=60))
def test_any_text_is_printed(text: str) -> None:
    odd = replace(INVOICE, billed_name=text or "x", billed_address=text, lines=[line(text, 1, [text])])
    assert as_pdf(sheet(odd), ISSUED_AT).startswith(b"%PDF-")
    assert as_pngs(sheet(odd), ISSUED_AT, 20)[0].startswith(b"\x89PNG")


def test_the_page_allows_its_own_style_alone() -> None:
    assert "<script" not in as_page(sheet())
    assert POLICY.startswith("default-src 'none'; style-src 'sha256-")
    assert POLICY.endswith("sandbox")

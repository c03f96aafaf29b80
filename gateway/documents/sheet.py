"""What a document says, in the words and the order that it says it: the PDF and the page are both made of this."""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import islice

from gateway.settings import Settings
from models.enums import InvoiceType
from models.kinds import LedgerKind
from models.queries.documents import Document, DocumentLine
from resolvers.invoice_documents import Shown

MOST_NAMES = 2_000
"""So many names of servers are printed in a document."""

REVERSED = (
    "Reverse charge: the recipient of the service accounts for the VAT (Article 196 of Council Directive 2006/112/EC)."
)
BOOKED = "The total was taken from the balance of the account on the day of issue. A balance below zero is owed."
MINUS = "−"  # noqa: RUF001 (a minus, as wide as a plus)
DIRECTING = frozenset("\u200e\u200f\u061c\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""What turns the direction of text around. In a name it could make the sums beside it read backwards."""


@dataclass(frozen=True, slots=True)
class Party:
    """Who issued the document, or who is billed."""

    name: str
    lines: Sequence[str]


@dataclass(frozen=True, slots=True)
class Annex:
    """The servers behind one line, or as many as are printed."""

    heading: str
    summary: str
    names: Sequence[str]


@dataclass(frozen=True, slots=True)
class Sheet:
    """A whole document. A fact is a label and its value; a sum has beside them whether it is the one that counts."""

    title: str
    number: str
    seller: Party
    billed: Party
    facts: Sequence[tuple[str, str]]
    sentences: Sequence[str]
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    sums: Sequence[tuple[str, str, bool]]
    notes: Sequence[str]
    annex: Sequence[Annex]
    footer: str
    billed_to: str
    annex_title: str = "Servers"
    page: str = "Page"
    of: str = "of"


def seller_of(settings: Settings) -> Party:
    """Who issues documents here, as the settings have it."""
    vat_number = settings.seller_vat_number and f"VAT number {settings.seller_vat_number}"
    told = [*(settings.seller_address or "").split(";"), vat_number or "", settings.seller_email or ""]
    return Party(plain(settings.seller_name), [plain(line) for line in told if line.strip()])


def sheet_of(shown: Shown, seller: Party) -> Sheet:
    """A document as its reader sees it. Without prices the lines have neither unit prices nor amounts."""
    document = shown.document
    title, sentence, moved, after = _worded(document)
    billed = [*(document.billed_address or "").splitlines()]
    billed += [f"VAT number {document.billed_vat_number}"] if document.billed_vat_number else []
    is_invoice = document.type is InvoiceType.INVOICE
    reversed_ = [REVERSED] if document.reverse_charge else []
    return Sheet(
        title=title,
        number=document.number,
        seller=seller,
        billed=Party(plain(document.billed_name), [plain(line) for line in billed if line.strip()]),
        facts=_facts(document),
        sentences=[] if is_invoice else [sentence],
        columns=_columns(document, prices=shown.prices) if document.lines else [],
        rows=[_row(line, prices=shown.prices) for line in document.lines],
        sums=[*_sums(document, moved), (after, _money(document.balance, document.currency), False)],
        notes=[*reversed_, sentence] if is_invoice else [],
        annex=_annex(document) if shown.servers else [],
        footer=f"{seller.name} · {title} {document.number}",
        billed_to="Billed to" if is_invoice else "Issued to",
    )


def _worded(document: Document) -> tuple[str, str, str, str]:
    """What the document is called, what it says in a sentence, and the names of its total and of the balance."""
    amount = _money(document.total.removeprefix("-"), document.currency)
    taken = document.total.startswith("-")
    if document.kind is LedgerKind.INVOICE:
        return "Invoice", BOOKED, "Total", "Balance after this invoice"
    if document.kind is LedgerKind.REFUND:
        sentence = f"We refunded {amount} to you and took it from the balance of your account."
        return "Refund", sentence, "Amount refunded", "Balance after this refund"
    if document.kind is LedgerKind.TRANSFER:
        way = "from the balance of your account to a customer's" if taken else "to your account by your reseller"
        return "Transfer", f"{amount} were transferred {way}.", "Amount transferred", "Balance after this transfer"
    sentence = f"We received your payment of {amount} and added it to the balance of your account. Thank you."
    return "Receipt", sentence, "Amount received", "Balance after this payment"


def _facts(document: Document) -> list[tuple[str, str]]:
    facts = [("Number", document.number), ("Date", _day(document.day))]
    if document.pay_period is not None:
        facts.append(("Pay period from", _day(document.pay_period)))
    return [*facts, ("Account", document.account_number)]


def _columns(document: Document, *, prices: bool) -> list[str]:
    priced = [f"Unit price ({document.currency})", f"Amount ({document.currency})"] if prices else []
    return ["Description", "Quantity", *priced]


def _row(line: DocumentLine, *, prices: bool) -> list[str]:
    priced = [_grouped(line.unit_price), _grouped(line.amount)] if prices else []
    return [plain(line.description), f"{line.quantity:,}", *priced]


def _sums(document: Document, moved: str) -> list[tuple[str, str, bool]]:
    """The total, and what it is made of where that is more than itself."""
    total = document.total if document.type is InvoiceType.INVOICE else document.total.removeprefix("-")
    sums = [(moved, _money(total, document.currency), True)]
    if document.type is InvoiceType.INVOICE:
        tax = (_tax(document), _money(document.tax, document.currency), False)
        sums = [("Subtotal", _money(document.subtotal, document.currency), False), tax, *sums]
    return sums


def _tax(document: Document) -> str:
    if document.reverse_charge:
        return "VAT (reverse charge)"
    return "VAT" if document.tax_rate is None else f"VAT {_percent(document.tax_rate)}"


def _annex(document: Document) -> list[Annex]:
    """The servers behind the lines, in the lines' order, until the document holds as many as it may."""
    left, parts = MOST_NAMES, []
    for line in document.lines:
        if line.servers:
            names = [plain(name) for name in islice(line.server_names, left)]
            left -= len(names)
            more = line.servers - len(names)
            count = f"{line.servers:,} server" + ("s" if line.servers > 1 else "")
            summary = f"{count}, of which {len(names):,} are printed here" if more else count
            parts.append(Annex(plain(line.description), summary, names))
    return parts


def plain(text: str) -> str:
    """Text without what no reader sees, and what would turn the text around it."""
    if text.isprintable():
        return " ".join(text.split())
    kept = (" " if unicodedata.category(sign) in {"Cc", "Zl", "Zp"} else sign for sign in text if sign not in DIRECTING)
    return " ".join("".join(kept).split())


def _money(amount: str, currency: str) -> str:
    return f"{_grouped(amount)} {currency}"


def _grouped(amount: str) -> str:
    """A decimal with its thousands apart and a real minus."""
    whole, dot, rest = amount.removeprefix("-").partition(".")
    return f"{MINUS if amount.startswith('-') else ''}{int(whole):,}{dot}{rest}"


def _percent(rate: Decimal) -> str:
    return f"{(rate * 100).normalize():f}%"


def _day(day: date) -> str:
    return f"{day.day} {day:%B %Y}"

"""Where the links to invoices' documents lead: the PDF and the page, by one token."""

import re
from datetime import datetime
from functools import partial

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from gateway.documents.page import POLICY, as_page
from gateway.documents.pdf import as_pdf
from gateway.documents.press import Busy
from gateway.documents.sheet import Sheet, seller_of, sheet_of
from gateway.portal import portal_of
from gateway.signed_links import REFUSED, UNCACHED, context_of, not_asked_like_this, refused, unknown
from models.errors import Forbidden
from resolvers.invoice_documents import DocumentFormat, InvoiceLink, invoice_document, opened

MEDIA_TYPES = {DocumentFormat.PDF: "application/pdf", DocumentFormat.HTML: "text/html; charset=utf-8"}
RETRY_AFTER = 2
BUSY = "Many documents are being printed just now. Try again in a moment."


def document_routes() -> list[BaseRoute]:
    """A route for each form of a document."""
    return [Route(format_.value, partial(document, format_=format_), methods=["GET"]) for format_ in DocumentFormat]


async def document(request: Request, format_: DocumentFormat) -> Response:
    """The document of a link; 404 for a link that we did not make, 403 for one that is good no longer."""
    if request.method == "HEAD":
        return not_asked_like_this()
    link = opened(portal_of(request.app).sealer, request.query_params.get("token", ""))
    if link is None:
        return unknown()
    try:
        return await _document(request, link, format_)
    except Forbidden:
        return refused()
    except Busy:
        return PlainTextResponse(BUSY, 503, {**UNCACHED, "Retry-After": str(RETRY_AFTER)})


async def _document(request: Request, link: InvoiceLink, format_: DocumentFormat) -> Response:
    """A PDF's place is taken before anything is asked of the database: a flood that is turned away costs little."""
    press = portal_of(request.app).press
    if format_ is DocumentFormat.HTML:
        sheet, _ = await _sheet(request, link, format_)
        return Response(as_page(sheet), headers=_headers(sheet, format_))
    with press.place(link.reader_id):
        sheet, issued_at = await _sheet(request, link, format_)
        pdf = await press.printed(partial(as_pdf, sheet, issued_at))
    return Response(pdf, headers=_headers(sheet, format_))


async def _sheet(request: Request, link: InvoiceLink, format_: DocumentFormat) -> tuple[Sheet, datetime]:
    """What the document says to whoever asked for the link, and when it was issued."""
    context = await context_of(request, link.asker)
    if context is None:
        raise Forbidden(REFUSED)
    shown = await invoice_document(context, link, format_)
    return sheet_of(shown, seller_of(portal_of(request.app).settings)), shown.document.created_at


def _headers(sheet: Sheet, format_: DocumentFormat) -> dict[str, str]:
    """Shown by browsers that can, and kept under a name that says what it is."""
    name = re.sub(r"[^A-Za-z0-9-]", "-", f"{sheet.title.lower()}-{sheet.number}")
    headers = {
        **UNCACHED,
        "Content-Type": MEDIA_TYPES[format_],
        "Content-Disposition": f'inline; filename="{name}.{format_.name.lower()}"',
    }
    return headers | ({"Content-Security-Policy": POLICY} if format_ is DocumentFormat.HTML else {})

"""`pdfUrl` and `htmlUrl`: an invoice or a receipt as a document, behind a link.

One token serves both forms. What the login may see is looked up when the link is used: whoever may not see prices by
then gets the variant without them, and whoever may not see invoices gets nothing.
"""

from dataclasses import dataclass
from datetime import timedelta
from enum import Enum
from uuid import UUID

from auth.permissions import Permission
from models.audit import Action, Change, Target
from models.entities import INVOICE
from models.errors import Forbidden, UserFault
from models.queries.documents import Document, document_of
from resolvers import sealed_links
from resolvers.acting import acting
from resolvers.context import RequestContext, Sealer
from resolvers.sealed_links import Asker, asker_of
from resolvers.tenants import tell, tenant_named

PURPOSE = "invoice document"
GOOD_FOR = timedelta(minutes=5)


class DocumentFormat(Enum):
    """What a document is written as, each with the path that serves it."""

    PDF = "/documents/invoice.pdf"
    HTML = "/documents/invoice.html"


@dataclass(frozen=True, slots=True)
class InvoiceLink:
    """Which document of which account, and who asked for it, for the account that reads it."""

    account_id: UUID
    invoice_id: UUID
    reader_id: UUID
    asker: Asker

    def sealed(self, sealer: Sealer) -> str:
        """The link's token."""
        told = {"account": self.account_id.hex, "invoice": self.invoice_id.hex, "reader": self.reader_id.hex}
        return sealed_links.sealed(sealer, PURPOSE, self.asker, told)


@dataclass(frozen=True, slots=True)
class Shown:
    """A document with what its reader may see of it."""

    document: Document
    prices: bool
    servers: bool


def opened(sealer: Sealer, token: str) -> InvoiceLink | None:
    """The link of a token; None where we have sealed none such."""
    found = sealed_links.opened(sealer, PURPOSE, token)
    if found is None:
        return None
    asker, told = found
    account_id, invoice_id, reader_id = (UUID(hex=told[name]) for name in ("account", "invoice", "reader"))
    return InvoiceLink(account_id, invoice_id, reader_id, asker)


def document_url(context: RequestContext, account_id: UUID, invoice_id: UUID, format_: DocumentFormat) -> str:
    """A link to a document, for the caller's credential alone."""
    link = InvoiceLink(account_id, invoice_id, acting(context).account_id, asker_of(context, GOOD_FOR))
    return f"{context.site}{format_.value}?token={link.sealed(context.sealer)}"


async def invoice_document(context: RequestContext, link: InvoiceLink, format_: DocumentFormat) -> Shown:
    """The document of a link, its use noted in the log; Forbidden where the caller may not see it any more."""
    actor = acting(context)
    if not actor.may(Permission.VIEW_INVOICES):
        raise Forbidden("The invoices of this account are not yours to see.")
    customer_id = None if link.account_id == actor.account_id else link.account_id
    async with context.db.write() as session:
        try:
            tenant = await tenant_named(context, session, customer_id)
        except UserFault as fault:
            raise Forbidden(fault.message) from None
        async with context.db.read() as reader:
            document = await document_of(reader, tenant.id, link.invoice_id)
        target, change = Target(INVOICE, document.id, document.number), Change("format", None, format_.name)
        await tell(context, session, tenant, Action.INVOICE_DOWNLOADED, target, [change])
    return Shown(document, actor.may(Permission.VIEW_PRICES), actor.may(Permission.VIEW_SERVERS))

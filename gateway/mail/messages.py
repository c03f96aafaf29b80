"""Letters as Internet messages."""

from datetime import datetime
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage, MIMEPart
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from typing import Any

from resolvers.ports import Attachment, Mail, MailRefused

READABLE = SMTP.clone(utf8=True, cte_type="8bit", linesep="\n", max_line_length=None)


def message_of(mail: Mail, sender: str, at: datetime, *, readable: bool = False) -> EmailMessage:
    """Make the message; MailRefused where the recipient is none that a header can hold.

    A readable one is for people with an editor: nothing in it is encoded, and a link stands whole in its line.
    """
    name, address = parseaddr(sender)
    message = EmailMessage(READABLE if readable else SMTP)
    try:
        message["From"] = Address(name, addr_spec=address)
        message["To"] = Address(addr_spec=mail.to)
    except (ValueError, IndexError, MessageError) as error:
        raise MailRefused("the recipient's address is not one") from error
    message["Subject"] = mail.subject
    message["Date"] = format_datetime(at)
    message["Message-ID"] = f"<{mail.reference}.{mail.template}@{address.rpartition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"
    transfer = "8bit" if readable else "quoted-printable"
    message.set_content(mail.text, cte=transfer)
    message.add_alternative(mail.html, subtype="html", cte=transfer)
    for attachment in mail.attachments:
        _attach(message, attachment)
    return message


def _attach(message: EmailMessage, attachment: Attachment) -> None:
    """Add a file: beside the HTML where that shows it, else behind the letter."""
    part: Any = MIMEPart(SMTP)
    kind, _, subtype = attachment.media_type.partition("/")
    shown = attachment.content_id is not None
    part.set_content(
        attachment.content,
        kind,
        subtype,
        filename=attachment.name,
        disposition="inline" if shown else "attachment",
        cid=f"<{attachment.content_id}>" if shown else None,
        params={"charset": "utf-8"} if kind == "text" else None,
    )
    holder: Any = message.get_body(("html",)) if shown else message
    kind = "related" if shown else "mixed"
    if holder.get_content_subtype() != kind:
        holder.make_related() if shown else holder.make_mixed()
    holder.attach(part)

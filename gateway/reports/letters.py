"""The letter of a report: a few words, the picture, the first rows as a table, and the file behind."""

from datetime import date
from html import escape
from string import Template
from textwrap import fill

from gateway.reports.files import file_name
from gateway.reports.gathering import Gathered
from models.enums import ReportKind
from resolvers.mailing_reports import Sending
from resolvers.ports import Attachment, Mail
from resolvers.reports import COLUMNS

TEMPLATE = "report"
TEXT_WIDTH = 76
PICTURE = "picture"

TITLES = {ReportKind.SERVERS: "Servers", ReportKind.LICENSES: "Licenses", ReportKind.COSTS: "Costs"}
CAPTIONS = {
    ReportKind.SERVERS: "Servers by state",
    ReportKind.LICENSES: "Licenses used and held",
    ReportKind.COSTS: "Costs by month",
}
ABOUT = {
    ReportKind.SERVERS: "The servers as they are now that were registered by the end of these days.",
    ReportKind.LICENSES: "The licenses as they are now.",
    ReportKind.COSTS: "What invoices of these days billed, without tax. The picture shows the months before, too.",
}

PAGE = Template(
    """<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>$subject</title></head>
<body style="margin:0;padding:24px;background:#f4f5f7;color:#1c2430;font:16px/1.5 system-ui,sans-serif">
<div style="max-width:960px;margin:auto;padding:24px 32px;background:#ffffff;border-radius:8px">
<h1 style="margin:0;font-size:22px">$title</h1>
<p style="margin:4px 0 16px;color:#5a6472">$account</p>
<p>$about</p>
<p><img src="cid:$picture" width="640" alt="$caption" style="max-width:100%;height:auto"></p>
$table
<p style="font-size:14px;color:#5a6472">$note</p>
<p style="font-size:13px;color:#5a6472">$why</p>
</div>
</body>
</html>
"""
)
CELL = "padding:4px 10px;border-bottom:1px solid #e3e7ed;text-align:left;vertical-align:top"


def letter(sending: Sending, found: Gathered, image: bytes, reference: str) -> Mail:
    """The letter. Its reference stays the same however often it is tried."""
    report = found.report
    title = f"{TITLES[report.kind]}, {_days(report.first, report.last)}"
    account = f"Account {sending.account_number}"
    subject, note, why = f"{title} (account {sending.account_number})", _note(found), _why(sending)
    about, caption = ABOUT[report.kind], CAPTIONS[report.kind]
    shown = {"subject": subject, "title": title, "account": account, "about": about, "caption": caption}
    html = PAGE.substitute(
        {name: escape(text) for name, text in {**shown, "note": note, "why": why}.items()},
        picture=PICTURE,
        table=_table(found),
    )
    figures = [f"{bar.label}: {bar.figure}" for bar in found.bars]
    paragraphs = [
        f"{title}\n{account}",
        fill(about, TEXT_WIDTH),
        "\n".join([f"{caption}:", *(figures or ["none"])]),
    ]
    text = "\n\n".join([*paragraphs, fill(note, TEXT_WIDTH), fill(why, TEXT_WIDTH)]) + "\n"
    file = file_name(report, sending.account_number)
    attachments = (
        Attachment(f"{PICTURE}.png", "image/png", image, PICTURE),
        Attachment(file, "text/csv", found.file),
    )
    return Mail(sending.email, subject, text, html, TEMPLATE, reference, attachments)


def _table(found: Gathered) -> str:
    """The first rows. Whatever a cell holds is text in it."""
    if not found.shown:
        return ""
    heading = "".join(f'<th style="{CELL}">{escape(name)}</th>' for name in COLUMNS[found.report.kind])
    rows = "\n".join(
        "<tr>" + "".join(f'<td style="{CELL}">{escape(cell)}</td>' for cell in row) + "</tr>" for row in found.shown
    )
    table = f'<table style="border-collapse:collapse;font-size:13px"><tr>{heading}</tr>\n{rows}\n</table>'
    return f'<div style="overflow-x:auto">{table}</div>'


def _note(found: Gathered) -> str:
    """How much of the report is where."""
    if found.total == 0:
        return "There is nothing in this report."
    words = (
        "The attached file has the only row."
        if found.total == 1
        else f"The attached file has all {found.total:,} rows."
    )
    if found.attached < found.total:
        words = f"The attached file has the first {found.attached:,} of {found.total:,} rows; the portal has them all."
    return words if len(found.shown) == found.total else f"Shown are the first {len(found.shown)} rows. {words}"


def _why(sending: Sending) -> str:
    return (
        f"This report is sent {sending.frequency} to {sending.email} since somebody with a login of the account has "
        "configured it. There it can be changed and switched off."
    )


def _days(first: date, last: date) -> str:
    ends = [f"{day.day} {day:%B %Y}" for day in (first, last)]
    return ends[0] if len(set(ends)) == 1 else " to ".join(ends)

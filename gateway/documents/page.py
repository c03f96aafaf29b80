"""Documents as pages: the same sheet in HTML. Whatever it says is escaped, and one style is all that the page loads."""

import base64
import hashlib
from collections.abc import Iterable, Sequence
from html import escape
from string import Template

from gateway.documents.sheet import Annex, Party, Sheet

STYLE = """
:root { color-scheme: light; }
body { margin: 0; background: #eef1f5; color: #1c2430; font: 15px/1.5 "Libertinus Serif", Georgia, serif; }
main { box-sizing: border-box; max-width: 52rem; margin: 2rem auto; padding: 3rem; background: #fff;
  overflow-wrap: anywhere; box-shadow: 0 1px 4px rgb(28 36 48 / 15%); }
header, .parties { display: flex; justify-content: space-between; gap: 2rem; }
header { padding-bottom: 1rem; border-bottom: 2px solid #1456b8; margin-bottom: 1.5rem; }
p, h1, h2, h3, dl, address { margin: 0; font-style: normal; }
h1 { color: #1456b8; font-size: 2rem; line-height: 1.1; text-align: right; }
.number { text-align: right; }
.name { font-weight: bold; font-size: 1.25rem; }
.quiet, dt { color: #5a6472; font-size: .85rem; }
dl { display: grid; grid-template-columns: auto auto; gap: .2rem 1.2rem; align-content: start; white-space: nowrap; }
dd { margin: 0; text-align: right; }
.says { margin-top: 2rem; }
table { width: 100%; border-collapse: collapse; margin-top: 2rem; }
th, td { padding: .35rem 0 .35rem 1.4rem; border-bottom: 1px solid #c9d0da; text-align: right; vertical-align: top; }
th { border-bottom: 2px solid #1c2430; font-size: .85rem; }
th:first-child, td:first-child { padding-left: 0; text-align: left; }
th:not(:first-child), td:not(:first-child) { white-space: nowrap; font-variant-numeric: tabular-nums; }
.sums { width: auto; min-width: 45%; margin: 1rem 0 1.5rem auto; }
.sums td { border: 0; }
.counts td { font-weight: bold; font-size: 1.15rem; }
.annex { margin-top: 2.5rem; }
ul { columns: 16rem; margin: .3rem 0 1rem; padding: 0; list-style: none; font-size: .85rem; }
@media print {
  @page { margin: 18mm; }
  body { background: none; font-size: 10pt; }
  main { margin: 0; padding: 0; max-width: none; box-shadow: none; }
  tr, .sums { break-inside: avoid; }
  thead { display: table-header-group; }
  .annex { break-before: page; }
}
@media (max-width: 40rem) {
  main { margin: 0; padding: 1.2rem; }
  header, .parties { flex-wrap: wrap; }
  h1, .number { text-align: left; }
}
"""

POLICY = (
    f"default-src 'none'; style-src 'sha256-{base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()}'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; sandbox"
)
"""The page runs nothing, loads nothing, and is of no origin."""

PAGE = Template(
    """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>$title $number</title>
<style>$style</style>
</head>
<body>
<main>
<header>
<address><p class="name">$seller</p>$seller_lines</address>
<div><h1>$title</h1><p class="number">$number</p></div>
</header>
<div class="parties">
<address><p class="quiet">$billed_to</p><p class="name">$billed</p>$billed_lines</address>
<dl>$facts</dl>
</div>
$sentences
$table
<table class="sums"><tbody>
$sums
</tbody></table>
$notes
$annex
</main>
</body>
</html>
"""
)


def as_page(sheet: Sheet) -> str:
    """A sheet as a page."""
    return PAGE.substitute(
        style=STYLE,
        title=escape(sheet.title),
        number=escape(sheet.number),
        seller=escape(sheet.seller.name),
        seller_lines=_lines(sheet.seller),
        billed_to=escape(sheet.billed_to),
        billed=escape(sheet.billed.name),
        billed_lines=_lines(sheet.billed),
        facts="\n".join(f"<dt>{escape(label)}</dt><dd>{escape(value)}</dd>" for label, value in sheet.facts),
        sentences="\n".join(f'<p class="says">{escape(sentence)}</p>' for sentence in sheet.sentences),
        table=_table(sheet),
        sums="\n".join(_sum(*sum_) for sum_ in sheet.sums),
        notes="\n".join(f'<p class="quiet">{escape(note)}</p>' for note in sheet.notes),
        annex=_annex(sheet.annex_title, sheet.annex),
    )


def _lines(party: Party) -> str:
    return "".join(f'<p class="quiet">{escape(line)}</p>' for line in party.lines)


def _table(sheet: Sheet) -> str:
    """The lines of the document, where it has any."""
    if not sheet.rows:
        return ""
    rows = "\n".join(_row("td", row) for row in sheet.rows)
    return f"<table><thead>{_row('th', sheet.columns)}</thead><tbody>\n{rows}\n</tbody></table>"


def _row(tag: str, cells: Iterable[str]) -> str:
    return "<tr>" + "".join(f"<{tag}>{escape(cell)}</{tag}>" for cell in cells) + "</tr>"


def _sum(label: str, value: str, counts: bool) -> str:
    row = _row("td", (label, value))
    return row.replace("<tr>", '<tr class="counts">', 1) if counts else row


def _annex(title: str, parts: Sequence[Annex]) -> str:
    if not parts:
        return ""
    return f'<section class="annex"><h2>{escape(title)}</h2>' + "".join(_servers(part) for part in parts) + "</section>"


def _servers(part: Annex) -> str:
    names = "".join(f"<li>{escape(name)}</li>" for name in part.names)
    return f'<h3>{escape(part.heading)}</h3><p class="quiet">{escape(part.summary)}</p><ul>{names}</ul>'

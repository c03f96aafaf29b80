"""Documents as PDF, by typst, from fonts and a template that come along: nothing is looked up on the machine or beyond.

What a document says reaches the template as JSON and is text there, never markup. The same sheet gives the same bytes.
"""

import json
from dataclasses import asdict
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Literal

import typst

from gateway.documents.sheet import Sheet

TEMPLATE = Path(__file__).parent / "document.typ"


class PrintFailed(Exception):
    """A document could not be typeset: a fault of ours or of typst, and nothing that its reader can mend."""


def as_pdf(sheet: Sheet, created_at: datetime) -> bytes:
    """Typeset a sheet. This takes a processor for 10 to 500 ms, and lets other threads run meanwhile."""
    return b"".join(_typeset(sheet, created_at, "pdf"))


def as_pngs(sheet: Sheet, created_at: datetime, dots_per_inch: float = 100) -> list[bytes]:
    """The pages of a sheet as pictures."""
    return _typeset(sheet, created_at, "png", dots_per_inch)


def _typeset(sheet: Sheet, created_at: datetime, to: Literal["pdf", "png"], ppi: float | None = None) -> list[bytes]:
    """The file, or one for each page where there are several."""
    try:
        made: bytes | list[bytes] = typst.compile(
            TEMPLATE,
            root=TEMPLATE.parent,
            font_paths=_fonts(),
            ignore_system_fonts=True,
            format=to,
            ppi=ppi,
            sys_inputs={"sheet": json.dumps(asdict(sheet))},
            timestamp=int(created_at.timestamp()),
        )
    except BaseException as error:  # a panic inside typst is no Exception
        raise PrintFailed(f"typst could not print {sheet.number}") from error
    return made if isinstance(made, list) else [made]


@cache
def _fonts() -> typst.Fonts:
    """The fonts of the wheel: Libertinus Serif, and others for signs that it has not."""
    return typst.Fonts(include_system_fonts=False)

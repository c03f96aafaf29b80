"""The picture of a report, by typst, from a template and fonts that come along: nothing is looked up on the machine.

What it says reaches the template as JSON and is text there, never markup.
"""

import json
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import typst

from gateway.reports.gathering import Bar

TEMPLATE = Path(__file__).parent / "picture.typ"
DOTS_PER_INCH = 144
"""Twice what it is shown at, for screens with small dots."""

NOTHING = "There is nothing in this report."


class PictureFailed(Exception):
    """The picture could not be made: a fault of ours or of typst."""


def picture(title: str, bars: Sequence[Bar]) -> bytes:
    """The figures as a PNG. This takes a processor for a moment, and lets other threads run meanwhile."""
    chart = {"title": title, "nothing": NOTHING, "bars": shares(bars)}
    try:
        made: Any = typst.compile(
            TEMPLATE,
            root=TEMPLATE.parent,
            font_paths=_fonts(),
            ignore_system_fonts=True,
            format="png",
            ppi=DOTS_PER_INCH,
            sys_inputs={"chart": json.dumps(chart)},
        )
    except BaseException as error:  # a panic inside typst is no Exception
        raise PictureFailed from error
    return bytes(made)


def shares(bars: Sequence[Bar]) -> list[dict[str, Any]]:
    """The bars with their lengths as thousandths of the longest; what is not nothing is seen."""
    longest = max((bar.length for bar in bars), default=0)
    return [
        {
            "label": bar.label,
            "figure": bar.figure,
            "length": _thousandths(bar.length, longest),
            "filled": _thousandths(bar.filled, longest),
        }
        for bar in bars
    ]


def _thousandths(part: int, whole: int) -> int:
    return max(4, part * 1_000 // whole) if part > 0 else 0


@cache
def _fonts() -> typst.Fonts:
    return typst.Fonts(include_system_fonts=False)

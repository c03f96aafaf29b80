"""CSV as spreadsheets open it: lines of cells, in which nothing is taken for a formula."""

import csv
import io
from collections.abc import Sequence

FORMULA = ("=", "+", "-", "@", "＝", "＋", "－", "＠")  # noqa: RUF001 (spreadsheets take the wide ones, too)
CONTROL = ("\t", "\r", "\n")


def defused(text: str) -> str:
    """A cell that no spreadsheet takes for a formula: one that could be is given an apostrophe before it."""
    return f"'{text}" if text.startswith(CONTROL) or text.lstrip().startswith(FORMULA) else text


def csv_lines(cells: Sequence[Sequence[str]]) -> bytes:
    """Lines of cells as RFC 4180 has them."""
    text = io.StringIO(newline="")
    csv.writer(text).writerows(cells)
    return text.getvalue().encode()

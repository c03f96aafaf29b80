"""What one operation takes of the database: counted wherever a statement is sent, by whoever sends it.

The count is bound to the running context, as tasks inherit it: batches that a loader starts count like direct reads.
Where nobody counts, nothing is done.
"""

from contextvars import ContextVar
from dataclasses import dataclass

from models.errors import TooManyRows


@dataclass(slots=True)
class Usage:
    """Statements sent and rows fetched. Past `row_limit` nothing more is sent; None only counts."""

    row_limit: int | None = None
    statements: int = 0
    rows: int = 0

    @property
    def exceeded(self) -> bool:
        """Whether more rows were fetched than may be."""
        return self.row_limit is not None and self.rows > self.row_limit

    def sent(self) -> None:
        """Count a statement that is about to be sent, or refuse to send it."""
        self.check()
        self.statements += 1

    def check(self) -> None:
        """Raise where the limit is passed."""
        if self.exceeded:
            raise TooManyRows(f"The operation has read more than {self.row_limit:,} rows.")


_current: ContextVar[Usage | None] = ContextVar("usage", default=None)


def current_usage() -> Usage | None:
    """The count that what runs here belongs to."""
    return _current.get()


class Counting:
    """Counts what its block, and every task started in it, takes of the database."""

    __slots__ = ("_token", "_usage")

    def __init__(self, usage: Usage) -> None:
        self._usage = usage

    def __enter__(self) -> None:
        self._token = _current.set(self._usage)

    def __exit__(self, *_raised: object) -> None:
        _current.reset(self._token)

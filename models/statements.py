"""Statements compiled once and run many times: SQL text for asyncpg, with arguments bound by name."""

from collections.abc import Mapping
from typing import Any, Protocol

from sqlalchemy import ClauseElement
from sqlalchemy.dialects.postgresql.asyncpg import dialect

_DIALECT: Any = dialect()  # type: ignore[no-untyped-call]


class Row(Protocol):
    """What a reader returns: a record read by column name."""

    def __getitem__(self, key: str) -> Any: ...


class Statement:
    """A SQLAlchemy statement as text, and the names of its arguments in their order.

    A bind parameter without a value of its own must be given one when the statement runs.
    """

    __slots__ = ("_constants", "_names", "text")

    def __init__(self, query: ClauseElement) -> None:
        compiled: Any = query.compile(dialect=_DIALECT)
        self.text: str = compiled.string
        self._names: tuple[str, ...] = tuple(compiled.positiontup or ())
        self._constants: dict[str, Any] = {
            name: bind.value for name, bind in compiled.binds.items() if not bind.required
        }

    def arguments(self, values: Mapping[str, Any]) -> list[Any]:
        """The positional arguments: the given values, and the statement's own constants."""
        constants = self._constants
        return [values[name] if name in values else constants[name] for name in self._names]

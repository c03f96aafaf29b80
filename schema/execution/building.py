"""The functions that build response objects, generated for each plan: one comprehension over rows and values."""

from collections.abc import Callable, Sequence
from typing import Any

from schema import ids
from schema.execution.plans import Attribute, Constant, GlobalId, Held, Inline, Place, Read, Relation
from schema.kinds import read


class UnexpectedNullError(Exception):
    """A place that cannot be null is: the level is built again row by row, with errors and their paths."""


def _refuse_null() -> Any:
    raise UnexpectedNullError


class Builder:
    """Writes one function. Names of columns and keys enter its text as literals, values through its namespace."""

    def __init__(self, places: Sequence[Place]) -> None:
        self._namespace: dict[str, Any] = {"read": read, "encode": ids.encode, "refuse_null": _refuse_null}
        self._values: list[str] = []
        fields = ", ".join(f"{place.key!r}: {self._expression(place, '')}" for place in places)
        self.source = self._function(f"{{{fields}}}")

    def function(self) -> Callable[..., list[dict[str, Any]]]:
        """The function, which takes the rows and a list of values for each relation."""
        exec(compile(self.source, "<plan>", "exec"), self._namespace)  # noqa: S102 (text of our own making)
        built: Callable[..., list[dict[str, Any]]] = self._namespace["build"]
        return built

    def _function(self, built: str) -> str:
        parameters = ", ".join(["rows", *(f"all_{name}" for name in self._values)])
        if not self._values:
            return f"def build({parameters}):\n    return [{built} for row in rows]\n"
        zipped = ", ".join(["rows", *(f"all_{name}" for name in self._values)])
        return f"def build({parameters}):\n    return [{built} for row, {', '.join(self._values)} in zip({zipped})]\n"

    def _expression(self, place: Place, prefix: str) -> str:
        value = place.value
        if isinstance(value, Constant):
            return repr(value.value)
        if isinstance(value, Relation):
            name = f"v{len(self._values)}"
            self._values.append(name)
            return name if place.nullable else f"({name} if {name} is not None else refuse_null())"
        if isinstance(value, GlobalId):
            return f"encode({value.type_name!r}, row[{prefix + 'id'!r}])"
        if isinstance(value, Inline):
            return self._inline(place, value, prefix)
        if isinstance(value, Held):
            return self._held(place, value)
        return self._leaf(place, value, prefix)

    def _held(self, place: Place, value: Held) -> str:
        fields = ", ".join(f"{below.key!r}: {self._expression(below, '')}" for below in value.places)
        items = f"[({{{fields}}} if row is not None else refuse_null()) for row in x]"
        otherwise = "None" if place.nullable else "refuse_null()"
        return f"({items} if (x := read(row, {value.name!r})) is not None else {otherwise})"

    def _inline(self, place: Place, value: Inline, prefix: str) -> str:
        below = prefix + value.prefix
        fields = ", ".join(f"{place.key!r}: {self._expression(place, below)}" for place in value.places)
        if value.null_if is None:
            return f"{{{fields}}}"
        otherwise = "None" if place.nullable else "refuse_null()"
        return f"({otherwise} if row[{prefix + value.null_if!r}] is None else {{{fields}}})"

    def _leaf(self, place: Place, value: Any, prefix: str) -> str:
        found = f"read(row, {value.name!r})" if isinstance(value, Attribute) else f"row[{prefix + value.column!r}]"
        shown = "x"
        if value.serialize is not None:
            name = f"serialize{len(self._namespace)}"
            self._namespace[name] = value.serialize
            shown = f"{name}(x)"
            if isinstance(value, Read) and value.or_text:
                shown = f"(x if x.__class__ is str else {shown})"
        if place.nullable and shown == "x":
            return found
        otherwise = "None" if place.nullable else "refuse_null()"
        return f"({shown} if (x := {found}) is not None else {otherwise})"


def is_plain(place: Place) -> bool:
    """Whether a place needs nothing but its row."""
    return isinstance(place.value, Constant | Read | Attribute | Held | GlobalId | Inline)

"""Arguments, variables and conditions of made operations."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any

from graphql import (
    GraphQLArgument,
    GraphQLBoolean,
    GraphQLField,
    GraphQLNonNull,
    is_list_type,
    is_non_null_type,
    is_required_argument,
)

from models.queries.pages import Pages
from schema.idempotency import idempotency_of
from schema.kinds import KIND
from schema.paging import DEFAULT_SIZE, Paged, ToldPages
from tests.fuzz.pool import Pool
from tests.fuzz.values import Values, Word, literal

CONDITION = GraphQLNonNull(GraphQLBoolean)
WIDE = 24
"""With so many rows at a place no further list is opened for its own sake: the reference executor is slow."""

PLAIN_LIST = 4
KEYS = ("one", "two", "three", "4 \u00fc", "x" * 255, "x" * 256, "", "a\tb")
"""Keys of mutations; the last three are refused."""


@dataclass
class Declared:
    """The variables of a document: their declarations, and the values of those that the request gives."""

    texts: dict[str, str] = field(default_factory=dict)
    values: dict[str, Any] = field(default_factory=dict)


class Arguments:
    """Makes the arguments and directives of one document, and the variables that stand in them."""

    def __init__(self, random: Random, pool: Pool) -> None:
        self.random = random
        self.pool = pool
        self.values = Values(random, pool)
        self.declared = Declared()
        self.used: set[str] = set()
        self.keys = Random(str(random.getstate()))  # noqa: S311 (drawn apart: what else is made does not change)

    def of_field(self, found: GraphQLField, forced: Sequence[str], width: int, focus: str | None) -> tuple[str, int]:
        """A field's arguments as text, and how many rows are below it."""
        paged = found.extensions["strawberry-definition"].metadata.get(KIND)
        if isinstance(paged, Paged | ToldPages):
            values = self._slice(paged, found, forced, width)
        else:
            chosen = {
                name: one
                for name, one in found.args.items()
                if is_required_argument(one) or name in forced or self.random.random() < 0.4
            }
            values = {name: self._value(name, one, focus) for name, one in chosen.items()}
        written = [f"{name}: {self._given(found.args[name], value)}" for name, value in values.items()]
        self.random.shuffle(written)
        return f"({', '.join(written)})" if written else "", width * _length(found, paged, values)

    def _value(self, name: str, argument: GraphQLArgument, focus: str | None) -> Any:
        if focus is None or name not in {"id", "ids"}:
            return self.values.id_of("Customer") if name == "id" else self.values.of(argument.type, name)
        if name == "id":
            return self.values.id_of(focus)
        return [self.values.id_of(focus if self.random.random() < 0.7 else self._any_type()) for _ in range(4)]

    def _any_type(self) -> str:
        return self.random.choice(list(self.pool.ids))

    def _slice(
        self, paged: Paged | ToldPages, found: GraphQLField, forced: Sequence[str], width: int
    ) -> dict[str, Any]:
        """A connection's arguments: short pages, from either end, behind or ahead of cursors that mostly fit."""
        chosen = {name for name in found.args if name in forced or self.random.random() < 0.2}
        if not chosen & {"first", "last"} and (width > 1 or self.random.random() < 0.8):
            chosen.add("last" if self.random.random() < 0.2 else "first")
        if {"first", "last"} <= chosen and self.random.random() < 0.9:
            chosen.discard("first" if "last" in forced else "last")
        values: dict[str, Any] = {}
        for name in sorted(chosen - {"first", "last", "after", "before"}):
            values[name] = self.values.of(found.args[name].type, name)
        query = paged.query if isinstance(paged, Paged) else self.random.choice(paged.queries)
        order = values.get("orderBy") or {"field": query.default.name}
        for name in sorted(chosen & {"first", "last"}):
            values[name] = self._size(width)
        for name in sorted(chosen & {"after", "before"}):
            values[name] = self._cursor(query, str(order["field"]))
        return values

    def _size(self, width: int) -> int | None:
        if self.random.random() < 0.04:
            return self.random.choice((0, -1, 101, None))
        return 1 if width > WIDE // 2 else self.random.choice((1, 1, 2, 3))

    def _cursor(self, query: Pages, order: str) -> str | None:
        share = self.random.random()
        if share < 0.05:
            return None
        if share < 0.12:
            return self.random.choice(("", "x", "AQ", self.random.choice([*self.pool.cursors.values()])[0]))
        return self.random.choice(self.pool.cursors[query.name, order])

    def _given(self, argument: GraphQLArgument, value: Any) -> str:
        """A value where it stands, or in a variable; an object's fields may be variables one by one."""
        share = self.random.random()
        if share < 0.25:
            return self._variable(argument.type, value)
        if share < 0.4 and isinstance(value, dict):
            fields: Any = getattr(argument.type, "of_type", argument.type)
            return literal({name: Word(self._variable(fields.fields[name].type, one)) for name, one in value.items()})
        return literal(value)

    def _variable(self, kind: Any, value: Any) -> str:
        """A new variable of the type: given by the request, or left to its default; stricter or laxer than the type."""
        name = f"v{len(self.declared.texts)}"
        shown = str(kind)
        if value is not None and not is_non_null_type(kind) and self.random.random() < 0.3:
            shown += "!"
        if self.random.random() < 0.3 and value is not None:
            other = self.random.random() < 0.3
            if is_non_null_type(kind) and not is_list_type(kind.of_type) and self.random.random() < 0.5:
                shown = str(kind.of_type)
            self.declared.texts[name] = f"${name}: {shown} = {literal(value)}"
            if other:
                laxer = is_non_null_type(kind) and kind is not CONDITION and not shown.endswith("!")
                self.declared.values[name] = None if laxer and self.random.random() < 0.5 else value
        else:
            self.declared.texts[name] = f"${name}: {shown}"
            if value is not None or self.random.random() < 0.5 or shown.endswith("!"):
                self.declared.values[name] = value
        self.used.add(name)
        return f"${name}"

    def directives(self) -> str:
        """No directive, mostly; else one or both, on a literal or a variable, mostly such that the field stays."""
        found = [name for name in ("include", "skip") if self.random.random() < 0.04]
        return "".join(f" @{name}(if: {self._condition(name == 'include')})" for name in found)

    def key(self, mutation: GraphQLField) -> str:
        """No key, mostly; else one of a few, so that some come again with the same input and some with another."""
        if idempotency_of(mutation).refused is not None or self.keys.random() < 0.6:
            return ""
        key = self.keys.choice(KEYS)
        if self.keys.random() < 0.5:
            return f" @idempotent(key: {literal(key)})"
        name = f"k{len(self.declared.texts)}"
        self.declared.texts[name], self.declared.values[name] = f"${name}: String!", key
        self.used.add(name)
        return f" @idempotent(key: ${name})"

    def _condition(self, stays: bool) -> str:
        value = stays if self.random.random() < 0.75 else not stays
        if self.random.random() < 0.4:
            return literal(value)
        return self._variable(CONDITION, value)


def _length(found: GraphQLField, paged: Any, values: dict[str, Any]) -> int:
    if isinstance(paged, Paged | ToldPages):
        sizes = [values[name] for name in ("first", "last") if values.get(name)]
        return max(1, *sizes) if sizes else DEFAULT_SIZE
    if "ids" in found.args:
        return len(values.get("ids", ()))
    listed = str(found.type).startswith("[") and not hasattr(paged, "name")
    return PLAIN_LIST if listed else 1

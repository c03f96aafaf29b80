"""Inputs made of what JSON holds, by a function for each type: what is as plain as inputs usually are takes no walk.

`coerce_input_value` of graphql-core asks at every value of every request what its type says. A coercer was told once.
It is no second opinion: where a value is not what it knows to be right it raises UnsureError, and the library judges.
"""

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

from graphql import (
    GraphQLInputObjectType,
    GraphQLInputType,
    Undefined,
    is_input_object_type,
    is_list_type,
    is_non_null_type,
    is_required_input_field,
)
from graphql.utilities.coerce_input_value import coerce_default_value

Coerce = Callable[[Any], Any]
PLAIN = (str, int, float, bool)
"""What leaves are sent as; a scalar that takes more is left to the library."""


KEPT = 1024
"""More named input types than the schema has, at all depths at which they stand inside others."""


class UnsureError(Exception):
    """A value that has to be looked at closely: it may be wrong, or unusual."""


def coercer(kind: GraphQLInputType) -> Coerce:
    """The coercer of a type. Those of named types are made once, whatever documents use them."""
    return _coercer(kind, ())


def _coercer(kind: Any, above: tuple[str, ...]) -> Coerce:
    """The coercer of a type that stands inside others."""
    if is_non_null_type(kind):
        return _required(_coercer(kind.of_type, above))
    return _list_of(_coercer(kind.of_type, above)) if is_list_type(kind) else _named(kind, above)


@lru_cache(maxsize=KEPT)
def _named(kind: Any, above: tuple[str, ...]) -> Coerce:
    """The coercer of a scalar, enum or object; one that holds itself has no end, and is always unsure."""
    if not is_input_object_type(kind):
        return _leaf(kind.coerce_input_value)
    return _unsure if kind.is_one_of or kind.name in above else _object_of(kind, (*above, kind.name))


def _unsure(value: Any) -> Any:
    if value is None:
        return None
    raise UnsureError


def _required(coerce: Coerce) -> Coerce:
    def required(value: Any) -> Any:
        if value is None:
            raise UnsureError
        return coerce(value)

    return required


def _list_of(item: Coerce) -> Coerce:
    def items(value: Any) -> Any:
        if value is None:
            return None
        if value.__class__ is not list:
            raise UnsureError
        return [item(one) for one in value]

    return items


def _leaf(coerce: Coerce) -> Coerce:
    """A scalar's or enum's own judgement. A character NUL, which the library lets pass, is for others to refuse."""

    def leaf(value: Any) -> Any:
        if value is None:
            return None
        if value.__class__ not in PLAIN or (value.__class__ is str and "\0" in value):
            raise UnsureError
        try:
            return coerce(value)
        except Exception:  # noqa: BLE001 (scalars refuse with whatever they like)
            raise UnsureError from None

    return leaf


def _object_of(kind: GraphQLInputObjectType, above: tuple[str, ...]) -> Coerce:
    fields = [
        (name, field.out_name or name, _coercer(field.type, above), _default(field))
        for name, field in kind.fields.items()
    ]
    made = kind.out_type

    def coerced(value: Any) -> Any:
        if value is None:
            return None
        if value.__class__ is not dict:
            raise UnsureError
        return made(_fields(value, fields))

    return coerced


def _fields(value: Mapping[str, Any], fields: list[tuple[str, str, Coerce, Any]]) -> dict[str, Any]:
    """An object's fields in the type's order. Whatever was sent beside them is counted, not looked for."""
    found: dict[str, Any] = {}
    sent = 0
    for name, out_name, coerce, default in fields:
        if name in value:
            sent += 1
            found[out_name] = coerce(value[name])
        elif default is UnsureError:
            raise UnsureError
        elif default is not Undefined:
            found[out_name] = default
    if sent != len(value):
        raise UnsureError
    return found


def _default(field: Any) -> Any:
    """What stands for a field that was not sent: its default, nothing, or, where it is required, UnsureError."""
    return UnsureError if is_required_input_field(field) else coerce_default_value(field)

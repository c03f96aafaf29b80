"""Input values judged in our own words: what is wrong, at which argument, and what would be right.

Variables and literals are judged by one walk, so both read alike. A value is never echoed: it may be a password.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from graphql import (
    GraphQLEnumType,
    GraphQLError,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLScalarType,
    ListValueNode,
    NullValueNode,
    ObjectValueNode,
    StringValueNode,
    Undefined,
    VariableNode,
    is_required_input_field,
)

from models.errors import PortalError
from schema.errors import ErrorCode, fault

SENTENCES: Mapping[str, str] = {
    "Int": "expected a whole number between -2147483648 and 2147483647",
    "Float": "expected a number",
    "String": "expected a string",
    "Boolean": "expected true or false",
    "ID": "expected an id, as a string",
}


@dataclass(frozen=True, slots=True)
class InputFault:
    """One thing wrong with an input value, at a path inside it."""

    path: tuple[str | int, ...]
    sentence: str


class Reader(Protocol):
    """How a kind of value is looked into: JSON of the variables, or literals of the document."""

    def is_null(self, value: Any, /) -> bool:
        """Whether the value is null."""

    def is_open(self, value: Any, /) -> bool:
        """Whether the value is not known yet, and judged elsewhere."""

    def items(self, value: Any, /) -> Sequence[Any] | None:
        """The items of a list; None for anything else."""

    def fields(self, value: Any, /) -> Mapping[str, Any] | None:
        """The fields of an object; None for anything else."""

    def text(self, value: Any, /) -> str | None:
        """The characters of a string; None for anything else."""

    def coerce(self, value: Any, /, leaf: GraphQLScalarType | GraphQLEnumType) -> Any:
        """The value as the scalar or enum takes it; raises, or is Undefined, where it does not."""


class JsonReader:
    """Looks into values of the request's variables."""

    def is_null(self, value: Any, /) -> bool:
        return value is None

    def is_open(self, _value: Any, /) -> bool:
        return False

    def items(self, value: Any, /) -> Sequence[Any] | None:
        return value if isinstance(value, list) else None

    def fields(self, value: Any, /) -> Mapping[str, Any] | None:
        return value if isinstance(value, dict) else None

    def text(self, value: Any, /) -> str | None:
        return value if isinstance(value, str) else None

    def coerce(self, value: Any, /, leaf: GraphQLScalarType | GraphQLEnumType) -> Any:
        return leaf.coerce_input_value(value)


class LiteralReader:
    """Looks into literals of a document; the variables inside them are judged with the request."""

    def is_null(self, value: Any, /) -> bool:
        return isinstance(value, NullValueNode)

    def is_open(self, value: Any, /) -> bool:
        return isinstance(value, VariableNode)

    def items(self, value: Any, /) -> Sequence[Any] | None:
        return value.values if isinstance(value, ListValueNode) else None

    def fields(self, value: Any, /) -> Mapping[str, Any] | None:
        return {field.name.value: field.value for field in value.fields} if isinstance(value, ObjectValueNode) else None

    def text(self, value: Any, /) -> str | None:
        return value.value if isinstance(value, StringValueNode) else None

    def coerce(self, value: Any, /, leaf: GraphQLScalarType | GraphQLEnumType) -> Any:
        if leaf.coerce_input_literal is not None:
            return leaf.coerce_input_literal(value)
        return leaf.parse_literal(value)


def faults_in(
    value: Any, kind: GraphQLInputType, reader: Reader, path: tuple[str | int, ...] = ()
) -> Iterator[InputFault]:
    """What is wrong with a value for a type."""
    if value is not Undefined and reader.is_open(value):
        return
    if isinstance(kind, GraphQLNonNull):
        if value is Undefined or reader.is_null(value):
            yield InputFault(path, "a value is required" if value is Undefined else "must not be null")
            return
        kind = kind.of_type
    if value is Undefined or reader.is_null(value):
        return
    if isinstance(kind, GraphQLList):
        items = reader.items(value)
        for index, item in enumerate([value] if items is None else items):
            yield from faults_in(item, kind.of_type, reader, path if items is None else (*path, index))
    elif isinstance(kind, GraphQLInputObjectType):
        yield from _object_faults(value, kind, reader, path)
    elif isinstance(kind, GraphQLScalarType | GraphQLEnumType):
        yield from _leaf_faults(value, kind, reader, path)


def _object_faults(
    value: Any, kind: GraphQLInputObjectType, reader: Reader, path: tuple[str | int, ...]
) -> Iterator[InputFault]:
    given = reader.fields(value)
    if given is None:
        yield InputFault(path, f"expected an object of type {kind.name}")
        return
    for name, field in kind.fields.items():
        if name in given:
            yield from faults_in(given[name], field.type, reader, (*path, name))
        elif is_required_input_field(field):
            yield InputFault((*path, name), "a value is required")
    for name in given.keys() - kind.fields.keys():
        yield InputFault((*path, name), f"{kind.name} has no such field")
    if kind.is_one_of and (len(given) != 1 or any(reader.is_null(item) for item in given.values())):
        yield InputFault(path, f"expected exactly one field of {kind.name}, not null")


def _leaf_faults(
    value: Any, leaf: GraphQLScalarType | GraphQLEnumType, reader: Reader, path: tuple[str | int, ...]
) -> Iterator[InputFault]:
    if "\0" in (reader.text(value) or ""):
        yield InputFault(path, "a string must not hold the character NUL")
        return
    try:
        found = reader.coerce(value, leaf)
    except Exception as error:  # noqa: BLE001 (whatever a scalar raises means that it does not take the value)
        yield InputFault(path, _sentence(leaf, error))
    else:
        if found is Undefined:
            yield InputFault(path, _sentence(leaf, None))


def _sentence(leaf: GraphQLScalarType | GraphQLEnumType, error: Exception | None) -> str:
    """What would be right. Scalars of our own say so themselves; the library's would repeat the value."""
    if isinstance(leaf, GraphQLEnumType):
        return f"expected a value of the enum {leaf.name}"
    own = SENTENCES.get(leaf.name)
    if own is not None:
        return own
    said = error.message if isinstance(error, GraphQLError | PortalError) else None
    if isinstance(error, ValueError):
        said = str(error)
    return said or f"expected a value of the scalar {leaf.name}"


def input_error(argument: str, found: InputFault, node: Any = None, **extensions: Any) -> GraphQLError:
    """The error for a fault inside the value of an argument."""
    path = ".".join([argument, *map(str, found.path)])
    message = f"{path}: {found.sentence.removesuffix('.')}."
    return fault(ErrorCode.BAD_USER_INPUT, message, nodes=node, argumentPath=path, **extensions)

"""Arguments as resolvers take them. How each is converted follows from its type, and is found out once for a field.

Strawberry's own `convert_arguments` asks the same of every value of every request; what comes out is the same.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import MISSING, dataclass
from functools import lru_cache
from typing import Any

from graphql import GraphQLResolveInfo
from strawberry import Schema
from strawberry.schema.config import StrawberryConfig
from strawberry.types.arguments import StrawberryArgument
from strawberry.types.base import StrawberryList, StrawberryOptional, has_object_definition
from strawberry.types.field import StrawberryField
from strawberry.types.lazy_type import LazyType
from strawberry.types.unset import UNSET

KEPT = 4096
"""Fields whose signatures are kept; the schema has a tenth of that."""

Convert = Callable[[Any], Any]
Named = tuple[tuple[str, str, Convert | None], ...]
"""Names in the schema and in Python, each with what converts the value; None where it stays as it is."""


def converter(kind: Any, config: StrawberryConfig) -> Convert | None:
    """What makes a value of a type out of what graphql-core has coerced; None where it is that already."""
    if isinstance(kind, LazyType):
        return converter(kind.resolve_type(), config)
    if isinstance(kind, StrawberryOptional):
        return converter(kind.of_type, config)
    if isinstance(kind, StrawberryList):
        return _list_of(converter(kind.of_type, config))
    if has_object_definition(kind):
        return _input_of(kind, config)
    return None


def _list_of(item: Convert | None) -> Convert:
    """A list is copied, lest a default that all requests share be changed."""
    convert = item or _itself

    def converted(values: Any) -> Any:
        return values if values is None or values is UNSET else [convert(value) for value in values]

    return converted


def _itself(value: Any) -> Any:
    return value


def _input_of(kind: Any, config: StrawberryConfig) -> Convert:
    """An input type's object. What was not sent is left to its default, or is null where it has none."""
    definition = kind.__strawberry_definition__
    missing = {
        field.python_name: None
        for field in definition.fields
        if field.default_value is MISSING and field.default_factory is MISSING
    }
    named: Named = tuple(
        (
            config.name_converter.from_field(field),
            field.python_name,
            converter(field.resolve_type(type_definition=definition), config),
        )
        for field in definition.fields
    )

    def converted(value: Any) -> Any:
        return value if value is None or value is UNSET else kind(**{**missing, **_converted(value, named)})

    return converted


def _converted(values: Mapping[str, Any], named: Named) -> dict[str, Any]:
    return {
        python_name: values[name] if convert is None else convert(values[name])
        for name, python_name, convert in named
        if name in values
    }


@dataclass(frozen=True)
class Signature:
    """How a resolver is called: what converts its arguments, and which names take the parent and the request."""

    field: StrawberryField
    config: StrawberryConfig
    named: Named
    positional: bool
    parents: tuple[str, ...]
    info: str | None

    def converted(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """The arguments by their Python names."""
        return _converted(values, self.named)

    def call(self, row: Any, info: GraphQLResolveInfo[Any], arguments: Mapping[str, Any]) -> Any:
        """What the resolver returns for a row."""
        given = {**arguments, **dict.fromkeys(self.parents, row)}
        if self.info is not None:
            given[self.info] = self.config.info_class(_raw_info=info, _field=self.field)
        resolver: Any = self.field.base_resolver
        return resolver(row, **given) if self.positional else resolver(**given)


@lru_cache(maxsize=KEPT)
def signature(field: StrawberryField, schema: Schema) -> Signature:
    """The signature of a field in the schema that it stands in."""
    named, resolver = named_arguments(field.arguments, schema.config), field.base_resolver
    if resolver is None:
        return Signature(field, schema.config, named, positional=False, parents=(), info=None)
    parents = (resolver.parent_parameter, resolver.root_parameter)
    return Signature(
        field,
        schema.config,
        named,
        positional=resolver.self_parameter is not None,
        parents=tuple(parameter.name for parameter in parents if parameter is not None),
        info=None if resolver.info_parameter is None else resolver.info_parameter.name,
    )


def named_arguments(arguments: Sequence[StrawberryArgument], config: StrawberryConfig) -> Named:
    """A field's arguments by name, each with its converter."""
    return tuple(
        (config.name_converter.from_argument(one), one.python_name, converter(one.type, config)) for one in arguments
    )

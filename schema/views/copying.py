"""A schema of its own for a view, made of copies, so that the full schema stays as it is."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from graphql import (
    GraphQLArgument,
    GraphQLDirective,
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNamedType,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLScalarType,
    GraphQLSchema,
    GraphQLUnionType,
    Undefined,
    is_specified_directive,
    value_from_ast,
)
from graphql.utilities import get_default_value_ast

from schema.guards.inputs import enum_values
from schema.guards.view import View
from schema.views.narrowing import Narrowing


def narrowed(view: View) -> GraphQLSchema:
    """The schema that callers of a view may know of. It tells; it does not resolve."""
    return _Copies(Narrowing(view)).schema()


class _Copies:
    """The definitions that a narrowing leaves, each with what is left of it."""

    def __init__(self, narrowing: Narrowing) -> None:
        self._left = narrowing
        self._made = {name: self._named(kind) for name, kind in narrowing.reachable().items()}

    def schema(self) -> GraphQLSchema:
        """All copies together."""
        full = self._left.schema
        return GraphQLSchema(
            query=self._root(full.query_type),
            mutation=self._root(full.mutation_type),
            subscription=self._root(full.subscription_type),
            types=list(self._made.values()),
            directives=[self._directive(directive) for directive in full.directives],
            description=full.description,
        )

    def _root(self, kind: GraphQLObjectType | None) -> Any:
        return None if kind is None else self._made.get(kind.name)

    def _named(self, kind: GraphQLNamedType) -> GraphQLNamedType:
        if isinstance(kind, GraphQLScalarType):
            return kind
        if isinstance(kind, GraphQLEnumType):
            return self._enum(kind)
        kwargs: dict[str, Any] = {**kind.to_kwargs()}
        if isinstance(kind, GraphQLUnionType):
            return GraphQLUnionType(**{**kwargs, "types": partial(self._members, kind)})
        if isinstance(kind, GraphQLInputObjectType):
            return GraphQLInputObjectType(**{**kwargs, "fields": partial(self._inputs, kind.fields)})
        if not isinstance(kind, GraphQLObjectType | GraphQLInterfaceType):
            raise TypeError(f"a kind of type that no view knows: {kind.name}")
        kwargs |= {"fields": partial(self._fields, kind), "interfaces": partial(self._interfaces, kind)}
        return type(kind)(**kwargs)

    def _enum(self, kind: GraphQLEnumType) -> GraphQLEnumType:
        """The enum itself where it is whole. A copy is made without its class's constructor, which asks for more."""
        values = self._left.values(kind)
        if len(values) == len(kind.values):
            return kind
        made: GraphQLEnumType = object.__new__(type(kind))
        made.__dict__.update({**kind.__dict__, "values": values})
        made.__dict__.pop("_value_lookup", None)
        return made

    def _members(self, kind: GraphQLUnionType) -> list[Any]:
        return [self._made[item.name] for item in self._left.possible(kind)]

    def _interfaces(self, kind: GraphQLObjectType | GraphQLInterfaceType) -> list[Any]:
        return [self._made[item.name] for item in self._left.interfaces(kind)]

    def _fields(self, kind: GraphQLObjectType | GraphQLInterfaceType) -> dict[str, GraphQLField]:
        return {name: self._field(field) for name, field in self._left.fields(kind).items()}

    def _field(self, field: GraphQLField) -> GraphQLField:
        kwargs: dict[str, Any] = {**field.to_kwargs()}
        return GraphQLField(**{**kwargs, "type_": self._type(field.type), "args": self._inputs(field.args)})

    def _directive(self, directive: GraphQLDirective) -> GraphQLDirective:
        if is_specified_directive(directive):
            return directive
        kwargs: dict[str, Any] = {**directive.to_kwargs()}
        return GraphQLDirective(**{**kwargs, "args": self._inputs(directive.args)})

    def _inputs(self, items: Mapping[str, GraphQLArgument] | Mapping[str, GraphQLInputField]) -> dict[str, Any]:
        left: dict[str, Any] = self._left.inputs(items)
        return {name: self._input(item) for name, item in left.items()}

    def _input(self, item: GraphQLArgument | GraphQLInputField) -> GraphQLArgument | GraphQLInputField:
        kwargs: dict[str, Any] = {**item.to_kwargs(), "type_": self._type(item.type)}
        if self._names_what_is_gone(item):
            kwargs |= {"default_value": Undefined, "default": None}
        return type(item)(**kwargs)

    def _names_what_is_gone(self, item: GraphQLArgument | GraphQLInputField) -> bool:
        """Whether the default holds a refused value: these callers must give one of their own."""
        default = get_default_value_ast(item)
        if default is None:
            return False
        named = enum_values(item.type, value_from_ast(default, item.type))
        return not self._left.view.enum_values.keys().isdisjoint(named)

    def _type(self, kind: Any) -> Any:
        if isinstance(kind, GraphQLNonNull):
            return GraphQLNonNull(self._type(kind.of_type))
        if isinstance(kind, GraphQLList):
            return GraphQLList(self._type(kind.of_type))
        return self._made[kind.name]

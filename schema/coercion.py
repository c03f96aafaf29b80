"""The request's variables, made into what the operation takes, or refused with the arguments they would reach."""

from collections.abc import Mapping
from functools import cached_property
from itertools import islice
from typing import Any, cast

from graphql import (
    ArgumentNode,
    DirectiveNode,
    DocumentNode,
    FragmentDefinitionNode,
    GraphQLError,
    GraphQLSchema,
    ListValueNode,
    ObjectValueNode,
    OperationDefinitionNode,
    Undefined,
    ValueNode,
    VariableDefinitionNode,
    VariableNode,
    Visitor,
    is_input_type,
    is_non_null_type,
    type_from_ast,
    visit,
)
from graphql.execution import get_variable_values
from graphql.execution.get_variable_signature import GraphQLVariableSignature, get_variable_signature
from graphql.execution.values import VariableValues, VariableValueSource
from graphql.utilities.coerce_input_value import coerce_default_value

from schema.coercers import Coerce, UnsureError, coercer
from schema.errors import ErrorCode, coded
from schema.input_values import InputFault, JsonReader, faults_in, input_error

MAX_FAULTS = 20
CONDITION = "if"
"""The argument of `@skip` and `@include`."""


class DeclaredVariables:
    """The variables that one operation declares: what is found out of them once, for all requests that send it."""

    def __init__(self, schema: GraphQLSchema, document: DocumentNode, operation: OperationDefinitionNode) -> None:
        self._schema = schema
        self._document = document
        self._operation = operation
        self._declared = [_declared(schema, node) for node in operation.variable_definitions or ()]

    def coerced(self, values: Mapping[str, Any]) -> VariableValues | list[GraphQLError]:
        """The variables as the operation takes them, or what is wrong with each."""
        try:
            coerced = self._plain(values)
        except (UnsureError, RecursionError):
            return self._judged(values)
        return self._null_conditions(coerced) or coerced

    def _plain(self, values: Mapping[str, Any]) -> VariableValues:
        """The variables where all of them are plain; raises UnsureError where one is not."""
        sources: dict[str, VariableValueSource] = {}
        coerced: dict[str, Any] = {}
        for name, signature, coerce, default in self._declared:
            if name in values:
                sources[name] = VariableValueSource(signature, values[name])
                coerced[name] = coerce(values[name])
                continue
            sources[name] = VariableValueSource(signature)
            if default is UnsureError:
                raise UnsureError
            if default is not Undefined:
                coerced[name] = default
        return VariableValues(sources, coerced)

    def _judged(self, values: Mapping[str, Any]) -> VariableValues | list[GraphQLError]:
        """What graphql-core makes of the variables, or what is wrong in our words."""
        definitions = self._operation.variable_definitions or ()
        coerced = get_variable_values(self._schema, definitions, dict(values), MAX_FAULTS, hide_suggestions=True)
        if isinstance(coerced, VariableValues) and not _holds_nul(values):
            return self._null_conditions(coerced) or coerced
        errors: list[GraphQLError] = []
        for definition in definitions:
            name = definition.variable.name.value
            faults = _faults(self._schema, definition, values.get(name, Undefined))
            if faults:
                argument = _argument_of(self._document, name)
                errors += [input_error(argument, found, definition, variable=name) for found in faults]
        if errors:
            return errors[:MAX_FAULTS]
        if isinstance(coerced, VariableValues):
            return self._null_conditions(coerced) or coerced
        return coded(coerced, ErrorCode.BAD_USER_INPUT)

    def _null_conditions(self, coerced: VariableValues) -> list[GraphQLError]:
        """Refuse null for a variable that a condition uses. A default lets its type allow it; a condition cannot."""
        if None not in coerced.coerced.values():
            return []
        nulls = {name for name, value in coerced.coerced.items() if value is None}
        found = InputFault((), "a value that is not null is required")
        return [
            input_error(CONDITION, found, self._operation, variable=name) for name in sorted(nulls & self._conditions)
        ]

    @cached_property
    def _conditions(self) -> set[str]:
        """The variables that conditions use, in the operation and in all fragments."""
        search = _Conditions()
        visit(self._operation, search)
        for definition in self._document.definitions:
            if isinstance(definition, FragmentDefinitionNode):
                visit(definition, search)
        return search.variables


Declared = tuple[str, GraphQLVariableSignature, Coerce, Any]
"""A variable: its name, its signature, its coercer, and what stands for it where it is not sent."""


def _declared(schema: GraphQLSchema, definition: VariableDefinitionNode) -> Declared:
    """A variable that validation has let pass, so that its type is one of inputs and its default fits."""
    signature = cast(GraphQLVariableSignature, get_variable_signature(schema, definition))
    default = coerce_default_value(signature)
    if default is Undefined and is_non_null_type(signature.type):
        default = UnsureError
    return signature.name, signature, coercer(signature.type), default


def _holds_nul(value: Any) -> bool:
    """Whether a character NUL, which the library lets pass, is anywhere in what was sent."""
    if isinstance(value, str):
        return "\0" in value
    if isinstance(value, Mapping):
        return any(map(_holds_nul, value.values()))
    return isinstance(value, list) and any(map(_holds_nul, value))


def _faults(schema: GraphQLSchema, definition: VariableDefinitionNode, value: Any) -> list[InputFault]:
    kind = type_from_ast(schema, definition.type)
    if not is_input_type(kind) or (value is Undefined and definition.default_value is not None):
        return []
    return list(islice(faults_in(value, kind, JsonReader()), MAX_FAULTS))


def _argument_of(document: DocumentNode, variable: str) -> str:
    """The argument, and the path inside its literal, where a variable is used first; else the variable itself."""
    search = _UseOf(variable)
    visit(document, search)
    return search.found or f"${variable}"


class _Conditions(Visitor):
    """Gathers the variables that conditions use."""

    def __init__(self) -> None:
        super().__init__()
        self.variables: set[str] = set()

    def enter_directive(self, node: DirectiveNode, *_: Any) -> None:
        """Note the variable in the condition, which literals have none of."""
        for argument in node.arguments or ():
            if argument.name.value == CONDITION and isinstance(argument.value, VariableNode):
                self.variables.add(argument.value.name.value)


class _UseOf(Visitor):
    """Looks for the first argument that uses a variable."""

    def __init__(self, variable: str) -> None:
        super().__init__()
        self.variable = variable
        self.found: str | None = None

    def enter_argument(self, node: ArgumentNode, *_: Any) -> Any:
        path = _path_to(node.value, self.variable)
        if path is None:
            return None
        self.found = ".".join((node.name.value, *path))
        return self.BREAK


def _path_to(value: ValueNode, variable: str) -> tuple[str, ...] | None:
    if isinstance(value, VariableNode):
        return () if value.name.value == variable else None
    inner: list[tuple[str, ValueNode]] = []
    if isinstance(value, ObjectValueNode):
        inner = [(field.name.value, field.value) for field in value.fields]
    elif isinstance(value, ListValueNode):
        inner = [(str(index), item) for index, item in enumerate(value.values)]
    for step, item in inner:
        path = _path_to(item, variable)
        if path is not None:
            return (step, *path)
    return None

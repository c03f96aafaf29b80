"""The rules a document is validated by: the specification's, with input values judged in our own words."""

from typing import Any

from graphql import (
    ArgumentNode,
    ASTValidationRule,
    FieldNode,
    GraphQLError,
    GraphQLInputType,
    ValidationRule,
    ValueNode,
    ValuesOfCorrectTypeRule,
    VariableDefinitionNode,
    is_input_type,
    specified_rules,
    type_from_ast,
)

from schema.idempotency import IdempotentRule
from schema.input_values import LiteralReader, faults_in, input_error


class InputValuesRule(ValidationRule):
    """Literals fit their arguments, and contain nothing that could not be stored."""

    def enter_argument(self, node: ArgumentNode, *_: Any) -> None:
        """Judge the literal of an argument."""
        argument = self.context.get_argument()
        if argument is not None:
            self._judge(node.name.value, node.value, argument.type)

    def enter_variable_definition(self, node: VariableDefinitionNode, *_: Any) -> None:
        """Judge the default of a variable."""
        kind = type_from_ast(self.context.schema, node.type)
        if node.default_value is not None and is_input_type(kind):
            self._judge(f"${node.variable.name.value}", node.default_value, kind)

    def _judge(self, name: str, value: ValueNode, kind: GraphQLInputType) -> None:
        for found in faults_in(value, kind, LiteralReader()):
            self.report_error(input_error(name, found, value))


class ClosedSchemaRule(ASTValidationRule):
    """Where introspection is closed, no document asks for the whole schema; `__type` and `__typename` still answer."""

    def enter_field(self, node: FieldNode, *_: Any) -> None:
        """Refuse `__schema`, the one field that lists everything."""
        if node.name.value == "__schema":
            message = "Introspection is closed here: `__schema` does not answer. `__type` and `__typename` do."
            self.report_error(GraphQLError(message, node))


DOCUMENT_RULES: tuple[type[ASTValidationRule], ...] = (
    *(InputValuesRule if rule is ValuesOfCorrectTypeRule else rule for rule in specified_rules),
    IdempotentRule,
)
"""Every rule of the specification, with one of ours in its place, and where `@idempotent` may stand."""


def document_rules(*, introspection: bool) -> tuple[type[ASTValidationRule], ...]:
    """The rules of a gateway that tells its schema, or of one that does not."""
    return DOCUMENT_RULES if introspection else (*DOCUMENT_RULES, ClosedSchemaRule)

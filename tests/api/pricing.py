"""What operations cost over the real schema, found as the engine finds it, without running them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from graphql import DocumentNode, GraphQLSchema, OperationDefinitionNode, parse, validate
from graphql.execution import get_variable_values
from graphql.execution.values import VariableValues

from auth.actors import Actor, CredentialKind
from models.roles import RoleName
from schema.build import build_schema, graphql_schema
from schema.cost import Bill, Costs
from schema.guards import Guards, Verdict
from schema.limits import Limits

LIMIT = Limits().cost


@dataclass(frozen=True)
class Asked:
    """A valid operation with its variables and what its caller is refused."""

    schema: GraphQLSchema
    document: DocumentNode
    operation: OperationDefinitionNode
    variables: VariableValues
    verdict: Verdict

    def bill(self, limit: int = LIMIT) -> Bill:
        """Its bill under a limit."""
        return Costs(self.schema, limit).bill(self.document, self.operation, self.variables, self.verdict)


def actor_of(role: RoleName) -> Actor:
    """Someone with this role, signed in."""
    return Actor(UUID(int=1), role, CredentialKind.SESSION, UUID(int=2), UUID(int=3), "someone@example.com")


def asked(
    text: str,
    variables: Mapping[str, Any] | None = None,
    role: RoleName | None = RoleName.MASTER,
    schema: GraphQLSchema | None = None,
    guards: Guards | None = None,
) -> Asked:
    """An operation of the API, or of another schema with its guards."""
    schema = schema or graphql_schema(build_schema())
    document = parse(text)
    assert validate(schema, document) == []
    [operation] = [node for node in document.definitions if isinstance(node, OperationDefinitionNode)]
    values = get_variable_values(schema, operation.variable_definitions or (), dict(variables or {}))
    assert isinstance(values, VariableValues)
    judge: Guards = guards or schema.extensions["guards"]
    verdict = judge.operation(document, operation).judge(values, None if role is None else actor_of(role))
    return Asked(schema, document, operation, values, verdict)


def cost_of(text: str, variables: Mapping[str, Any] | None = None, role: RoleName | None = RoleName.MASTER) -> int:
    """What an operation of the API costs for someone with this role."""
    return asked(text, variables, role).bill().requested

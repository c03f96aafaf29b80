"""A small schema with guards of every kind, and operations judged and run over it."""

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from graphql import (
    DirectiveNode,
    ExecutionResult,
    GraphQLSchema,
    OperationDefinitionNode,
    StringValueNode,
    build_schema,
    execute,
    parse,
    validate,
)
from graphql.execution.values import VariableValues, get_variable_values

from auth.actors import Actor, CredentialKind
from auth.permissions import Permission
from models.roles import RoleName
from schema.guards import GuardedExecutionContext, GuardMap, Guards, Verdict

SDL = """
directive @requires(permission: String!) on FIELD_DEFINITION | OBJECT | ENUM_VALUE
directive @public on FIELD_DEFINITION

type Query {
  viewer: Viewer @public
  roles: [String!]! @public
  node(id: ID!): Node
  nodes(ids: [ID!]!): [Node]!
  matrix: [[Cell!]!]
}
type Mutation {
  signOut: Boolean
  changePassword: Boolean @requires(permission: "CHANGE_PASSWORD")
  topUp: Boolean @requires(permission: "EDIT_BILLING")
  subscribe(kinds: [Kind!]!): Boolean
}
type Subscription { events(kinds: [Kind!]): Event! }
interface Node { id: ID! }
type Cell { price: Int @requires(permission: "VIEW_PRICES") }
type Viewer { account: Account! }
type Account implements Node {
  id: ID!
  number: String!
  servers: [Server!]!
  invoices: [Invoice!] @requires(permission: "VIEW_INVOICES")
  latest: Invoice
  owner: Secret
  log: [Entry!]!
  report(kind: Kind! = COSTS, filter: Filter): Report
}
type Server implements Node { id: ID! host: String! account: Account price: Int @requires(permission: "VIEW_PRICES") }
type Invoice implements Node @requires(permission: "VIEW_INVOICES") {
  id: ID!
  total: Int!
  next: Invoice
  price: Int @requires(permission: "VIEW_PRICES")
}
type Secret implements Node @requires(permission: "MANAGE_ACCESS") { id: ID! value: String! }
type Entry { target: Node }
type Report { name: String! }
type Event { kind: Kind! }
enum Kind { SERVERS COSTS @requires(permission: "VIEW_PRICES") BALANCES @requires(permission: "VIEW_BILLING") }
input Filter { kinds: [Kind!] = [SERVERS], nested: Filter, text: String }
"""

DATA: Mapping[str, Any] = {
    "roles": ["a"],
    "signOut": True,
    "changePassword": True,
    "topUp": True,
    "subscribe": True,
    "matrix": [[{"price": 1}]],
}


def _directive(item: Any, name: str) -> DirectiveNode | None:
    directives = (item.ast_node.directives or ()) if item.ast_node else ()
    return next((directive for directive in directives if directive.name.value == name), None)


def guard_of(item: Any) -> Permission | None:
    """The guard of a type, field or enum value of the small schema."""
    directive = _directive(item, "requires")
    if directive is None:
        return None
    assert directive.arguments
    value = directive.arguments[0].value
    assert isinstance(value, StringValueNode)
    return Permission[value.value]


def is_public(item: Any) -> bool:
    """Whether a root field of the small schema is public."""
    return _directive(item, "public") is not None


def type_in_id(text: str) -> str | None:
    """Ids of the small schema are `Type:number`."""
    name, colon, _ = text.partition(":")
    return name if colon else None


def small_guards(sdl: str = SDL) -> Guards:
    """The guards of the small schema."""
    schema = build_schema(sdl)
    schema.type_map["Node"].resolve_type = lambda row, _info, _kind: type_in_id(row["id"])  # type: ignore[attr-defined]
    return Guards(GuardMap.read(schema, guard_of, is_public), type_in_id)


def actor(role: RoleName, credential: CredentialKind = CredentialKind.SESSION) -> Actor:
    """A caller with this role."""
    return Actor(UUID(int=1), role, credential, UUID(int=2), UUID(int=3), "someone@example.com")


class Judged:
    """One operation, judged for one caller, and run on demand."""

    def __init__(self, guards: Guards, text: str, caller: Actor | None, **variables: Any) -> None:
        self.schema: GraphQLSchema = guards.map.schema
        self.document = parse(text)
        assert validate(self.schema, self.document) == []
        operations = [node for node in self.document.definitions if isinstance(node, OperationDefinitionNode)]
        self.variables = variables
        coerced = get_variable_values(self.schema, operations[0].variable_definitions or (), variables)
        assert isinstance(coerced, VariableValues)
        self.coerced = coerced
        self.guard = guards.operation(self.document, operations[0])
        self.verdict: Verdict = self.guard.judge(coerced, caller)
        self.resolved: list[str] = []

    @property
    def places(self) -> list[str]:
        """The places that are cut."""
        return [".".join(cut.place) for cut in self.verdict.cuts]

    def run(self, root: Mapping[str, Any] = DATA) -> ExecutionResult:
        """Run the operation under its verdict, noting which fields were resolved."""

        def resolve(source: Any, info: Any, **arguments: Any) -> Any:
            self.resolved.append(info.field_name)
            value = source.get(info.field_name) if isinstance(source, Mapping) else None
            return value(**arguments) if callable(value) else value

        return self.run_with(resolve, root)

    def run_with(self, resolve: Callable[..., Any], root: Mapping[str, Any] | None = None) -> ExecutionResult:
        """Run the operation under its verdict with a resolver for all fields."""
        result = execute(
            self.schema,
            self.document,
            root_value=root,
            field_resolver=resolve,
            variable_values=self.variables,
            executor_class=GuardedExecutionContext,
            verdict=self.verdict,
        )
        assert isinstance(result, ExecutionResult)
        return result

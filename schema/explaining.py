"""An operation explained: what it would do for a role, with nothing executed."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLObjectType,
    GraphQLSchema,
    OperationDefinitionNode,
    TypeInfo,
    TypeInfoVisitor,
    Visitor,
    visit,
)
from graphql.execution.values import VariableValues

from auth.actors import Actor, CredentialKind
from auth.permissions import Permission
from models.roles import RoleName
from schema.announcing import NOBODY, Announcer, Line, nowhere
from schema.answers import Refused
from schema.execution import Judged, PlannedExecutor
from schema.execution.running import Run
from schema.guards import GuardMap, Verdict
from schema.operations import Engine


class NotExplainedError(Exception):
    """The operation would be refused before it is planned; the message says why."""


@dataclass(frozen=True)
class Explanation:
    """What an operation would do: its places, the functions generated for them, its cost, and what it needs."""

    name: str
    lines: tuple[Line, ...]
    sources: Mapping[str, str]
    cost: int
    cost_limit: int
    needed: Mapping[Permission, tuple[str, ...]]
    refused: tuple[str, ...]


async def explain(
    engine: Engine, text: str, role: RoleName, variables: Mapping[str, Any], name: str | None = None
) -> Explanation:
    """Explain one operation of a document for a session of a role; raises NotExplainedError where it may not run."""
    try:
        document = engine.documents.read(text)
        operation = document.operation(name)
    except Refused as refused:
        raise NotExplainedError(_sentences(refused.errors)) from None
    coerced = operation.variables.coerced(variables)
    if not isinstance(coerced, VariableValues):
        raise NotExplainedError(_sentences(coerced))
    actor = Actor(NOBODY, role, CredentialKind.SESSION, NOBODY, NOBODY)
    verdict = operation.guard.judge(coerced, actor)
    if verdict.whole is not None:
        raise NotExplainedError(_sentences([verdict.whole]))
    judged = Judged(document.tree, operation.node, coerced, variables, verdict)
    lines, sources = await _announced(engine.schema, judged, actor)
    return Explanation(
        name=operation.name or "the operation",
        lines=lines,
        sources=sources,
        cost=engine.costs.bill(document.tree, operation.node, coerced, verdict).requested,
        cost_limit=engine.costs.limit,
        needed=_needed(engine.schema, engine.guards.map, document.tree, operation.node),
        refused=tuple(_refusals(verdict)),
    )


async def _announced(schema: GraphQLSchema, judged: Judged, actor: Actor) -> tuple[tuple[Line, ...], Mapping[str, str]]:
    """The plan's places with their statements, and its generated functions."""
    plan = PlannedExecutor(schema).plan(judged)
    with nowhere(actor) as (context, db):
        announcer = Announcer(Run(schema, plan, context, judged.variables, judged.verdict, judged.operation), db)
        lines = await announcer.lines(plan.root, several=False)
    return lines, announcer.sources


def _sentences(errors: list[GraphQLError]) -> str:
    return "\n".join(error.message for error in errors)


def _refusals(verdict: Verdict) -> Iterator[str]:
    for cut in verdict.cuts:
        permission = cut.refusal.permission
        needs = "a session" if permission is None else permission.name
        yield f"{'.'.join(cut.place)} is null: {cut.refusal.coordinate} needs {needs}"


def _needed(
    schema: GraphQLSchema, guards: GuardMap, tree: DocumentNode, operation: OperationDefinitionNode
) -> dict[Permission, tuple[str, ...]]:
    """The permissions that the operation's selections take, each with the fields that take it."""
    found: dict[Permission, dict[str, None]] = {}
    for parent, field in _fields(schema, tree, operation):
        for permission in guards.demands(parent, field):
            found.setdefault(permission, {})[f"{parent}.{field}"] = None
    return {permission: tuple(found[permission]) for permission in Permission if permission in found}


def _fields(schema: GraphQLSchema, tree: DocumentNode, operation: OperationDefinitionNode) -> Iterator[tuple[str, str]]:
    """Every field that an operation selects of an object type, those of its fragments too, each fragment once."""
    fragments = {node.name.value: node for node in tree.definitions if isinstance(node, FragmentDefinitionNode)}
    waiting: list[OperationDefinitionNode | FragmentDefinitionNode] = [operation]
    seen: set[str] = set()
    while waiting:
        selected = _Selected(TypeInfo(schema))
        visit(waiting.pop(), TypeInfoVisitor(selected.types, selected))
        yield from selected.fields
        waiting += [fragments[name] for name in selected.spreads if name not in seen]
        seen.update(selected.spreads)


class _Selected(Visitor):
    """Gathers fields and spreads below one definition."""

    def __init__(self, types: TypeInfo) -> None:
        super().__init__()
        self.types = types
        self.fields: list[tuple[str, str]] = []
        self.spreads: dict[str, None] = {}

    def enter_field(self, node: FieldNode, *_: Any) -> None:
        """A field, by the type that it is selected of."""
        parent = self.types.get_parent_type()
        if isinstance(parent, GraphQLObjectType) and node.name.value in parent.fields:
            self.fields.append((parent.name, node.name.value))

    def enter_fragment_spread(self, node: FragmentSpreadNode, *_: Any) -> None:
        """A fragment, to be visited in its turn."""
        self.spreads[node.name.value] = None

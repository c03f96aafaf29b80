"""The limits of one document, measured in one pass that visits every fragment once.

Fragments are counted at every place they are spread to, as the answer would hold them, but summed up only once each:
numbers grow, work does not. A fragment that spreads itself counts as nothing here, because validation refuses it.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    InlineFragmentNode,
    OperationDefinitionNode,
    OperationType,
    SelectionNode,
    SelectionSetNode,
)

from schema.errors import limit_exceeded

INTROSPECTION_ROOTS = frozenset({"__schema", "__type"})
INTROSPECTION_LISTS = frozenset({"fields", "inputFields", "interfaces", "possibleTypes"})

AUTHENTICATION_FIELDS = frozenset(
    {
        "signIn",
        "register",
        "requestPasswordReset",
        "resetPassword",
        "changePassword",
        "changeLoginEmail",
        "confirmLoginEmail",
        "beginTwoFactor",
        "confirmTwoFactor",
        "disableTwoFactor",
    }
)
"""Mutations that take a password, a code or a link's token, or send letters: each request is one try."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What one document may ask for. `single_use` names the mutation fields of which a document holds one at most.

    `cost` is what one of its operations may cost, and how many rows one may read.
    """

    tokens: int = 5_000
    depth: int = 15
    aliases: int = 30
    root_fields: int = 20
    directives: int = 50
    mutations: int = 10
    repeats: int = 100
    introspection_depth: int = 20
    introspection_lists: int = 2
    cost: int = 100_000
    single_use: frozenset[str] = AUTHENTICATION_FIELDS


@dataclass(frozen=True, slots=True)
class Measure:
    """What a selection set comes to. `lists` counts nested introspection lists, should it stand below `__schema`."""

    fields: int = 0
    depth: int = 0
    lists: int = 0
    aliases: int = 0
    directives: int = 0
    selections: int = 0
    repeats: int = 0
    single_use: int = 0
    introspection_depth: int = 0
    introspection_lists: int = 0

    def beside(self, other: "Measure") -> "Measure":
        """The measure of two that stand side by side: counts add up, depths compete."""
        return Measure(
            fields=self.fields + other.fields,
            depth=max(self.depth, other.depth),
            lists=max(self.lists, other.lists),
            aliases=self.aliases + other.aliases,
            directives=self.directives + other.directives,
            selections=self.selections + other.selections,
            repeats=max(self.repeats, other.repeats),
            single_use=self.single_use + other.single_use,
            introspection_depth=max(self.introspection_depth, other.introspection_depth),
            introspection_lists=max(self.introspection_lists, other.introspection_lists),
        )


class _Pass:
    """One walk over a document; `fragments` holds the measures of those already summed up."""

    def __init__(self, document: DocumentNode, single_use: frozenset[str]) -> None:
        self.single_use = single_use
        self.fragments: dict[str, Measure] = {}
        definitions = {
            node.name.value: node for node in document.definitions if isinstance(node, FragmentDefinitionNode)
        }
        for definition in _dependencies_first(definitions):
            inner = self.selection_set(definition.selection_set)
            self.fragments[definition.name.value] = replace(
                inner, directives=inner.directives + len(definition.directives or ())
            )

    def selection_set(self, node: SelectionSetNode | None) -> Measure:
        if node is None:
            return Measure()
        total = Measure()
        for selection in node.selections:
            total = total.beside(self.selection(selection))
        return replace(total, repeats=max(total.repeats, _repeats(node)))

    def selection(self, node: SelectionNode) -> Measure:
        if isinstance(node, FieldNode):
            inner = self.field(node)
        elif isinstance(node, FragmentSpreadNode):
            inner = self.fragments.get(node.name.value, Measure())
        else:
            inner = self.selection_set(node.selection_set if isinstance(node, InlineFragmentNode) else None)
        return replace(inner, selections=inner.selections + 1, directives=inner.directives + len(node.directives or ()))

    def field(self, node: FieldNode) -> Measure:
        name = node.name.value
        below = self.selection_set(node.selection_set)
        measure = replace(
            below,
            fields=1,
            depth=below.depth + 1,
            lists=below.lists + (name in INTROSPECTION_LISTS),
            aliases=below.aliases + (node.alias is not None),
            single_use=int(name in self.single_use),
        )
        if name not in INTROSPECTION_ROOTS:
            return measure
        return replace(measure, depth=1, introspection_depth=below.depth + 1, introspection_lists=below.lists)


def excesses(document: DocumentNode, limits: Limits) -> list[GraphQLError]:
    """The limits that a document passes, each as an error that names it; an empty list lets it through."""
    walk = _Pass(document, limits.single_use)
    operations = [node for node in document.definitions if isinstance(node, OperationDefinitionNode)]
    errors: list[GraphQLError] = []
    single_use = 0
    for operation in operations:
        measure = walk.selection_set(operation.selection_set)
        measure = replace(measure, directives=measure.directives + len(operation.directives or ()))
        errors += _excesses_of(operation, measure, limits)
        single_use += measure.single_use if operation.operation is OperationType.MUTATION else 0
    if single_use > 1:
        names = ", ".join(sorted(limits.single_use))
        errors.append(limit_exceeded("authenticationFields", 1, f"A document may hold one of these fields: {names}."))
    return errors


def _excesses_of(operation: OperationDefinitionNode, measure: Measure, limits: Limits) -> Iterator[GraphQLError]:
    mutation = operation.operation is OperationType.MUTATION
    checks: tuple[tuple[str, int, int, str], ...] = (
        ("depth", measure.depth, limits.depth, "The document selects fields nested {} levels deep."),
        ("aliases", measure.aliases, limits.aliases, "The document uses {} aliases."),
        ("rootFields", measure.fields, limits.root_fields, "The operation selects {} root fields."),
        ("directives", measure.directives, limits.directives, "The document uses {} directives."),
        ("mutations", measure.fields * mutation, limits.mutations, "The request runs {} mutations."),
        (
            "selections",
            measure.selections,
            limits.tokens,
            "With its fragments spread the document has {} selections.",
        ),
        ("repeats", measure.repeats, limits.repeats, "A selection set repeats fields {} times."),
        ("introspectionDepth", measure.introspection_depth, limits.introspection_depth, "Introspection is {} deep."),
        (
            "introspectionLists",
            measure.introspection_lists,
            limits.introspection_lists,
            "Introspection has {} lists.",
        ),
    )
    for name, found, allowed, sentence in checks:
        if found > allowed:
            yield limit_exceeded(name, allowed, sentence.format(_figure(found)), [operation])


def _figure(number: int) -> str:
    """A count for a sentence; what fragments multiply beyond reason is not spelled out in hundreds of digits."""
    return str(number) if number < 1_000_000 else "more than a million"


def _repeats(node: SelectionSetNode) -> int:
    """How often fields of one selection set answer under a name that is taken: the validator compares them in pairs."""
    names = Counter(_response_names(node))
    return names.total() - len(names)


def _response_names(node: SelectionSetNode) -> Iterator[str]:
    for selection in node.selections:
        if isinstance(selection, FieldNode):
            yield (selection.alias or selection.name).value
        elif isinstance(selection, InlineFragmentNode):
            yield from _response_names(selection.selection_set)


def _dependencies_first(definitions: Mapping[str, FragmentDefinitionNode]) -> Iterator[FragmentDefinitionNode]:
    """Fragments in an order in which each comes after those it spreads. No recursion: chains may be long."""
    seen: set[str] = set()
    for root in definitions:
        path = [] if root in seen else [(root, _spreads(definitions[root]))]
        seen.add(root)
        while path:
            name, spreads = path[-1]
            following = next((spread for spread in spreads if spread in definitions and spread not in seen), None)
            if following is None:
                path.pop()
                yield definitions[name]
            else:
                seen.add(following)
                path.append((following, _spreads(definitions[following])))


def _spreads(definition: FragmentDefinitionNode) -> Iterator[str]:
    stack: list[SelectionSetNode] = [definition.selection_set]
    while stack:
        for selection in stack.pop().selections:
            if isinstance(selection, FragmentSpreadNode):
                yield selection.name.value
            elif isinstance(selection, FieldNode | InlineFragmentNode) and selection.selection_set is not None:
                stack.append(selection.selection_set)

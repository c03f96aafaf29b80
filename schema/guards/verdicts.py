"""What the static walk of an operation found: the places to cut, and the errors that say so."""

from collections.abc import Mapping
from dataclasses import dataclass

from graphql import FieldNode, GraphQLError

from auth.permissions import ROLE_TITLES
from schema.guards.view import Refusal, View

LIST = "@"
"""How a place writes a position in a list."""


@dataclass(frozen=True, slots=True)
class Cut:
    """One place of the response that stays null, and why.

    A place is response keys, with `@` for list positions. The empty place is the whole answer.
    """

    place: tuple[str, ...]
    refusal: Refusal
    nodes: tuple[FieldNode, ...]

    def below(self, prefix: tuple[str, ...]) -> "Cut":
        """The same cut, seen from further up."""
        return Cut(prefix + self.place, self.refusal, self.nodes)

    def error(self) -> GraphQLError:
        """The one error for this place; its path ends at the field that returns the first list above it."""
        refusal = self.refusal
        path = self.place[: self.place.index(LIST)] if LIST in self.place else self.place
        return GraphQLError(
            _message(refusal),
            list(self.nodes),
            path=list(path) or None,
            extensions={
                "code": "UNAUTHENTICATED" if refusal.role is None else "FORBIDDEN",
                "permission": refusal.permission.name if refusal.permission else None,
                "role": refusal.role.name if refusal.role else None,
                "coordinate": refusal.coordinate,
                "place": ".".join(self.place),
            },
        )


@dataclass(frozen=True, slots=True)
class HiddenIds:
    """The positions in an argument's list of ids that name types which the caller may not see."""

    argument: str
    positions: frozenset[int]


@dataclass(frozen=True, slots=True)
class Verdict:
    """Which selections of one operation its caller is refused.

    `whole` refuses the operation as a whole, whatever else was found: no credential came with a root field that needs
    one, or nothing useful could be answered. Field nodes are told apart by identity, so a verdict holds for the very
    document that was walked.
    """

    view: View
    cuts: tuple[Cut, ...] = ()
    whole: GraphQLError | None = None
    refused_nodes: frozenset[int] = frozenset()
    hidden_ids: Mapping[int, HiddenIds] | None = None

    def errors(self) -> list[GraphQLError]:
        """One error for each place that is cut, in the document's order."""
        return [cut.error() for cut in self.cuts]

    def refuses(self, parent: str, node: FieldNode) -> bool:
        """Whether this field of an object of this type stays null."""
        fields = self.view.fields.get(parent)
        return (fields is not None and node.name.value in fields) or id(node) in self.refused_nodes

    def hidden(self, node: FieldNode) -> HiddenIds | None:
        """The ids in the field's list that must be taken for unknown ones."""
        return self.hidden_ids.get(id(node)) if self.hidden_ids else None


def _message(refusal: Refusal) -> str:
    if refusal.role is None:
        return f"{refusal.coordinate} needs a credential."
    if refusal.permission is None:
        return f"{refusal.coordinate} needs a signed-in session; a key may not use it."
    return f"{refusal.coordinate} needs {refusal.permission.name}, which the role {ROLE_TITLES[refusal.role]} lacks."

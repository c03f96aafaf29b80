"""`@idempotent`: which mutations take a key, what a key is, and which input it was sent with."""

import json
from collections.abc import Callable
from dataclasses import dataclass, fields, is_dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any

from graphql import (
    DirectiveLocation,
    FieldNode,
    GraphQLArgument,
    GraphQLDirective,
    GraphQLField,
    GraphQLNonNull,
    GraphQLString,
    StringValueNode,
    ValidationRule,
    VariableNode,
)
from strawberry.types.unset import UNSET

from auth.actors import CredentialKind
from models.errors import BadInput
from resolvers.idempotency import Sent
from schema.errors import ErrorCode, fault
from schema.kinds import Info

NAME = "idempotent"
KEY = "key"
LONGEST_KEY = 255
IDEMPOTENCY = "idempotency"
"""The metadata entry that holds a mutation's declaration."""

DIRECTIVE = GraphQLDirective(
    NAME,
    [DirectiveLocation.FIELD],
    {
        KEY: GraphQLArgument(
            GraphQLNonNull(GraphQLString),
            description="1 to 255 printable characters that name this one request, such as a random UUID.",
        )
    },
    description=(
        "Stands on a mutation that may be sent again: it is done once. For 24 hours the same key, sent by the same "
        "login or API key for the same mutation, is answered with what was done then: the same ids and `userErrors`, "
        "with everything else read anew. With another input it is a CONFLICT; while the first request still runs, a "
        "CONFLICT with `retryAfterMs`. An answer with `retryAfterMs` is not kept. Send the same key after a timeout or "
        "a broken connection, and a new one for a new request. Mutations that are public, or show a secret once, take "
        "no key."
    ),
)


@dataclass(frozen=True)
class Idempotency:
    """How a mutation takes a key: why it takes none, or for which inputs a machine credential must send one."""

    refused: str | None = None
    needed: Callable[[Any], bool] | None = None
    unless: str = ""
    """For which inputs it need not, in words."""

    def told(self) -> str:
        """What the mutation's description says of it."""
        if self.refused is not None:
            return f" Takes no `@{NAME}`: {self.refused}."
        return "" if self.needed is None else f" Keys must send it with `@{NAME}`{self.unless}."


OPTIONAL = Idempotency()
PUBLIC = Idempotency(refused="it needs no credential, and a key belongs to one")
SHOWS_SECRET = Idempotency(refused="a secret that is shown once is not kept for a second answer")
NEEDED = Idempotency(needed=lambda _input: True)
NEEDED_UNLESS_DRY = Idempotency(needed=lambda input_: not input_.dry_run, unless=", unless it is a dry run")


class IdempotentRule(ValidationRule):
    """The directive stands on mutations alone, and on none that refuses it."""

    def enter_field(self, node: FieldNode, *_: Any) -> None:
        """Judge a field that carries it."""
        if not any(directive.name.value == NAME for directive in node.directives or ()):
            return
        parent, definition = self.context.get_parent_type(), self.context.get_field_def()
        if parent is not self.context.schema.mutation_type:
            self._refuse(node, "only a mutation can be sent with a key")
        elif definition is not None:
            refused = idempotency_of(definition).refused
            if refused is not None:
                self._refuse(node, refused)

    def _refuse(self, node: FieldNode, reason: str) -> None:
        message = f"`{node.name.value}` takes no @{NAME}: {reason}."
        self.report_error(fault(ErrorCode.BAD_USER_INPUT, message, nodes=node))


def idempotency_of(definition: GraphQLField) -> Idempotency:
    """How a mutation of the built schema takes a key."""
    made_from = definition.extensions["strawberry-definition"]
    declared: Idempotency = made_from.metadata.get(IDEMPOTENCY, OPTIONAL)
    return declared


def sent_with_key(info: Info, input_: Any, declared: Idempotency) -> Sent | None:
    """The request as its key names it; None where it has none. BadInput for a bad key, or one that is missing."""
    keys = {_key(info, node) for node in info._raw_info.field_nodes}  # noqa: SLF001 (selected_fields loses variables)
    keys.discard(None)
    if len(keys) > 1:
        raise BadInput(f"@{NAME}: the same field was given several keys.", KEY)
    if keys:
        return Sent(info.field_name, _judged(keys.pop()), canonical(input_))
    actor = info.context.actor
    machine = actor is not None and actor.credential is not CredentialKind.SESSION
    if machine and declared.needed is not None and declared.needed(input_):
        raise BadInput(f"`{info.field_name}` needs @{NAME}(key:) where a key sends it.", KEY)
    return None


def _key(info: Info, node: FieldNode) -> Any:
    """The key that one selection of the field was given, whatever it is; None where it was given none."""
    for directive in node.directives or ():
        if directive.name.value == NAME:
            (value,) = (argument.value for argument in directive.arguments or ())
            if isinstance(value, VariableNode):
                return info.variable_values.get(value.name.value) or ""
            return value.value if isinstance(value, StringValueNode) else ""
    return None


def _judged(key: str) -> str:
    if not 1 <= len(key) <= LONGEST_KEY or not key.isprintable():
        raise BadInput(f"@{NAME}: `{KEY}` must be 1 to {LONGEST_KEY} printable characters.", KEY)
    return key


def canonical(given: Any) -> bytes:
    """An input, spelt in one way: what means the same reads the same, and what was left out does not show."""
    return json.dumps(_plain(given), sort_keys=True, separators=(",", ":")).encode()


def _plain(given: Any) -> Any:  # noqa: PLR0911 (a line for each kind)
    match given:
        case None | bool() | int() | str():
            return given
        case Enum():
            return given.name
        case datetime():
            return given.astimezone(UTC).isoformat()
        case date():
            return given.isoformat()
        case Decimal():
            return str(given.normalize())
        case list():
            return [_plain(item) for item in given]
    if not is_dataclass(given):
        raise TypeError(f"an input of the kind {type(given).__name__} has no one spelling")
    values = {field.name: getattr(given, field.name) for field in fields(given)}
    return {name: _plain(value) for name, value in values.items() if value is not UNSET}

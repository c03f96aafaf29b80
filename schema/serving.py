"""The engine over our own schema. Schema and guards are built once for a process, on first use."""

from functools import cache

from schema.build import build_schema, graphql_schema
from schema.directives import guard_of, is_public
from schema.guards import GuardMap, Guards
from schema.ids import decode
from schema.limits import Limits
from schema.operations import Engine


@cache
def served_guards() -> Guards:
    """The guards of our schema, and with them the schema itself."""
    return Guards(GuardMap.read(graphql_schema(build_schema()), guard_of, is_public), type_in_id)


def type_in_id(text: str) -> str | None:
    """The type's name inside a global id, or None where it is none of ours."""
    decoded = decode(text)
    return None if decoded is None else decoded[0]


def engine_for(limits: Limits, deadline: float | None) -> Engine:
    """An engine over our schema, with limits of its own."""
    guards = served_guards()
    return Engine(guards.map.schema, guards, limits, deadline)

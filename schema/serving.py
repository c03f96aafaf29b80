"""The engine over our own schema, which is built once for a process, on first use."""

from schema.build import build_schema, graphql_schema
from schema.execution import PlannedExecutor
from schema.limits import Limits
from schema.operations import Engine


def engine_for(limits: Limits, deadline: float | None, *, introspection: bool = True) -> Engine:
    """An engine over our schema, with limits of its own; it may keep the schema to itself."""
    schema = graphql_schema(build_schema())
    guards = schema.extensions["guards"]
    return Engine(schema, guards, limits, deadline, PlannedExecutor(schema), introspection=introspection)

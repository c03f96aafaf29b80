"""Guarded enum values in inputs that Strawberry built, whose coerced values are Python's enum members."""

from typing import Any
from uuid import UUID

import pytest
import strawberry
from graphql import OperationDefinitionNode, parse
from graphql.execution.values import VariableValues, get_variable_values

from auth.actors import Actor, CredentialKind
from models.enums import ReportKind
from models.roles import RoleName
from schema.build import graphql_schema
from schema.directives import guard_of, is_public
from schema.guards import GuardMap, Guards


@strawberry.input
class Wanted:
    """An input object that holds guarded values directly, in a list and deeper."""

    report_kind: ReportKind
    more_kinds: list[ReportKind] | None = strawberry.UNSET
    nested: "Wanted | None" = strawberry.UNSET


@strawberry.type
class Query:
    """One field that takes them."""

    @strawberry.field
    def report(self, wanted: Wanted | None = None, kind: ReportKind = ReportKind.COSTS) -> str | None:
        """Nothing of interest."""


@pytest.fixture(scope="module")
def guards() -> Guards:
    return Guards(GuardMap.read(graphql_schema(strawberry.Schema(Query)), guard_of, is_public), lambda _: None)


@pytest.mark.parametrize(
    ("arguments", "wanted", "refused"),
    [
        ("", None, True),
        ("(kind: COSTS)", None, True),
        ("(kind: SERVERS)", None, False),
        ("(kind: SERVERS, wanted: $wanted)", {"reportKind": "SERVERS"}, False),
        ("(kind: SERVERS, wanted: $wanted)", {"reportKind": "COSTS"}, True),
        ("(kind: SERVERS, wanted: $wanted)", {"reportKind": "SERVERS", "moreKinds": ["LICENSES", "COSTS"]}, True),
        ("(kind: SERVERS, wanted: $wanted)", {"reportKind": "SERVERS", "moreKinds": None}, False),
        ("(kind: SERVERS, wanted: $wanted)", {"reportKind": "SERVERS", "nested": {"reportKind": "COSTS"}}, True),
        ("(kind: SERVERS, wanted: {reportKind: COSTS})", None, True),
    ],
)
def test_a_guarded_value_is_found_wherever_it_stands(
    guards: Guards, arguments: str, wanted: dict[str, Any] | None, refused: bool
) -> None:
    document = parse(f"query ($wanted: Wanted) {{ report{arguments} }}")
    operation = document.definitions[0]
    assert isinstance(operation, OperationDefinitionNode)
    variables = get_variable_values(guards.map.schema, operation.variable_definitions or (), {"wanted": wanted})
    assert isinstance(variables, VariableValues)
    caller = Actor(UUID(int=1), RoleName.READ_ONLY_BILLING, CredentialKind.SESSION, UUID(int=2))
    verdict = guards.operation(document, operation).judge(variables, caller)
    assert [cut.refusal.coordinate for cut in verdict.cuts] == (["ReportKind.COSTS"] if refused else [])

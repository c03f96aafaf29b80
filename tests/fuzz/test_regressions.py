"""What made operations have found, each in its smallest form."""

from typing import Any

import pytest

from schema.answers import Answer, GraphQLRequest, Outcome
from schema.build import build_schema, graphql_schema
from schema.execution import PlannedExecutor
from schema.limits import Limits
from schema.operations import Engine
from tests.client import DEMO_PASSWORD
from tests.fuzz.conftest import Ground
from tests.fuzz.making import Operation
from tests.fuzz.running import Comparison


async def planned(ground: Ground, text: str, variables: dict[str, Any] | None = None) -> Answer:
    """The answer by plan."""
    schema = graphql_schema(build_schema())
    engine = Engine(schema, schema.extensions["guards"], Limits(), executor=PlannedExecutor(schema))
    return await engine.run(GraphQLRequest(text, None, variables or {}), ground.context("MASTER"))


async def test_a_connection_of_which_nothing_is_left_is_an_empty_object_for_each_row(ground: Ground) -> None:
    text = "{ viewer { account { serverGroups { servers(first: 1) { totalCount @skip(if: true) } } } } }"
    compared = await Comparison(ground).compare(Operation(0, text, None, {}), "MASTER")
    groups = (await planned(ground, text)).data["viewer"]["account"]["serverGroups"]  # type: ignore[index]
    assert compared.differences == []
    assert len(groups) > 1
    assert groups == [{"servers": {}}] * len(groups)


@pytest.mark.parametrize(
    "text",
    [
        "query ($off: Boolean = false) { roles @skip(if: $off) { name } }",
        "query ($on: Boolean = true) { roles { ...F } } fragment F on Role { name @include(if: $on) }",
        "query ($on: Boolean = true) { viewer { ... on Viewer @include(if: $on) { id } } }",
    ],
)
async def test_null_for_a_condition_is_the_callers_fault(ground: Ground, text: str) -> None:
    name = "off" if "$off" in text else "on"
    answer = await planned(ground, text, {name: None})
    assert answer.outcome is Outcome.BAD_VARIABLES
    assert [error["extensions"]["code"] for error in answer.errors] == ["BAD_USER_INPUT"]
    assert answer.errors[0]["extensions"]["argumentPath"] == "if"
    assert (await planned(ground, text)).outcome is Outcome.EXECUTED


async def test_null_for_a_variable_that_no_condition_uses_is_none(ground: Ground) -> None:
    text = "query ($families: [ProductFamily!]) { products(families: $families) { id } }"
    assert (await planned(ground, text, {"families": None})).outcome is Outcome.EXECUTED


async def test_a_payload_prints_times_that_no_database_has_rendered(ground: Ground) -> None:
    given = {"input": {"email": "master@demo.example.com", "password": DEMO_PASSWORD}}
    text = "mutation ($input: SignInInput!) { signIn(input: $input) { expiresAt } }"
    answer = await planned(ground, text, given)
    assert (answer.data, list(answer.errors)) == ({"signIn": {"expiresAt": "2026-06-01T21:00:00.000Z"}}, [])


@pytest.mark.parametrize("role", ["MASTER", "READ_ONLY_BILLING", "SERVER_MANAGEMENT"])
async def test_a_story_in_an_embedded_object_is_told_alike_wherever_it_stands(ground: Ground, role: str) -> None:
    preview = "billing { balance { amount } autopaymentPreview { afterNextInvoice { amount currency } ...P } }"
    invoices = f"invoices(first: 2) {{ nodes {{ account {{ {preview} again: {preview} }} }} }}"
    text = (
        f"{{ viewer {{ account {{ {preview} {invoices} }} }} }}"
        " fragment P on AutopaymentPreview { now { amount } reason __typename }"
    )
    compared = await Comparison(ground).compare(Operation(0, text, None, {}), role)
    assert compared.differences == []

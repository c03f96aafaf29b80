"""What operations cost: each figure is worked out by hand from weights of 1 and the sizes of lists."""

from typing import Any
from uuid import UUID

import pytest

from models.roles import RoleName
from schema import ids
from schema.cost import Costs
from schema.cost.estimator import Estimator
from tests.api.pricing import LIMIT, asked, cost_of

ACCOUNT = 3
"""Query, viewer and account: what stands above everything of one's own."""


def account(selection: str, head: str = "") -> str:
    """A query of something below the account."""
    return f"query {head} {{ viewer {{ account {{ {selection} }} }} }}"


def node_id(type_name: str, number: int = 1) -> str:
    """The global id of some node."""
    return ids.encode(type_name, UUID(int=number))


@pytest.mark.parametrize(
    ("query", "cost"),
    [
        ("{ __typename }", 1),
        ("{ __schema { types { name fields { name } } } }", 1),
        ("{ viewer { id login permissions } }", 2),
        ("{ a: viewer { id } b: viewer { id } }", 3),
        ("{ viewer { id } viewer { login } ... { viewer { role { name } } } }", 3),
        (account("number"), ACCOUNT),
        (account("billing { balance { amount currency } }"), ACCOUNT + 2),
        (account("serverGroups { id }"), ACCOUNT + 20),
        (account("subscriptions { product { id } licenses { id } }"), ACCOUNT + 8 * (1 + 1 + 3)),
        (account("servers { totalCount }"), ACCOUNT + 1),
        (account("servers { nodes { id } }"), ACCOUNT + 1 + 20),
        (account("servers { nodes { id } pageInfo { hasNextPage } }"), ACCOUNT + 2 + 20),
        (account("servers { edges { cursor node { id } } }"), ACCOUNT + 1 + 20 * 2),
        (account("servers { edges { node { id } } nodes { id } more: nodes { id } }"), ACCOUNT + 1 + 20 * 4),
        (account("servers(first: 5) { nodes { id } }"), ACCOUNT + 1 + 5),
        (account("servers(last: 7) { nodes { id } }"), ACCOUNT + 1 + 7),
        (account("servers(first: 5, last: 7) { nodes { id } }"), ACCOUNT + 1 + 7),
        (account("servers(first: null) { nodes { id } }"), ACCOUNT + 1 + 20),
        (account("servers(first: 2147483647) { nodes { id } }"), ACCOUNT + 1 + 100),
        (account("servers(first: -5) { nodes { id } }"), ACCOUNT + 1),
        (account("servers(first: 5) { nodes { installedProducts { id } } }"), ACCOUNT + 1 + 5 * (1 + 3)),
        ('{ viewer { can(coordinates: ["Server", "Nothing"]) { allowed } } }', 2 + 2),
        ("mutation { signOut(input: {}) { userErrors { code } } }", 1 + 10 + 1 + 1),
        ('{ node(id: "x") { ... on Server { installedProducts { id } } ... on Product { code } } }', 1 + 1 + 3),
        ('{ node(id: "x") { ... on Server { id } ... on Product { licenseTypes { id } prices { cycle } } } }',
         1 + 1 + 3 + 20),
        ('{ nodes(ids: ["x", "y", "z"]) { id ... on Server { group { id } } } }', 1 + 3 * 2),
        ('{ nodes(ids: "x") { id } }', 1 + 1),
    ],
)  # fmt: skip
def test_a_cost_is_the_sum_of_all_objects(query: str, cost: int) -> None:
    assert cost_of(query) == cost


@pytest.mark.parametrize(
    ("head", "selection", "variables", "cost"),
    [
        ("($n: Int)", "servers(first: $n) { nodes { id } }", {"n": 9}, 1 + 9),
        ("($n: Int)", "servers(first: $n) { nodes { id } }", {"n": None}, 1 + 20),
        ("($n: Int)", "servers(first: $n) { nodes { id } }", {}, 1 + 20),
        ("($n: Int = 4)", "servers(first: $n) { nodes { id } }", {}, 1 + 4),
        ("($yes: Boolean!)", "servers @include(if: $yes) { nodes { id } }", {"yes": True}, 1 + 20),
        ("($yes: Boolean!)", "servers @include(if: $yes) { nodes { id } }", {"yes": False}, 0),
        ("($yes: Boolean!)", "servers { nodes @skip(if: $yes) { id } totalCount }", {"yes": True}, 1),
    ],
)
def test_the_actual_variables_decide(head: str, selection: str, variables: dict[str, Any], cost: int) -> None:
    assert cost_of(account(selection, head), variables) == ACCOUNT + cost


def test_nodes_cost_by_the_number_of_ids() -> None:
    query = "query ($ids: [ID!]!) { nodes(ids: $ids) { id } }"
    assert cost_of(query, {"ids": [node_id("Server", n) for n in range(30)]}) == 1 + 30


def test_what_the_caller_is_refused_costs_nothing() -> None:
    query = account("sublogins { id } billing { balance { amount } }")
    assert cost_of(query) == ACCOUNT + 10 + 2
    assert cost_of(query, role=RoleName.FULL_ACCESS) == ACCOUNT + 2
    assert cost_of(query, role=RoleName.SERVER_MANAGEMENT) == ACCOUNT


def test_ids_of_what_the_caller_may_not_see_cost_nothing() -> None:
    query = "query ($ids: [ID!]!) { nodes(ids: $ids) { ... on Invoice { lines { quantity } } ... on Server { id } } }"
    given = {"ids": [node_id("Server"), node_id("Invoice"), node_id("Invoice", 2)]}
    assert cost_of(query, given) == 1 + 3 * (1 + 10)
    assert cost_of(query, given, RoleName.SERVER_MANAGEMENT) == 1 + 1


def chain(links: int, size: int = 2) -> str:
    """Fragments of which each spreads the next one below two lists: the cost multiplies with every link."""
    inner = [
        " ".join(f"{name}: servers(first: {size}) {{ nodes {{ account {{ ...F{n + 1} }} }} }}" for name in "ab")
        for n in range(links)
    ]
    fragments = [f"fragment F{n} on Account {{ {selection} }}" for n, selection in enumerate([*inner, "number"])]
    return " ".join([account("...F0"), *fragments])


@pytest.mark.parametrize("links", [4, 20])
def test_a_fragment_is_walked_once_however_often_it_is_spread(links: int, monkeypatch: pytest.MonkeyPatch) -> None:
    walked = 0
    original = Estimator._selection

    def counting(*arguments: Any) -> Any:
        nonlocal walked
        walked += 1
        return original(*arguments)

    monkeypatch.setattr(Estimator, "_selection", counting)
    question = asked(chain(links))
    cost = question.bill().estimate.requested(question.variables)
    of_account = 1
    for _ in range(links):
        of_account = 1 + 2 * (1 + 2 * (1 + of_account))
    assert cost == 2 + of_account
    assert walked <= 3 + 6 * links


def test_a_cost_beyond_all_numbers_is_told_as_one_that_json_can_hold() -> None:
    error = asked(chain(20, 100)).bill().refusal()
    assert error is not None
    assert error.extensions is not None
    assert error.extensions["requested"] == 2**53 - 1


def test_estimates_are_kept_for_an_operation_and_a_verdict() -> None:
    first, second = asked("{ viewer { id } }"), asked("{ viewer { id } }")
    costs = Costs(first.schema, LIMIT, kept=1)
    bills = [costs.bill(q.document, q.operation, q.variables, q.verdict) for q in (first, first, second, first)]
    assert bills[0].estimate is bills[1].estimate
    assert bills[0].estimate is not bills[3].estimate


@pytest.mark.parametrize(
    ("query", "data", "actual"),
    [
        ("{ viewer { id } }", {"viewer": None}, 1),
        ("{ viewer { id } }", {"viewer": {"id": "1"}}, 2),
        ("{ viewer { id } }", None, 0),
        ("{ roles { name } }", {"roles": [{"name": "BILLING"}, {"name": "FULL_ACCESS"}]}, 1 + 2),
        ("mutation { signOut(input: {}) { userErrors { code } } }", {"signOut": {"userErrors": []}}, 1 + 10 + 1),
        ("mutation { signOut(input: {}) { userErrors { code } } }", {"signOut": None}, 1 + 10),
        (
            '{ nodes(ids: ["x", "y", "z"]) { ... on Server { group { id } } ... on Product { prices { cycle } } } }',
            {"nodes": [None, {"group": {"id": "1"}}, {"prices": [{"cycle": "YEARLY"}] * 3}]},
            1 + 2 + 4,
        ),
    ],
)
def test_the_actual_cost_is_that_of_the_objects_in_the_answer(query: str, data: Any, actual: int) -> None:
    assert asked(query).bill().report(data)["actual"] == actual

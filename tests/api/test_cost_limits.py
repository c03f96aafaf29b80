"""The limit of cost over HTTP: refused before anything runs, stopped where rows are more, told on request."""

from pathlib import Path
from typing import Any

import httpx
import pytest
from graphql import GraphQLSchema

from gateway.app import create_app, limits_of
from models.db import Database
from models.roles import RoleName
from models.usage import Counting, Usage, current_usage
from schema.build import build_schema, graphql_schema
from schema.execution import Executor, PlannedExecutor, StockExecutor
from schema.execution.levels import Errors
from schema.operations import Engine
from tests import factories
from tests.access.people import PASSWORD, SIGN_IN, make_account, make_login, make_master, make_session
from tests.api.pricing import LIMIT, cost_of
from tests.api.test_graphiql_examples import EXAMPLES, example
from tests.client import post
from tests.conftest import calling, settings_for
from tests.databases import StatementLog

REPORT = {"GraphQL-Cost": "report"}
GROUPS = "{ viewer { account { number serverGroups { id servers(first: 1) { nodes { id } } } } } }"
GROUPS_COST = 1 + 1 + 1 + 20 * (1 + 1 + 1)

VIEWER = """{ viewer { login credential account { number state registeredAt subscriptions {
  id product { code name family } licenseCount usedLicenseCount productQuota billingCycle renewsAt } } } }"""
SEARCH = """query ($search: String) { viewer { account { servers(first: 50, filter: { search: $search }) {
  totalCount pageInfo { hasNextPage } nodes { id hostname ip state group { name } } } } } }"""


def triple(size: str = "100") -> str:
    """Three lists inside each other."""
    keys = f"activationKeys(first: {size}) {{ nodes {{ servers(first: {size}) {{ nodes {{ id }} }} }} }}"
    return f"{{ viewer {{ account {{ customers(first: {size}) {{ nodes {{ {keys} }} }} }} }} }}"


def executors(schema: GraphQLSchema) -> dict[str, Executor]:
    """Both executors of a schema."""
    return {"planned": PlannedExecutor(schema), "stock": StockExecutor(schema)}


async def master_of(db: Database, groups: int = 0) -> str:
    """The token of an account's master; the account has so many groups of servers."""
    person = await make_master(db)
    for _ in range(groups):
        await factories.group(db, person.account_id)
    return (await make_session(db, person)).text


async def answered(
    dsn: str, db: Database, query: str, token: str | None, limit: int, executor: str = "planned", **sent: Any
) -> dict[str, Any]:
    """The answer of an application with this limit and executor."""
    settings = settings_for(dsn).model_copy(update={"max_cost": limit})
    schema = graphql_schema(build_schema())
    engine = Engine(schema, schema.extensions["guards"], limits_of(settings), None, executors(schema)[executor])
    async with calling(create_app(settings, db, engine)) as client:
        answer: dict[str, Any] = (await post(client, query, token=token, **sent)).json()
        return answer


def of_the_operation(statements: StatementLog) -> list[str]:
    """What was sent but for the note of the session's use, which an application writes down as it ends."""
    return [text for text in statements.texts if "last_seen_at" not in text]


@pytest.mark.parametrize("role", RoleName)
def test_the_dashboard_costs_the_same_for_every_role(role: RoleName) -> None:
    server = 1 + 1 + 3 * (1 + 1)
    key = 1 + 1 + 20 * server
    assert cost_of(*example("dashboard"), role) == 3 + 8 * (1 + 1 + 3 * (1 + 1) + 1 + 50 * key) == 64_875


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_examples_keep_to_the_limit(name: str) -> None:
    assert cost_of(*example(name)) <= LIMIT


def test_small_questions_cost_little() -> None:
    assert cost_of(VIEWER) == 3 + 8 * 2
    assert cost_of(SEARCH, {"search": "web"}) == 3 + 2 + 50 * 2


@pytest.mark.parametrize("media", ["application/json", "application/graphql-response+json"])
async def test_nested_lists_are_refused_before_anything_is_read(
    client: httpx.AsyncClient, db: Database, statements: StatementLog, media: str
) -> None:
    token = await master_of(db)
    statements.clear()
    response = await post(client, triple(), token=token, headers={"Accept": media})
    cost = 3 + 1 + 100 * (1 + 1 + 100 * (1 + 1 + 100))
    assert response.status_code == (200 if media == "application/json" else 400)
    assert response.json() == {
        "errors": [
            {
                "message": "The operation costs 1,020,204; the limit is 100,000. Ask for shorter lists.",
                "locations": [{"line": 1, "column": 1}],
                "extensions": {"code": "COST_LIMIT_EXCEEDED", "requested": cost, "limit": 100_000},
            }
        ]
    }
    assert len(statements) == 0


async def test_a_mutation_above_the_limit_does_nothing(dsn: str, db: Database, statements: StatementLog) -> None:
    person = await make_master(db)
    statements.clear()
    sent: dict[str, Any] = {"variables": {"email": person.email, "password": PASSWORD}}
    answer = await answered(dsn, db, SIGN_IN, None, 10 + 4, **sent)
    assert answer["errors"][0]["extensions"] == {"code": "COST_LIMIT_EXCEEDED", "requested": 10 + 6, "limit": 14}
    assert len(statements) == 0


async def test_the_variables_decide_whether_one_document_runs(client: httpx.AsyncClient, db: Database) -> None:
    token = await master_of(db)
    query = triple("$n").replace("{", "query ($n: Int) {", 1)
    assert "errors" not in (await post(client, query, {"n": 10}, token=token)).json()
    refused = (await post(client, query, {"n": 100}, token=token)).json()
    assert refused["errors"][0]["extensions"]["requested"] == 1_020_204
    assert "errors" not in (await post(client, query, {"n": 2}, token=token)).json()


async def test_the_limit_is_a_setting_and_the_cost_may_reach_it(dsn: str, db: Database) -> None:
    token = await master_of(db)
    assert "errors" not in await answered(dsn, db, GROUPS, token, GROUPS_COST)
    error = (await answered(dsn, db, GROUPS, token, GROUPS_COST - 1))["errors"][0]
    assert error["extensions"] == {"code": "COST_LIMIT_EXCEEDED", "requested": GROUPS_COST, "limit": GROUPS_COST - 1}


async def test_a_role_pays_for_what_it_sees(dsn: str, db: Database) -> None:
    account = await make_account(db)
    query = "{ viewer { account { sublogins { id } } } }"
    tokens = [
        (await make_session(db, await make_login(db, account, role))).text
        for role in (RoleName.MASTER, RoleName.FULL_ACCESS)
    ]
    answers = [await answered(dsn, db, query, token, 12) for token in tokens]
    codes = [[error["extensions"]["code"] for error in answer["errors"]] for answer in answers]
    assert codes == [["COST_LIMIT_EXCEEDED"], ["FORBIDDEN"]]
    assert "data" not in answers[0]


@pytest.mark.parametrize(("executor", "looked_up"), [("planned", 0), ("stock", 1)])
async def test_rows_above_the_limit_stop_a_query(
    dsn: str, db: Database, statements: StatementLog, executor: str, looked_up: int
) -> None:
    token = await master_of(db, groups=GROUPS_COST + 1)
    statements.clear()
    answer = await answered(dsn, db, GROUPS, token, GROUPS_COST, executor)
    rows = looked_up + GROUPS_COST + 1
    assert answer == {
        "errors": [
            {
                "message": f"The operation was stopped after {rows} rows; the limit is {GROUPS_COST}. "
                "Ask for less at once.",
                "locations": [{"line": 1, "column": 1}],
                "extensions": {
                    "code": "COST_LIMIT_EXCEEDED", "requested": GROUPS_COST, "rows": rows, "limit": GROUPS_COST,
                },
            }
        ]
    }  # fmt: skip
    sent = of_the_operation(statements)
    assert len(sent) == looked_up + 1
    assert "server_groups" in sent[-1]


async def test_a_stopped_plan_builds_no_further_level(dsn: str, db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    token = await master_of(db, groups=GROUPS_COST + 1)
    reported: list[Any] = []
    monkeypatch.setattr(Errors, "report", lambda _self, error, *_: reported.append(error))
    answer = await answered(dsn, db, GROUPS, token, GROUPS_COST)
    assert answer["errors"][0]["extensions"]["code"] == "COST_LIMIT_EXCEEDED"
    assert reported == []


@pytest.mark.parametrize("executor", ["planned", "stock"])
async def test_a_mutation_is_answered_however_many_rows_its_answer_takes(dsn: str, db: Database, executor: str) -> None:
    person = await make_master(db)
    token = (await make_session(db, person)).text
    for _ in range(60):
        await factories.group(db, person.account_id)
    query = SIGN_IN.replace("account { number }", "account { serverGroups { name } }")
    sent: dict[str, Any] = {"variables": {"email": person.email, "password": PASSWORD}}
    answer = await answered(dsn, db, query, token, 50, executor, **sent)
    assert "errors" not in answer
    assert len(answer["data"]["signIn"]["viewer"]["account"]["serverGroups"]) == 60


@pytest.mark.parametrize(("executor", "looked_up"), [("planned", 0), ("stock", 1)])
async def test_a_report_tells_what_was_asked_for_and_what_it_took(
    dsn: str, db: Database, statements: StatementLog, executor: str, looked_up: int
) -> None:
    token = await master_of(db, groups=4)
    await answered(dsn, db, "{ __typename }", token, LIMIT)
    statements.clear()
    answer = await answered(dsn, db, GROUPS, token, LIMIT, executor, headers=REPORT)
    assert answer["extensions"]["cost"] == {
        "requested": GROUPS_COST,
        "actual": 1 + 1 + 1 + 4 * (1 + 1),
        "statements": len(of_the_operation(statements)),
        "rows": looked_up + 4,
        "limit": LIMIT,
    }
    assert len(of_the_operation(statements)) == looked_up + 2


async def test_a_mutation_reports_its_statements_too(client: httpx.AsyncClient, db: Database) -> None:
    person = await make_master(db)
    sent = {"email": person.email, "password": "wrong"}
    cost = (await post(client, SIGN_IN, sent, headers=REPORT)).json()["extensions"]["cost"]
    assert (cost["requested"], cost["actual"]) == (1 + 10 + 1 + 3 + 1, 1 + 10 + 1 + 1)
    assert cost["statements"] > 0


async def test_nothing_is_reported_unasked(client: httpx.AsyncClient) -> None:
    assert (await post(client, "{ __typename }")).json() == {"data": {"__typename": "Query"}}
    assert "extensions" not in (await post(client, "{ __typename }", headers={"GraphQL-Cost": "yes"})).json()


async def test_statements_count_for_whoever_counts_and_for_nobody_else(db: Database) -> None:
    usage = Usage()
    with Counting(usage):
        async with db.read() as reader:
            await reader.fetch("SELECT generate_series(1, 3)")
        async with db.write() as session:
            await session.connection()
    async with db.read() as reader:
        await reader.fetch("SELECT generate_series(1, 5)")
    assert current_usage() is None
    assert (usage.statements, usage.rows) == (1, 3)


def readme() -> str:
    """The README's section about limits and cost."""
    text = (Path(__file__).parents[2] / "README.md").read_text()
    return text.partition("## Limits and cost\n")[2].partition("\n## ")[0]


def test_the_readme_works_its_example_out_right() -> None:
    example = readme().partition("```graphql\n")[2].partition("```")[0]
    assert f": {cost_of(example)}." in readme()


def test_the_readme_names_every_limit_of_an_operation() -> None:
    section = readme()
    settings = settings_for("postgresql://nobody@localhost/none")
    for name in ("tokens", "depth", "aliases", "root_fields", "directives", "mutations", "cost"):
        assert f"`MAX_{name.upper()}`" in section
        assert getattr(settings, f"max_{name}") == getattr(limits_of(settings), name)

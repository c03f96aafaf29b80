"""What a plan is made of and how long it is kept, which answers alone do not show."""

import re
from typing import Any

import pytest

from schema.answers import Answer, GraphQLRequest, Outcome
from schema.build import build_schema, graphql_schema
from schema.execution import PlannedExecutor
from schema.execution.planner import Planner
from schema.execution.plans import Plan
from schema.limits import Limits
from schema.operations import Engine
from tests.databases import StatementLog
from tests.fuzz.conftest import Ground

SERVERS = "{ viewer { account { servers(first: 3) { nodes { %s } } } } }"


class Asker:
    """Asks by plan."""

    def __init__(self, ground: Ground, statements: StatementLog, kept: int = 10) -> None:
        schema = graphql_schema(build_schema())
        self.ground, self.statements = ground, statements
        self.executor = PlannedExecutor(schema, kept)
        self.engine = Engine(schema, schema.extensions["guards"], Limits(), executor=self.executor)

    async def ask(self, text: str, caller: str = "MASTER", variables: dict[str, Any] | None = None) -> Answer:
        """The answer to one operation; the log holds the statements behind it."""
        self.statements.clear()
        answer = await self.engine.run(GraphQLRequest(text, None, variables or {}), self.ground.context(caller))
        assert answer.outcome is Outcome.EXECUTED, answer
        return answer

    def selected(self, table: str) -> set[str]:
        """The columns of a table that the statements select, and nothing that they compare or sort by."""
        outer = [re.split(r"\nFROM ", text, maxsplit=1)[0] for text in self.statements.texts]
        return {column for text in outer for column in re.findall(rf"\b{table}\.(\w+)", text)}


@pytest.fixture
def asker(ground: Ground, statements: StatementLog) -> Asker:
    """The planned executor over the fixed demo."""
    return Asker(ground, statements)


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[Plan]:
    """Every plan that is made while the test runs."""
    found: list[Plan] = []
    whole = Planner.plan

    def plan(planner: Planner) -> Plan:
        found.append(whole(planner))
        return found[-1]

    monkeypatch.setattr(Planner, "plan", plan)
    return found


async def test_a_plan_is_made_once_for_a_role_and_again_for_another(asker: Asker, made: list[Plan]) -> None:
    text = "query ($families: [ProductFamily!]) { products(families: $families) { name } }"
    for families in (None, [], ["SECURITY"]):
        await asker.ask(text, variables={"families": families})
    assert len(made) == 1
    await asker.ask(text, "BILLING")
    await asker.ask(text, "BILLING")
    assert len(made) == 2


async def test_a_condition_has_a_plan_for_each_of_its_values(asker: Asker, made: list[Plan]) -> None:
    text = "query ($on: Boolean!) { roles { name title @include(if: $on) } }"
    for on in (True, False, True, False):
        answer = await asker.ask(text, variables={"on": on})
        assert ("title" in answer.data["roles"][0]) is on  # type: ignore[index]
    assert len(made) == 2


async def test_no_more_plans_are_kept_than_may_be(ground: Ground, statements: StatementLog, made: list[Plan]) -> None:
    asker = Asker(ground, statements, kept=2)
    for name in ("id", "code", "name", "name", "code", "id", "id"):
        await asker.ask(f"{{ products {{ {name} }} }}")
        assert len(asker.executor._plans) <= 2
    assert len(made) == 4, "the one that was used longest ago had to be made again"


async def test_a_list_selects_the_columns_that_are_asked_for(asker: Asker) -> None:
    await asker.ask(SERVERS % "hostname")
    narrow = asker.selected("server")
    await asker.ask(SERVERS % "hostname ip registeredAt")
    wide = asker.selected("server")
    assert "hostname" in narrow
    assert {"ip", "registered_at"}.isdisjoint(narrow)
    assert {"ip", "registered_at"} <= wide - narrow


async def test_a_look_up_selects_the_columns_that_any_of_its_places_asks_for(asker: Asker) -> None:
    await asker.ask("{ viewer { account { number subscriptions { account { state serverGroups { id } } } } } }")
    found = asker.selected("accounts")
    assert {"number", "state"} <= found, "the viewer's account is that of its subscriptions"
    assert {"company_name", "balance_minor", "personal_email", "vat_number"}.isdisjoint(found)


async def test_a_row_is_looked_up_once_in_a_request(asker: Asker) -> None:
    product, servers = asker.ground.pool.ids["Product"][0], SERVERS % "account { id number serverGroups { id } }"
    await asker.ask(f'{{ a: node(id: "{product}") {{ id }} b: node(id: "{product}") {{ ... on Product {{ name }} }} }}')
    assert len(asker.statements) == 1
    await asker.ask(servers)
    assert len(asker.statements) == 3, "the viewer's account is that of its servers"


async def test_a_row_of_leaves_is_selected_beside_the_rows_that_name_it(asker: Asker) -> None:
    await asker.ask(SERVERS % "group { name }")
    assert len(asker.statements) == 1, "nothing but the id is read of the viewer's account"
    assert "server_groups" in asker.statements.texts[0]
    await asker.ask(SERVERS % "group { name serverCount }")
    assert len(asker.statements) == 3


async def test_no_row_beside_another_is_one_that_the_caller_does_not_reach(asker: Asker) -> None:
    held = "subscriptions { account { state } customer { number } }"
    answer = await asker.ask(f"{{ viewer {{ account {{ customers(first: 9) {{ nodes {{ {held} }} }} }} }} }}")
    assert answer.errors == []
    customers = answer.data["viewer"]["account"]["customers"]["nodes"]  # type: ignore[index]
    subscriptions = [subscription for customer in customers for subscription in customer["subscriptions"]]
    assert subscriptions
    assert all(one["account"] is None and one["customer"]["number"] for one in subscriptions)


async def test_nothing_is_read_for_what_is_forbidden(asker: Asker) -> None:
    asked = "{ viewer { account { number %s } } }"
    forbidden = (
        "companyInformation { name vatNumber } billing { balance { amount } payments(first: 1) { nodes { id } } }"
        " invoices(first: 1) { nodes { number } totalCount } sublogins { email } apiKeys { name }"
    )
    allowed = await asker.ask(asked % "", "READ_ONLY_SERVER_MANAGEMENT")
    plain = asker.statements.texts.copy()
    answer = await asker.ask(asked % forbidden, "READ_ONLY_SERVER_MANAGEMENT")
    assert asker.statements.texts == plain
    assert len(answer.errors) == 5
    account = answer.data["viewer"]["account"]  # type: ignore[index]
    assert account.pop("number") == allowed.data["viewer"]["account"]["number"]  # type: ignore[index]
    assert set(account.values()) == {None}
    await asker.ask(asked % forbidden, "MASTER")
    assert len(asker.statements) > len(plain)

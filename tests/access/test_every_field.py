"""Every field of the schema for every role and for nobody, over HTTP, against the manual's table."""

import httpx
import pytest
from graphql import GraphQLObjectType, is_non_null_type

from models.db import Database
from models.roles import RoleName
from schema.build import build_schema, graphql_schema
from schema.guards import Guards
from schema.ids import encode
from tests.access.manual import HELD
from tests.access.ways import (
    Refused,
    Step,
    Way,
    guard_in_sdl,
    is_public_in_sdl,
    sdl_schema,
    values_at,
    ways_to_fields,
    ways_to_types,
)
from tests.client import DEMO_PASSWORD, post, sign_in
from tests.databases import StatementLog

DOMAIN = "demo.example.com"

INPUTS = {
    "updatePersonalInformation": 'phone: "+49 30 123456"',
    "updateCompanyInformation": 'website: "https://demo.example.com/"',
    "updateBillingContact": 'firstName: "Another"',
    "beginPaymentMethod": "",
    "addPaymentMethod": 'providerToken: "none"',
    "setDefaultPaymentMethod": 'id: "none"',
    "removePaymentMethod": 'id: "none"',
    "updateBillingEmail": 'email: "invoices@demo.example.com"',
    "createApiKey": 'name: "key", role: BILLING',
    "revokeApiKey": 'id: "none"',
    "rotateApiSecretKey": "overlapHours: 0",
    "revokeSession": 'id: "none"',
    "createSublogin": 'email: "one@demo.example.com", role: BILLING',
    "updateSublogin": 'id: "none", disabled: true',
    "deleteSublogin": 'id: "none"',
    "beginTwoFactor": 'password: "wrong"',
    "confirmTwoFactor": 'code: "123456"',
    "disableTwoFactor": 'code: "123456"',
    "createActivationKey": 'productId: "none"',
    "updateActivationKey": 'id: "none"',
    "registerServer": 'activationKey: "none", machineId: "one", hostname: "one.example.com"',
    "checkIn": 'serverToken: "none"',
    "unregisterServer": 'serverToken: "none"',
    "register": 'email: "x@example.com", firstName: "F", lastName: "L", companyName: "C", country: "DE"',
    "requestPasswordReset": 'email: "nobody@example.com"',
    "resetPassword": 'token: "none", newPassword: "none"',
    "changePassword": 'currentPassword: "wrong", newPassword: "short"',
    "changeLoginEmail": 'newEmail: "x@example.com", password: "wrong"',
    "confirmLoginEmail": 'token: "none"',
    "removeActivationKeys": 'ids: ["none"]',
    "addServer": 'activationKeyId: "none", hostname: "one", ip: "192.0.2.1"',
    "updateServer": 'id: "none"',
    "mergeServers": 'keepId: "none", duplicateIds: []',
    "removeServers": 'ids: ["none"]',
    "createServerGroup": 'name: ""',
    "updateServerGroup": 'id: "none"',
    "deleteServerGroup": 'id: "none"',
    "createReportConfig": 'email: "reports@demo.example.com", kind: SERVERS, frequency: DAILY, productIds: ["none"]',
    "updateReportConfig": 'id: "none", enabled: false',
    "deleteReportConfig": 'id: "none"',
    "createCustomer": 'email: "x@example.com", companyName: "", country: "DE"',
    "inviteCustomer": 'customerId: "none", email: "x@example.com"',
    "topUp": 'amount: { amount: "5", currency: "USD" }',
    "transferFunds": 'customerId: "none", amount: { amount: "1", currency: "USD" }',
    "orderLicenses": 'productId: "none", licenseTypeId: "none", quantity: 0, dryRun: true',
    "deleteLicenses": 'licenseId: "none", quantity: 0, dryRun: true',
    "contactSales": 'topic: OTHER, message: ""',
    "updateAutopayment": 'mode: AUTO_ADD_FUNDS, paymentMethodId: "none"',
}
"""Inputs of mutations that any login may send again and again."""


def email_of(role: str) -> str:
    """The demo login of a role."""
    return f"{role.lower().replace('_', '-')}@{DOMAIN}"


class Caller:
    """A role with its session, or nobody; asks along ways and counts what the database was asked."""

    def __init__(
        self, client: httpx.AsyncClient, db: Database, statements: StatementLog, arguments: dict[str, str]
    ) -> None:
        self.client = client
        self.db = db
        self.statements = statements
        self.arguments = arguments
        self.token: str | None = None

    async def ask(self, way: Way, fields: list[Step]) -> tuple[httpx.Response, int]:
        """The answer to a selection of fields, and how many statements it took."""
        await self._forget_tries()
        self.statements.clear()
        response = await post(self.client, way.selecting(fields, self.arguments), token=self.token)
        return response, len(self.statements)

    async def _forget_tries(self) -> None:
        """Let no question be throttled because of those before it."""
        async with self.db.read() as reader:
            await reader.fetch("DELETE FROM throttles")


@pytest.fixture
async def caller(demo_client: httpx.AsyncClient, demo_db: Database, statements: StatementLog) -> Caller:
    async with demo_db.read() as reader:
        rows = await reader.fetch(
            "SELECT customer.id FROM accounts customer JOIN logins login ON login.account_id = customer.reseller_id"
            " WHERE login.email = $1 ORDER BY customer.number",
            email_of("MASTER"),
        )
    customer = encode("Customer", rows[0]["id"])
    return Caller(
        demo_client,
        demo_db,
        statements,
        {
            "Query.customer": f'(id: "{customer}")',
            "Query.node": f'(id: "{customer}")',
            "Query.nodes": f'(ids: ["{customer}"])',
            "Query.registrationCheck": '(activationKey: "none")',
            "Billing.costs": "(period: {})",
            "Account.report": "(kind: SERVERS, period: {})",
            "Viewer.can": '(coordinates: ["Invoice.total"])',
            "Mutation.signIn": '(input: { email: "nobody@example.com", password: "wrong" })',
            "Mutation.signOut": "(input: {})",
            **{f"Mutation.{name}": f"(input: {{ {given} }})" for name, given in INPUTS.items()},
        },
    )


def expected(way: Way, fields: list[Step], held: frozenset[str]) -> list[Refused]:
    """The places that a caller is refused, in their order."""
    above = way.refused(held)
    if above is not None:
        return [above]
    refused = (way.then(step).refused(held) for step in fields)
    return [one for one in refused if one is not None]


def assert_refused(response: httpx.Response, refused: list[Refused], role: str | None) -> None:
    """One error for each place, nothing in it, and no other errors."""
    answer = response.json()
    found = [{**error["extensions"], "path": error["path"]} for error in answer.get("errors", [])]
    assert found == [
        {
            "code": "FORBIDDEN" if role else "UNAUTHENTICATED",
            "permission": one.missing[0],
            "role": role,
            "coordinate": one.step.coordinate,
            "place": ".".join(one.place),
            "path": one.path,
        }
        for one in refused
    ]
    for one in refused:
        assert all(value is None for value in values_at(answer["data"], one.place))


async def assert_costs_nothing(caller: Caller, way: Way, fields: list[Step], cost: int, refused: list[Refused]) -> None:
    """What is refused reads no row: without it the same operation takes as many statements."""
    cut = {one.step for one in refused}
    above = next((index for index, step in enumerate(way.steps) if step in cut), None)
    if above is not None:
        way, fields = Way(way.steps[:above]), []
    kept = [step for step in fields if step not in cut]
    if way.steps or kept:
        assert cost == (await caller.ask(way, kept))[1], (way, fields)


@pytest.mark.parametrize("role", [role.name for role in RoleName])
async def test_a_role_sees_what_the_manual_gives_it_and_nothing_else(caller: Caller, role: str) -> None:
    caller.token = await sign_in(caller.client, email_of(role), DEMO_PASSWORD)
    places = 0
    for way, fields in ways_to_fields():
        response, cost = await caller.ask(way, fields)
        if way.then(fields[0]).root.field == "signOut":
            caller.token = await sign_in(caller.client, email_of(role), DEMO_PASSWORD)
        refused = expected(way, fields, HELD[role])
        assert_refused(response, refused, role)
        if refused:
            await assert_costs_nothing(caller, way, fields, cost, refused)
        places += len(refused)
    assert (places == 0) == (role == "MASTER")


async def test_nobody_sees_what_is_public_and_nothing_else(caller: Caller) -> None:
    whole = 0
    for way, fields in ways_to_fields():
        response, cost = await caller.ask(way, fields)
        if is_public_in_sdl(way.then(fields[0]).root.definition):
            refused = expected(way, fields, frozenset())
            assert_refused(response, refused, None)
            if refused:
                await assert_costs_nothing(caller, way, fields, cost, refused)
        else:
            assert response.status_code == 401
            assert response.json()["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
            assert response.json().get("data") is None
            assert cost == 0
            whole += 1
    assert whole > 0


def test_the_walk_leaves_no_type_out() -> None:
    objects = {
        kind.name
        for kind in sdl_schema().type_map.values()
        if isinstance(kind, GraphQLObjectType) and not kind.name.startswith("__")
    }
    assert set(ways_to_types()) == objects


def test_no_guard_stands_where_cutting_would_take_more_than_the_selection() -> None:
    guards: Guards = graphql_schema(build_schema()).extensions["guards"]
    assert list(guards.map.misplaced()) == []


def test_connections_and_edges_carry_the_guard_of_their_nodes() -> None:
    checked = 0
    for kind in sdl_schema().type_map.values():
        if isinstance(kind, GraphQLObjectType) and kind.name.endswith(("Connection", "Edge")):
            node = kind.fields["node" if kind.name.endswith("Edge") else "nodes"].type
            while is_non_null_type(node) or hasattr(node, "of_type"):
                node = node.of_type
            assert guard_in_sdl(kind) == guard_in_sdl(node), kind.name
            checked += 1
    assert checked > 0


def test_every_guard_is_told_in_the_descriptions_too() -> None:
    for kind in sdl_schema().type_map.values():
        if isinstance(kind, GraphQLObjectType):
            for item in (kind, *kind.fields.values()):
                guard = guard_in_sdl(item)
                assert guard is None or guard in (item.description or ""), (kind.name, guard)


async def test_the_whole_operation_is_refused_where_the_client_asks_for_that(caller: Caller) -> None:
    caller.token = await sign_in(caller.client, email_of("SERVER_MANAGEMENT"), DEMO_PASSWORD)
    caller.statements.clear()
    document = """{ viewer { account {
      number invoices { totalCount } servers { nodes { account { invoices { totalCount } } } }
    } } }"""
    response = await post(caller.client, document, token=caller.token, headers={"X-Reject-Unauthorized": "1"})
    answer = response.json()
    assert answer.get("data") is None
    assert [error["extensions"]["place"] for error in answer["errors"]] == [
        "viewer.account.invoices",
        "viewer.account.servers.nodes.@.account.invoices",
    ]
    assert len(caller.statements) == 0, "nothing was read"


@pytest.mark.parametrize("role", ["BILLING", "SERVER_MANAGEMENT"])
async def test_can_answers_as_the_api_does(caller: Caller, role: str) -> None:
    caller.token = await sign_in(caller.client, email_of(role), DEMO_PASSWORD)
    coordinates = {step.coordinate: step for _, fields in ways_to_fields() for step in fields}
    asked = list(coordinates)
    document = "query ($c: [String!]!) { viewer { can(coordinates: $c) { coordinate allowed missing } } }"
    answer = (await post(caller.client, document, {"c": asked}, token=caller.token)).json()
    assert "errors" not in answer, answer
    for found in answer["data"]["viewer"]["can"]:
        last = coordinates[found["coordinate"]]
        parent = guard_in_sdl(sdl_schema().type_map[last.parent])
        missing = {guard for guard in [parent, *last.demands] if guard and guard not in HELD[role]}
        assert (set(found["missing"]), found["allowed"]) == (missing, not missing), found

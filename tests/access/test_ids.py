"""Ids of every type, good and bad, wherever an id can be given: one answer for each case."""

import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from graphql import (
    GraphQLID,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    get_named_type,
    is_input_object_type,
    is_leaf_type,
)

from models.db import Database
from models.roles import RoleName
from schema.ids import encode
from tests.access.manual import HELD
from tests.access.people import make_login
from tests.access.test_every_field import email_of
from tests.access.ways import LIST, Step, Way, guard_in_sdl, list_marks, sdl_schema, values_at, ways_to_types
from tests.client import ask, post, sign_in
from tests.databases import StatementLog, execute

CATALOGUE = {"Product": "products", "LicenseType": "license_types"}
CUSTOMERS_TOO = {
    "ProductSubscription": "product_subscriptions",
    "License": "licenses",
    "ActivationKey": "activation_keys",
    "Server": "servers",
    "InstalledProduct": "registrations",
    "ServerGroup": "server_groups",
    "Invoice": "invoices",
}
OWN_ALONE = {
    "PaymentMethod": "payment_methods",
    "Payment": "payments",
    "Sublogin": "logins",
    "ApiKey": "api_keys",
    "ReportConfig": "report_configs",
    "SalesRequest": "sales_requests",
    "AuditEvent": "audit_events",
}
MOVED_TO_A_STRANGER = ("ApiKey", "ReportConfig", "SalesRequest", "AuditEvent")
OF_A_LOGIN = ("Viewer", "Session")
SIEVE = {"Sublogin": "email ~ '^(former|second-factor)@'", "ReportConfig": "kind <> 'COSTS'"}
TABLES = {**CATALOGUE, **CUSTOMERS_TOO, **OWN_ALONE}

ACCOUNTS = """
SELECT me.id AS me,
    (SELECT id FROM accounts WHERE reseller_id = me.id ORDER BY number LIMIT 1) AS customer,
    (SELECT id FROM accounts WHERE reseller_id = me.id ORDER BY number DESC LIMIT 1) AS removed_customer,
    (SELECT account_id FROM logins WHERE email = 'master@tiny.example.net') AS stranger
FROM accounts me JOIN logins login ON login.account_id = me.id WHERE login.email = $1
"""

FORGED = ("", "x", "AAAA", "Invoice:1", "\u00e9", "=" * 24, "-" * 23, "1", encode("Invoice", UUID(int=0))[:-1])


@dataclass(frozen=True)
class Case:
    """One id: of a type, whose it is, and whether a caller who may see the type finds something."""

    type_name: str
    whose: str
    key: UUID
    found: bool

    @property
    def id(self) -> str:
        """As clients send it."""
        return encode(self.type_name, self.key)

    @property
    def guard(self) -> str | None:
        """The permission that its type asks for."""
        return guard_in_sdl(sdl_schema().type_map[self.type_name])


class World:
    """The demo with some rows of each type moved away or removed, and the ids of all of these."""

    def __init__(self, db: Database, dsn: str) -> None:
        self.db = db
        self.dsn = dsn
        self.cases: list[Case] = []

    async def prepare(self) -> None:
        """Find and make the cases of each type."""
        async with self.db.read() as reader:
            accounts: Any = (await reader.fetch(ACCOUNTS, email_of("MASTER")))[0]
        me, customer, stranger = accounts["me"], accounts["customer"], accounts["stranger"]
        await make_login(self.db, stranger, RoleName.BILLING, email="former@tiny.example.net")
        for name, table in TABLES.items():
            if name in MOVED_TO_A_STRANGER:
                moved = (await self.keys(name, me))[-1]
                await self.change(f"UPDATE {table} SET account_id = '{stranger}' WHERE id = '{moved}'")
            own, removed = (await self.keys(name, None if name in CATALOGUE else me))[:2]
            await self.change(f"DELETE FROM {table} WHERE id = '{removed}'")
            self.add(name, own=(own, True), removed=(removed, False), never=(uuid4(), False))
            if name not in CATALOGUE:
                self.add(name, stranger=(await self.strangers(name), False))
            for key in (await self.keys(name, customer))[:1] if name in {*CUSTOMERS_TOO, *OWN_ALONE} else ():
                self.add(name, customer=(key, name in CUSTOMERS_TOO))
        removed = accounts["removed_customer"]
        await self.change(f"DELETE FROM accounts WHERE id = '{removed}'")
        self.add(
            "Account", own=(me, True), stranger=(stranger, False), customer=(customer, False), never=(uuid4(), False)
        )
        self.add(
            "Customer", own=(me, False), stranger=(stranger, False), customer=(customer, True), removed=(removed, False)
        )
        for name in OF_A_LOGIN:
            self.add(name, stranger=(uuid4(), False))

    def add(self, name: str, **cases: tuple[UUID, bool]) -> None:
        """Note the cases of a type."""
        self.cases += [Case(name, whose, key, found) for whose, (key, found) in cases.items()]

    async def keys(self, name: str, account: UUID | None) -> list[UUID]:
        """The keys of an account's rows of a type."""
        where = f"account_id = '{account}'" if account else "true"
        return await self.keys_where(name, where)

    async def strangers(self, name: str) -> UUID:
        """The key of a row that is neither of the demo's own account nor of its customers."""
        others = "SELECT id FROM accounts WHERE reseller_id IS NULL AND kind <> 'RESELLER'"
        return (await self.keys_where(name, f"account_id IN ({others})"))[0]

    async def keys_where(self, name: str, where: str) -> list[UUID]:
        """The keys of rows of a type."""
        kept = SIEVE.get(name, "true")
        async with self.db.read() as reader:
            rows: Any = await reader.fetch(f"SELECT id FROM {TABLES[name]} WHERE {where} AND {kept} ORDER BY id")
        return [row["id"] for row in rows]

    async def change(self, statement: str) -> None:
        """Change rows whatever refers to them."""
        await execute(self.dsn, "SET session_replication_role = replica", statement)

    def ids(self, name: str, *whose: str) -> list[str]:
        """The ids of a type, of these kinds."""
        return [case.id for case in self.cases if case.type_name == name and case.whose in whose]


@pytest.fixture
async def world(demo_db: Database, demo_dsn: str) -> World:
    prepared = World(demo_db, demo_dsn)
    await prepared.prepare()
    return prepared


def test_the_cases_leave_no_type_of_node_out() -> None:
    node = sdl_schema().type_map["Node"]
    assert isinstance(node, GraphQLInterfaceType)
    possible = {kind.name for kind in sdl_schema().get_possible_types(node)}
    assert possible == {*TABLES, "Account", "Customer", *OF_A_LOGIN}


NODE = "query ($id: ID!) { node(id: $id) { __typename id } }"
NODES = "query ($ids: [ID!]!) { nodes(ids: $ids) { __typename id } }"


async def test_node_answers_each_case_of_each_type_as_the_role_may_see(
    demo_client: httpx.AsyncClient, world: World, statements: StatementLog
) -> None:
    tokens = {role: await sign_in(demo_client, email_of(role)) for role in HELD}
    for (role, token), case in product(tokens.items(), world.cases):
        statements.clear()
        answer = (await post(demo_client, NODE, {"id": case.id}, token=token)).json()
        if case.guard is not None and case.guard not in HELD[role]:
            assert answer["data"] == {"node": None}
            (error,) = answer["errors"]
            assert (error["path"], error["extensions"]["code"]) == (["node"], "FORBIDDEN")
            assert error["extensions"]["permission"] == case.guard
            assert error["extensions"]["coordinate"] == case.type_name
            assert len(statements) == 0, "nothing was read"
        else:
            assert "errors" not in answer, (role, case, answer)
            wanted = {"__typename": case.type_name, "id": case.id} if case.found else None
            assert answer["data"]["node"] == wanted, (role, case)


async def test_nodes_answers_all_of_them_at_once_with_one_error_for_the_place(
    demo_client: httpx.AsyncClient, world: World, statements: StatementLog
) -> None:
    ids = [*FORGED, *(case.id for case in world.cases)]
    for role, held in HELD.items():
        token = await sign_in(demo_client, email_of(role))
        answer = (await post(demo_client, NODES, {"ids": ids}, token=token)).json()
        seen = {case.id for case in world.cases if case.found and (case.guard is None or case.guard in held)}
        found = [node["id"] if node else None for node in answer["data"]["nodes"]]
        assert found == [id_ if id_ in seen else None for id_ in ids], role
        hidden = [case.id for case in world.cases if case.guard is not None and case.guard not in held]
        places = [(error["path"], error["extensions"]["place"]) for error in answer.get("errors", [])]
        assert places == ([(["nodes"], f"nodes.{LIST}")] if hidden else []), role
        statements.clear()
        answer = (await post(demo_client, NODES, {"ids": hidden}, token=token)).json()
        assert answer["data"]["nodes"] == [None] * len(hidden)
        assert len(statements) == 0, "nothing was read"


async def test_a_forged_id_is_nothing_and_reads_nothing(
    demo_client: httpx.AsyncClient, statements: StatementLog
) -> None:
    token = await sign_in(demo_client, email_of("READ_ONLY_SERVER_MANAGEMENT"))
    for id_ in FORGED:
        statements.clear()
        assert await ask(demo_client, NODE, {"id": id_}, token=token) == {"node": None}
        assert len(statements) == 0


async def test_a_strangers_master_finds_none_of_it(demo_client: httpx.AsyncClient, world: World) -> None:
    token = await sign_in(demo_client, "master@fresh.example.net")
    ids = [case.id for case in world.cases if case.type_name not in CATALOGUE]
    data = await ask(demo_client, NODES, {"ids": ids}, token=token)
    assert data["nodes"] == [None] * len(ids)


async def test_a_customers_master_does_not_find_what_is_its_resellers(
    demo_client: httpx.AsyncClient, world: World
) -> None:
    token = await sign_in(demo_client, "master@hosting.example.com")
    ids = [case.id for case in world.cases if case.whose == "own" and case.type_name not in CATALOGUE]
    data = await ask(demo_client, NODES, {"ids": ids}, token=token)
    assert data["nodes"] == [None] * len(ids)


# ---- ids as arguments --------------------------------------------------------------------------------------------

TYPES_BY_ARGUMENT: Mapping[str, str] = {
    "productIds": "Product",
    "licenseTypeIds": "LicenseType",
    "activationKeyIds": "ActivationKey",
    "groupIds": "ServerGroup",
}
LOOKS_UP = {"Query.node", "Query.nodes", "Query.customer"}
BESIDE: Mapping[str, str] = {"Account.report": "kind: SERVERS, period: {}, "}
"""What a field requires beside the ids."""

NONE_IS_ALL = {"Account.report"}
"""Where a list without ids leaves nothing out."""


@dataclass(frozen=True)
class IdArgument:
    """A list of ids among a field's arguments: `filter.productIds` of `Account.servers`."""

    step: Step
    path: tuple[str, ...]

    def literal(self, ids: list[str]) -> str:
        """The argument with these ids."""
        text = "[" + ", ".join(f'"{id_}"' for id_ in ids) + "]"
        for name in reversed(self.path[1:]):
            text = f"{{ {name}: {text} }}"
        return f"({BESIDE.get(self.step.coordinate, '')}{self.path[0]}: {text})"


def id_arguments() -> Iterator[IdArgument]:
    """Every argument of a field that can be asked, and every field of an input object there, that takes ids."""
    for name in ways_to_types():
        kind = sdl_schema().type_map[name]
        assert isinstance(kind, GraphQLObjectType)
        for field_name, field in kind.fields.items():
            step = Step(name, field_name)
            if step.coordinate not in LOOKS_UP and name != "Mutation":
                for argument_name, argument in field.args.items():
                    for path in _id_paths(argument.type, (argument_name,)):
                        yield IdArgument(step, path)


def _id_paths(kind: Any, path: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    named = get_named_type(kind)
    if named is GraphQLID:
        yield path
    elif is_input_object_type(named):
        assert isinstance(named, GraphQLInputObjectType)
        for name, field in named.fields.items():
            yield from _id_paths(field.type, (*path, name))


def test_every_argument_that_takes_ids_is_known() -> None:
    assert {argument.path[-1] for argument in id_arguments()} == set(TYPES_BY_ARGUMENT)


def counting(argument: IdArgument, ids: list[str], customer: str) -> tuple[str, tuple[str, ...]]:
    """A document that counts a field's rows under a filter, or links to them, and the place of what it tells."""
    steps = (*ways_to_types()[argument.step.parent].steps, argument.step)
    arguments = {"Query.customer": f'(id: "{customer}")', argument.step.coordinate: argument.literal(ids)}
    document = Way(steps).document(arguments)
    place: tuple[str, ...] = ()
    for step in steps:
        place = (*place, step.field, *list_marks(step.definition.type))
    if place[-1] == LIST or is_leaf_type(get_named_type(argument.step.definition.type)):
        return document, place
    head, _, tail = document.rpartition("{ __typename }")
    reported = get_named_type(argument.step.definition.type).name == "Report"
    counted = ("rows", "totalCount") if reported else ("totalCount",)
    return f"{head}{{ {' { '.join(counted)}{' }' * len(counted)}{tail}", (*place, *counted)


async def matched(client: httpx.AsyncClient, data: Any, place: tuple[str, ...]) -> int:
    """How many rows an answer has, counts or links to at a place."""
    values = list(values_at(data, place))
    if place[-1] == LIST:
        return len(values)
    return sum([value if isinstance(value, int) else await rows_behind(client, value) for value in values])


async def rows_behind(client: httpx.AsyncClient, url: str) -> int:
    """How many rows a link downloads, below the names of the columns."""
    answer = await client.get(httpx.URL(url).raw_path.decode())
    assert answer.status_code == 200, answer.text
    return len(list(csv.DictReader(io.StringIO(answer.text, newline=""))))


@pytest.mark.parametrize("role", ["MASTER", "READ_ONLY_SERVER_MANAGEMENT"])
async def test_bad_ids_match_nothing_in_filters_and_are_no_errors(
    demo_client: httpx.AsyncClient, world: World, role: str
) -> None:
    token = await sign_in(demo_client, email_of(role))
    customer = world.ids("Customer", "customer")[0]
    for argument in id_arguments():
        wanted = TYPES_BY_ARGUMENT[argument.path[-1]]
        other = world.ids("License" if wanted != "License" else "Server", "own")
        stranger, gone = world.ids(wanted, "stranger"), world.ids(wanted, "removed", "never")
        every: list[list[str]] = [list(FORGED), other, stranger, gone, []]
        for bad in [ids for ids in every if ids or argument.step.coordinate not in NONE_IS_ALL]:
            document, place = counting(argument, bad, customer)
            data = await ask(demo_client, document, token=token)
            assert await matched(demo_client, data, place) == 0, (argument, bad)


async def test_good_ids_match_something_beside_bad_ones(
    demo_client: httpx.AsyncClient, demo_db: Database, world: World
) -> None:
    token = await sign_in(demo_client, email_of("MASTER"))
    customer = world.ids("Customer", "customer")[0]
    good = {}
    for name in set(TYPES_BY_ARGUMENT.values()):
        keys = await world.keys(name, None)
        good[name] = [encode(name, key) for key in keys]
    for argument in id_arguments():
        ids = [*FORGED, *good[TYPES_BY_ARGUMENT[argument.path[-1]]]]
        document, place = counting(argument, ids, customer)
        data = await ask(demo_client, document, token=token)
        assert await matched(demo_client, data, place) > 0, argument


CUSTOMER = "query ($id: ID!) { customer(id: $id) { number } }"


async def test_customer_is_null_for_every_id_that_is_not_a_customers(
    demo_client: httpx.AsyncClient, world: World
) -> None:
    bad = [*FORGED, *(case.id for case in world.cases if case.type_name != "Customer" or not case.found)]
    (good,) = world.ids("Customer", "customer")
    for role in HELD:
        token = await sign_in(demo_client, email_of(role))
        for id_ in bad:
            assert await ask(demo_client, CUSTOMER, {"id": id_}, token=token) == {"customer": None}, (role, id_)
        assert (await ask(demo_client, CUSTOMER, {"id": good}, token=token))["customer"]["number"]

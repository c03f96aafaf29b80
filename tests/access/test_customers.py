"""Customers' accounts over HTTP: opened by resellers, owned by whoever accepts, and nothing told of addresses."""

import asyncio
from datetime import timedelta
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette

from auth.passwords import PasswordHasher
from auth.throttling import RULES, Guarded, Scope
from models.db import Database
from models.enums import AccountKind, AccountState
from models.kinds import LedgerCause, LedgerKind
from models.queries.ledger import Draft
from models.roles import RoleName
from resolvers.after_booking import write_of
from schema.ids import encode
from tests import factories
from tests.access.own_accounts import ACCEPTED, NEW_PASSWORD, RESET, faults, rows
from tests.access.people import audit_of, make_api_key, make_login, make_master, make_session, utc
from tests.access.throttles import later
from tests.access.unchanged import everything
from tests.client import ask, post, sign_in
from tests.databases import StatementLog
from tests.fleet.tenants import Tenants, key_in, make_tenants, tell, wrong
from tests.funding import fund
from tests.mailbox import deliver, token_in

CUSTOMER = "customer { id number name state companyInformation { address { country } } balance { amount currency } }"
CREATE = f"""mutation ($input: CreateCustomerInput!) {{ createCustomer(input: $input) {{
  {CUSTOMER} userErrors {{ code field message }} }} }}"""
INVITE = f"""mutation ($input: InviteCustomerInput!) {{ inviteCustomer(input: $input) {{
  {CUSTOMER} userErrors {{ code field message }} }} }}"""
WHO = """{ viewer { login role { name } account { number kind customers { totalCount }
  personalInformation { firstName email } billing { email balance { currency } } sublogins { id } } } }"""
FORM = {"email": "owner@example.com", "companyName": "Customer Ltd", "country": "de"}


async def accept(client: httpx.AsyncClient, link: str) -> dict[str, Any]:
    """The payload of setting a password by a link."""
    payload: dict[str, Any] = (await ask(client, RESET, {"input": {"token": link, "newPassword": NEW_PASSWORD}}))[
        "resetPassword"
    ]
    return payload


@pytest.fixture
async def tenants(db: Database) -> Tenants:
    return await make_tenants(db)


async def test_a_customer_is_there_at_once_and_its_masters_own_once_accepted(
    client: httpx.AsyncClient, app: Starlette, db: Database, tenants: Tenants
) -> None:
    payload = await tell(client, tenants.token, CREATE, **FORM)
    assert payload["userErrors"] == []
    number = payload["customer"]["number"]
    assert payload["customer"] == {
        "id": payload["customer"]["id"],
        "number": number,
        "name": "Customer Ltd",
        "state": "ACTIVE",
        "companyInformation": {"address": {"country": "DE"}},
        "balance": {"amount": "0.00", "currency": "USD"},
    }
    assert await rows(db, "SELECT FROM logins WHERE email = 'owner@example.com'") == []
    (letter,) = await deliver(app)
    assert (letter.to, letter.template) == ("owner@example.com", "customer_invitation")
    assert number in letter.text
    assert token_in(letter) not in str(await everything(db))

    assert await accept(client, token_in(letter)) == ACCEPTED
    token = await sign_in(client, "OWNER@example.com", NEW_PASSWORD)
    assert (await ask(client, WHO, token=token))["viewer"] == {
        "login": "owner@example.com",
        "role": {"name": "MASTER"},
        "account": {
            "number": number,
            "kind": "CUSTOMER",
            "customers": {"totalCount": 0},
            "personalInformation": {"firstName": "", "email": "owner@example.com"},
            "billing": {"email": "owner@example.com", "balance": {"currency": "USD"}},
            "sublogins": [],
        },
    }
    refused = await accept(client, token_in(letter))
    assert faults(refused) == [("TOKEN_EXPIRED", ["token"])]


async def test_nobody_is_written_to_about_money_before_they_have_accepted(
    client: httpx.AsyncClient, app: Starlette, db: Database, tenants: Tenants
) -> None:
    account_id = key_in((await tell(client, tenants.token, CREATE, **FORM))["customer"]["id"])
    (invitation,) = await deliver(app)
    document = await fund(db, account_id, 100)
    for accepted in (False, True):
        async with db.write() as session:
            await write_of(session, Draft(LedgerKind.REFUND, LedgerCause.REFUND, 100), document)
        letters = [(letter.to, letter.template) for letter in await deliver(app)]
        assert letters == ([("owner@example.com", "receipt")] if accepted else [])
        if not accepted:
            assert await accept(client, token_in(invitation)) == ACCEPTED


async def test_both_logs_tell_of_it_and_the_customers_names_no_login(
    client: httpx.AsyncClient, db: Database, tenants: Tenants
) -> None:
    payload = await tell(client, tenants.token, CREATE, **FORM)
    told = {row.account_id: row for row in await audit_of(db)}
    own, theirs = told.pop(tenants.me.id), told.popitem()[1]
    assert (own.action, own.actor, own.target_type) == ("customer.created", "master@example.com", "Customer")
    assert own.target_label == payload["customer"]["number"]
    assert own.changes == {"email": [None, "owner@example.com"], "companyName": [None, "Customer Ltd"]}
    assert (theirs.action, theirs.actor, theirs.login_id, theirs.ip) == ("customer.created", "Reseller R-1", None, None)
    assert encode("Customer", theirs.account_id) == payload["customer"]["id"]


async def test_a_taken_address_is_answered_alike_after_the_same_work_and_its_owner_is_told(
    client: httpx.AsyncClient, app: Starlette, db: Database, tenants: Tenants, statements: StatementLog
) -> None:
    await make_master(db, "A-2", "Taken@example.com")
    answers, sent = [], []
    for email in ("free@example.com", "TAKEN@example.com"):
        statements.clear()
        response = await post(client, CREATE, {"input": FORM | {"email": email}}, token=tenants.token)
        sent.append(list(statements.texts))
        customer = response.json()["data"]["createCustomer"]["customer"]
        given = {"input": {"customerId": customer["id"], "email": email}}
        invited = await post(client, INVITE, given, token=tenants.token)
        answers.append(
            (response.status_code, response.text.replace(customer["id"], "").replace(customer["number"], ""))
        )
        answers.append((invited.status_code, invited.text.replace(customer["id"], "").replace(customer["number"], "")))
    assert answers[:2] == answers[2:]
    assert sent[0] == sent[1]
    letters = await deliver(app)
    assert [(letter.to, letter.template) for letter in letters] == [
        ("free@example.com", "customer_invitation"),
        ("free@example.com", "customer_invitation"),
        ("TAKEN@example.com", "address_taken"),
        ("TAKEN@example.com", "address_taken"),
    ]
    assert all("#token=" not in letter.text + letter.html for letter in letters[2:])
    links = await rows(db, "SELECT token_hash IS NULL AS none FROM customer_invitations ORDER BY created_at")
    assert [row["none"] for row in links] == [False, True]


async def test_an_address_that_became_a_login_meanwhile_is_told_so_by_the_link(
    client: httpx.AsyncClient, app: Starlette, db: Database, tenants: Tenants
) -> None:
    await tell(client, tenants.token, CREATE, **FORM)
    (letter,) = await deliver(app)
    await make_master(db, "A-2", "owner@example.com")
    before = await everything(db)
    refused = await accept(client, token_in(letter))
    assert faults(refused) == [("TAKEN", ["token"])]
    assert await everything(db) == before


async def test_another_invitation_voids_the_one_before_and_after_acceptance_there_is_none(
    client: httpx.AsyncClient, app: Starlette, db: Database, tenants: Tenants
) -> None:
    id_ = (await tell(client, tenants.token, CREATE, **FORM))["customer"]["id"]
    assert (await tell(client, tenants.token, INVITE, customerId=id_, email="right@example.com"))["userErrors"] == []
    first, second = await deliver(app)
    assert (second.to, second.template) == ("right@example.com", "customer_invitation")
    assert [row.action for row in await audit_of(db)] == ["customer.created"] * 2 + ["customer.invited"] * 2
    refused = await accept(client, token_in(first))
    assert faults(refused) == [("TOKEN_EXPIRED", ["token"])]
    assert await accept(client, token_in(second)) == ACCEPTED
    before = await everything(db)
    refused = await tell(client, tenants.token, INVITE, customerId=id_, email="third@example.com")
    assert wrong(refused) == [("CONFLICT", ["customerId"])]
    assert await everything(db) == before


async def test_one_invitation_accepted_at_once_makes_one_master(
    client: httpx.AsyncClient, app: Starlette, db: Database, tenants: Tenants
) -> None:
    id_ = (await tell(client, tenants.token, CREATE, **FORM))["customer"]["id"]
    (letter,) = await deliver(app)
    accepting = [accept(client, token_in(letter)) for _ in range(3)]
    inviting = [tell(client, tenants.token, INVITE, customerId=id_, email="more@example.com") for _ in range(2)]
    payloads = await asyncio.gather(*accepting, *inviting)
    accepted = sum(payload.get("accepted", False) for payload in payloads)
    waiting = len(await rows(db, "SELECT FROM customer_invitations"))
    masters = await rows(db, "SELECT FROM logins WHERE email IN ('owner@example.com', 'more@example.com')")
    assert accepted == len(masters) <= 1
    assert accepted + waiting == 1


async def test_an_invitation_that_is_replaced_while_it_is_accepted_makes_no_master(
    client: httpx.AsyncClient, app: Starlette, db: Database, tenants: Tenants, monkeypatch: pytest.MonkeyPatch
) -> None:
    id_ = (await tell(client, tenants.token, CREATE, **FORM))["customer"]["id"]
    (letter,) = await deliver(app)
    hash_ = PasswordHasher.hash

    async def meanwhile(hasher: PasswordHasher, password: str) -> str:
        assert wrong(await tell(client, tenants.token, INVITE, customerId=id_, email="other@example.com")) == []
        return await hash_(hasher, password)

    monkeypatch.setattr(PasswordHasher, "hash", meanwhile)
    assert faults(await accept(client, token_in(letter))) == [("TOKEN_EXPIRED", ["token"])]
    assert await rows(db, "SELECT FROM logins WHERE role = 'MASTER' AND email <> 'master@example.com'") == []


async def test_a_link_that_has_run_out_opens_nothing(
    client: httpx.AsyncClient, app: Starlette, db: Database, tenants: Tenants
) -> None:
    await tell(client, tenants.token, CREATE, **FORM)
    (letter,) = await deliver(app)
    (waiting,) = await rows(db, "SELECT expires_at FROM customer_invitations")
    assert timedelta(hours=167) < waiting["expires_at"] - utc() <= timedelta(hours=168)
    await rows(db, "UPDATE customer_invitations SET expires_at = now()")
    refused = await accept(client, token_in(letter))
    assert faults(refused) == [("TOKEN_EXPIRED", ["token"])]


async def test_what_is_wrong_is_told_at_once_and_nothing_is_opened(
    client: httpx.AsyncClient, db: Database, tenants: Tenants
) -> None:
    cases: list[tuple[str, dict[str, str], list[tuple[str, list[str]]]]] = [
        (
            CREATE,
            {"email": "a@localhost", "companyName": " ", "country": "XX"},
            [("INVALID", ["email"]), ("REQUIRED", ["companyName"]), ("INVALID", ["country"])],
        ),
        (INVITE, {"customerId": tenants.customer_id, "email": "a@localhost"}, [("INVALID", ["email"])]),
        *(
            (INVITE, {"customerId": id_, "email": "a@example.com"}, [("NOT_FOUND", ["customerId"])])
            for id_ in (encode("Customer", tenants.stranger.id), encode("Account", tenants.customer.id), "none")
        ),
    ]
    before = await everything(db)
    for document, given, expected in cases:
        payload = await tell(client, tenants.token, document, **given)
        assert (payload["customer"], wrong(payload)) == (None, expected)
    assert await everything(db) == before


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"kind": AccountKind.DIRECT}, "CONFLICT"),
        ({"kind": AccountKind.RESELLER, "state": AccountState.LOCKED}, "ACCOUNT_LOCKED"),
        ({}, "CONFLICT"),
    ],
)
async def test_only_a_reseller_that_is_not_locked_opens_accounts(
    client: httpx.AsyncClient, db: Database, tenants: Tenants, values: dict[str, Any], code: str
) -> None:
    account = await factories.account(db, **(values or {"reseller_id": tenants.me.id}))
    token = (await make_session(db, await make_login(db, account.id, email="other@example.com"))).text
    before = await everything(db)
    payload = await tell(client, token, CREATE, **FORM)
    assert (payload["customer"], wrong(payload)) == (None, [(code, None)])
    assert await everything(db) == before


async def test_invitations_are_throttled_by_address_and_by_account(
    client: httpx.AsyncClient, db: Database, tenants: Tenants
) -> None:
    """Of sublogins as of customers; a refused one is not counted."""
    sublogin = """mutation ($input: CreateSubloginInput!) { createSublogin(input: $input) {
      userErrors { code field } } }"""
    free = RULES[Guarded.INVITED][Scope.ANYWHERE].free
    for _ in range(free):
        assert wrong(await tell(client, tenants.token, CREATE, **FORM)) == []
        assert wrong(await tell(client, tenants.token, CREATE, **FORM | {"country": ""})) != []
    before = await everything(db)
    assert wrong(await tell(client, tenants.token, CREATE, **FORM)) == [("THROTTLED", None)]
    assert wrong(await tell(client, tenants.token, sublogin, email=FORM["email"], role="BILLING")) == [
        ("THROTTLED", None)
    ]
    assert await everything(db) == before
    assert wrong(await tell(client, tenants.token, sublogin, email="other@example.com", role="BILLING")) == []
    assert wrong(await tell(client, tenants.token, sublogin, email="other@example.com", role="BILLING")) == [
        ("TAKEN", ["email"])
    ]
    counters = await rows(db, "SELECT tries FROM throttles ORDER BY tries")
    assert [row["tries"] for row in counters] == [1, free, free + 1]
    await rows(db, "UPDATE throttles SET tries = $1 WHERE tries = $2", 99, free + 1)
    assert wrong(await tell(client, tenants.token, sublogin, email="one@example.com", role="BILLING")) == []
    assert wrong(await tell(client, tenants.token, sublogin, email="two@example.com", role="BILLING")) == [
        ("THROTTLED", None)
    ]
    await later(db, timedelta(seconds=10))
    assert wrong(await tell(client, tenants.token, sublogin, email="two@example.com", role="BILLING")) == []


async def test_a_key_opens_accounts_too(client: httpx.AsyncClient, db: Database, tenants: Tenants) -> None:
    key = (await make_api_key(db, tenants.me.id, RoleName.BILLING)).text
    assert wrong(await tell(client, key, CREATE, **FORM)) == []
    own = next(row for row in await audit_of(db) if row.account_id == tenants.me.id)
    assert own.actor is not None
    assert own.actor.startswith("API key key (")


async def test_each_costs_so_many_statements(
    client: httpx.AsyncClient, db: Database, tenants: Tenants, statements: StatementLog
) -> None:
    async def cost(field: str, **given: Any) -> int:
        statements.clear()
        kind = f"{field[0].upper()}{field[1:]}Input"
        document = f"mutation ($input: {kind}!) {{ {field}(input: $input) {{ userErrors {{ code }} }} }}"
        assert wrong(await tell(client, tenants.token, document, **given)) == []
        return len(statements)

    # the counters read and written, the reseller, the account, the address, the invitation in place of an older, the
    # letter, the logs
    assert await cost("createCustomer", **FORM) == 9
    # the counters, the customer, its master, and as above
    assert await cost("inviteCustomer", customerId=tenants.customer_id, email="a@example.com") == 9

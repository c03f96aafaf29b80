"""The settings page's forms over HTTP: what is saved, cleared or refused, and what the log tells of it."""

import asyncio
from typing import Any

import httpx
import pytest

from models.db import Database
from models.roles import RoleName
from resolvers.checks import countries, zones
from tests.access.people import Person, audit_of, make_api_key, make_login, make_master, make_session
from tests.access.unchanged import everything
from tests.client import post
from tests.databases import StatementLog

BLOCKS = {
    "PersonalInformation": ("personalInformation", "firstName lastName email phone imUpgradeUrl"),
    "CompanyInformation": (
        "companyInformation",
        "name vatNumber website address { street city region postalCode country }",
    ),
    "BillingContact": (
        "billingContact",
        "firstName lastName email phone address { street city region postalCode country }",
    ),
}
NAMES_ARE_NEEDED = {"firstName": None, "lastName": " \t", "email": None}


async def save(client: httpx.AsyncClient, token: str, form: str, **given: Any) -> dict[str, Any]:
    """The payload of one mutation."""
    field, selection = BLOCKS[form]
    document = (
        f"mutation ($input: Update{form}Input!) {{ update{form}(input: $input) {{"
        f" account {{ timeZone {field} {{ {selection} }} }} userErrors {{ code field message }} }} }}"
    )
    answer = (await post(client, document, {"input": given}, token=token)).json()
    assert "errors" not in answer, answer
    payload: dict[str, Any] = answer["data"][f"update{form}"]
    return payload


@pytest.fixture
async def master(db: Database) -> Person:
    return await make_master(db)


@pytest.fixture
async def token(db: Database, master: Person) -> str:
    return (await make_session(db, master)).text


async def test_what_is_typed_is_saved_and_told(client: httpx.AsyncClient, db: Database, token: str) -> None:
    given = {
        "firstName": "  Another ",
        "lastName": "Person",
        "email": "another@Navy.Example.com",
        "phone": "+1 (555) 01-00 ext. 7",
        "imUpgradeUrl": "https://upgrade.example.com/imunify",
    }
    payload = await save(client, token, "PersonalInformation", **given)
    assert payload["userErrors"] == []
    saved = {**given, "firstName": "Another", "email": "another@navy.example.com"}
    assert payload["account"]["personalInformation"] == saved
    (row,) = await audit_of(db)
    assert (row.action, row.target_type, row.target_label) == ("account.updated", "Account", "A-1")
    assert row.changes == {
        "personalInformation.firstName": ["First", "Another"],
        "personalInformation.lastName": ["Byron", "Person"],
        "personalInformation.email": ["first@example.com", "another@navy.example.com"],
        "personalInformation.phone": [None, given["phone"]],
        "personalInformation.imUpgradeUrl": [None, given["imUpgradeUrl"]],
    }


async def test_what_is_left_out_stays_and_null_clears(client: httpx.AsyncClient, token: str) -> None:
    address = {"street": "Unter den Linden 1", "city": "Berlin", "region": "BE", "postalCode": "10117", "country": "de"}
    company = {"vatNumber": "DE 136 695 976", "website": "http://example.com", "timeZone": "Europe/Berlin"}
    payload = await save(client, token, "CompanyInformation", address=address, **company)
    whole: dict[str, Any] = {
        "name": "Engines",
        "vatNumber": "DE136695976",
        "website": "http://example.com",
        "address": {**address, "country": "DE"},
    }
    assert payload["account"] == {"timeZone": "Europe/Berlin", "companyInformation": whole}

    payload = await save(client, token, "CompanyInformation", address={"street": None, "region": ""}, website=None)
    whole = {**whole, "website": None, "address": {**address, "country": "DE", "street": None, "region": None}}
    assert payload["account"]["companyInformation"] == whole

    payload = await save(client, token, "CompanyInformation", address=None, vatNumber=None)
    assert set(payload["account"]["companyInformation"]["address"].values()) == {None}
    assert payload["account"]["companyInformation"]["vatNumber"] is None
    assert payload["account"]["timeZone"] == "Europe/Berlin"


async def test_the_time_zone_is_told_by_its_place_in_the_api(
    client: httpx.AsyncClient, db: Database, token: str
) -> None:
    await save(client, token, "CompanyInformation", timeZone="Asia/Tokyo", address={"country": "JP"})
    (row,) = await audit_of(db)
    assert row.changes == {"timeZone": ["UTC", "Asia/Tokyo"], "companyInformation.address.country": [None, "JP"]}


async def test_the_billing_contact_is_not_the_billing_address(
    client: httpx.AsyncClient, db: Database, token: str
) -> None:
    payload = await save(client, token, "BillingContact", email="new@example.com", address={"city": "Cairo"})
    contact = payload["account"]["billingContact"]
    assert (contact["email"], contact["address"]["city"], contact["firstName"]) == ("new@example.com", "Cairo", "First")
    async with db.read() as reader:
        rows = await reader.fetch("SELECT billing_email, personal_email FROM accounts")
    assert tuple(rows[0].values()) == (None, "first@example.com")  # type: ignore[attr-defined]


REFUSED: list[tuple[str, dict[str, Any], list[tuple[str, list[str]]]]] = [
    (
        "PersonalInformation",
        NAMES_ARE_NEEDED,
        [("REQUIRED", ["firstName"]), ("REQUIRED", ["lastName"]), ("REQUIRED", ["email"])],
    ),
    ("BillingContact", NAMES_ARE_NEEDED, [("REQUIRED", [name]) for name in NAMES_ARE_NEEDED]),
    ("CompanyInformation", {"name": "", "timeZone": None}, [("REQUIRED", ["name"]), ("REQUIRED", ["timeZone"])]),
    ("PersonalInformation", {"firstName": "x" * 101}, [("TOO_LONG", ["firstName"])]),
    ("PersonalInformation", {"lastName": "a\nb"}, [("INVALID", ["lastName"])]),
    ("PersonalInformation", {"lastName": "a\u0007b"}, [("INVALID", ["lastName"])]),
    ("PersonalInformation", {"email": "a@localhost"}, [("INVALID", ["email"])]),
    ("PersonalInformation", {"email": "a..b@example.com"}, [("INVALID", ["email"])]),
    ("PersonalInformation", {"email": "first@-example.com"}, [("INVALID", ["email"])]),
    ("PersonalInformation", {"phone": "call me"}, [("INVALID", ["phone"])]),
    ("PersonalInformation", {"phone": "123"}, [("INVALID", ["phone"])]),
    ("PersonalInformation", {"phone": "1" * 41}, [("TOO_LONG", ["phone"])]),
    ("PersonalInformation", {"imUpgradeUrl": "http://example.com/"}, [("INVALID", ["imUpgradeUrl"])]),
    ("PersonalInformation", {"imUpgradeUrl": "https://me:secret@example.com/"}, [("INVALID", ["imUpgradeUrl"])]),
    ("PersonalInformation", {"imUpgradeUrl": f"https://x.example/{'a' * 2000}"}, [("TOO_LONG", ["imUpgradeUrl"])]),
    ("CompanyInformation", {"website": "https://me@example.com/"}, [("INVALID", ["website"])]),
    ("CompanyInformation", {"website": "https://example.com/\u0007"}, [("INVALID", ["website"])]),
    ("CompanyInformation", {"name": "x" * 201}, [("TOO_LONG", ["name"])]),
    ("CompanyInformation", {"timeZone": "Europe/Atlantis"}, [("INVALID", ["timeZone"])]),
    ("CompanyInformation", {"timeZone": "europe/berlin"}, [("INVALID", ["timeZone"])]),
    ("CompanyInformation", {"timeZone": "localtime"}, [("INVALID", ["timeZone"])]),
    ("CompanyInformation", {"address": {"country": "Germany"}}, [("INVALID", ["address", "country"])]),
    ("CompanyInformation", {"address": {"country": "UK"}}, [("INVALID", ["address", "country"])]),
    ("CompanyInformation", {"address": {"postalCode": "1" * 21}}, [("TOO_LONG", ["address", "postalCode"])]),
    ("BillingContact", {"address": {"country": "XX"}, "phone": "?"}, [
        ("INVALID", ["phone"]), ("INVALID", ["address", "country"])
    ]),
    ("CompanyInformation", {"vatNumber": "1" * 31}, [("TOO_LONG", ["vatNumber"])]),
    ("CompanyInformation", {"vatNumber": "DE_1"}, [("INVALID", ["vatNumber"])]),
    (
        "CompanyInformation",
        {"vatNumber": "DE136695977", "address": {"country": "DE"}, "name": "New name"},
        [("INVALID", ["vatNumber"])],
    ),
]  # fmt: skip


@pytest.mark.parametrize(("form", "given", "wrong"), REFUSED)
async def test_what_is_wrong_is_named_by_its_field_and_nothing_is_saved(
    client: httpx.AsyncClient,
    db: Database,
    token: str,
    form: str,
    given: dict[str, Any],
    wrong: list[tuple[str, list[str]]],
) -> None:
    before = await everything(db)
    payload = await save(client, token, form, **given)
    assert payload["account"] is None
    assert [(error["code"], error["field"]) for error in payload["userErrors"]] == wrong
    assert await everything(db) == before


async def test_a_vat_number_is_held_against_the_country_whichever_changes(
    client: httpx.AsyncClient, db: Database, token: str
) -> None:
    await save(client, token, "CompanyInformation", vatNumber="FR40303265045")
    await save(client, token, "CompanyInformation", address={"country": "FR"})
    before = await everything(db)
    for given in ({"address": {"country": "DE"}}, {"vatNumber": "DE136695976"}):
        payload = await save(client, token, "CompanyInformation", **given)
        assert [error["field"] for error in payload["userErrors"]] == [["vatNumber"]]
    assert await everything(db) == before
    payload = await save(client, token, "CompanyInformation", vatNumber="DE136695976", address={"country": "DE"})
    assert payload["userErrors"] == []
    payload = await save(client, token, "CompanyInformation", vatNumber="anything-1", address={"country": "US"})
    assert payload["userErrors"] == [], "the United States have no VAT numbers to compare with"


async def test_a_number_that_no_longer_fits_does_not_stand_in_the_way_of_other_changes(
    client: httpx.AsyncClient, db: Database, token: str
) -> None:
    async with db.read() as reader:
        await reader.fetch("UPDATE accounts SET vat_number = 'DE1', company_country = 'DE'")
    given = {"vatNumber": "DE1", "address": {"country": "DE"}, "name": "Looms"}
    payload = await save(client, token, "CompanyInformation", **given)
    assert payload["userErrors"] == []
    assert payload["account"]["companyInformation"]["name"] == "Looms"


async def test_a_malformed_scalar_is_no_user_error(client: httpx.AsyncClient, db: Database, token: str) -> None:
    before = await everything(db)
    document = "mutation ($u: URL) { updateCompanyInformation(input: { website: $u }) { userErrors { code } } }"
    for bad in ("ftp://example.com/", "javascript:alert(1)", "example.com"):
        answer = (await post(client, document, {"u": bad}, token=token)).json()
        (error,) = answer["errors"]
        assert error["extensions"]["code"] == "BAD_USER_INPUT"
    assert await everything(db) == before


async def test_what_changes_nothing_writes_nothing(
    client: httpx.AsyncClient, db: Database, token: str, statements: StatementLog
) -> None:
    before = await everything(db)
    statements.clear()
    payload = await save(client, token, "PersonalInformation", firstName=" First ", phone=None)
    assert payload["account"]["personalInformation"]["firstName"] == "First"
    assert len(statements) == 2, "the locked row, the payload's account"
    statements.clear()
    assert (await save(client, token, "BillingContact"))["userErrors"] == []
    assert len(statements) == 1
    assert await everything(db) == before


async def test_a_change_costs_four_statements(client: httpx.AsyncClient, token: str, statements: StatementLog) -> None:
    for form in BLOCKS:
        statements.clear()
        await save(client, token, form, **{"name" if form == "CompanyInformation" else "lastName": "Other"})
        # the locked row, its change, the log's row, and the payload's account
        assert len(statements) == 4, form
        assert "FOR NO KEY UPDATE" in statements.texts[0]


async def test_changes_at_one_time_take_their_turns(client: httpx.AsyncClient, db: Database, token: str) -> None:
    await asyncio.gather(
        *(save(client, token, "PersonalInformation", firstName=f"Name {number}") for number in range(6))
    )
    rows = await audit_of(db)
    steps = {tuple(row.changes["personalInformation.firstName"]) for row in rows}
    assert len(rows) == len(steps) == 6
    assert {before for before, _ in steps} - {after for _, after in steps} == {"First"}


@pytest.mark.parametrize("role", list(RoleName))
async def test_who_may_not_edit_the_account_changes_nothing(
    client: httpx.AsyncClient, db: Database, master: Person, role: RoleName
) -> None:
    person = master if role is RoleName.MASTER else await make_login(db, master.account_id, role)
    token = (await make_session(db, person)).text
    before = await everything(db)
    document = 'mutation { updateBillingContact(input: { firstName: "Eve" }) { userErrors { code } } }'
    answer = (await post(client, document, token=token)).json()
    if role in {RoleName.MASTER, RoleName.FULL_ACCESS, RoleName.BILLING}:
        assert answer == {"data": {"updateBillingContact": {"userErrors": []}}} | {
            key: answer[key] for key in answer if key == "extensions"
        }
    else:
        assert answer["data"] == {"updateBillingContact": None}
        assert answer["errors"][0]["extensions"]["code"] == "FORBIDDEN"
        assert await everything(db) == before


async def test_a_key_may_and_is_named_in_the_log(client: httpx.AsyncClient, db: Database, master: Person) -> None:
    key = await make_api_key(db, master.account_id, RoleName.BILLING)
    payload = await save(client, key.text, "BillingContact", firstName="Eve")
    assert payload["userErrors"] == []
    (row,) = await audit_of(db)
    assert (row.actor, row.credential_kind, row.login_id) == (f"API key key ({key.shown}…)", "API_KEY", None)


def test_the_lists_of_countries_and_zones_are_whole() -> None:
    assert len(countries()) == 249
    assert {"DE", "GB", "XK", "US", "AX"} - countries() == {"XK"}
    assert {"UTC", "Europe/Kyiv", "America/Argentina/Buenos_Aires"} <= zones()
    assert not {"Factory", "localtime"} & zones()

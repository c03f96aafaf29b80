"""Report configurations over HTTP: made, changed, switched off and deleted, and who finds those about costs."""

import asyncio
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest

from models.db import Database
from models.enums import ReportFrequency, ReportKind
from models.queries.report_configs import MOST_REPORT_CONFIGS
from models.roles import RoleName
from models.tables import Account, ReportConfig
from resolvers.criteria import Days
from resolvers.report_times import days_of_report, next_sending, period_of
from schema.ids import encode
from tests import factories
from tests.access.people import Person, audit_of, make_api_key, make_login, make_master, make_session
from tests.access.unchanged import everything
from tests.client import ask, post

CONFIG = "reportConfig { id email kind frequency enabled products { code } lastSentAt nextSendAt }"
CREATE = f"""mutation ($input: CreateReportConfigInput!) {{ createReportConfig(input: $input) {{
  {CONFIG} account {{ reportConfigs {{ id }} }} userErrors {{ code field }} }} }}"""
UPDATE = f"""mutation ($input: UpdateReportConfigInput!) {{ updateReportConfig(input: $input) {{
  {CONFIG} userErrors {{ code field }} }} }}"""
DELETE = """mutation ($input: DeleteReportConfigInput!) { deleteReportConfig(input: $input) {
  deletedId account { reportConfigs { id } } userErrors { code field } } }"""
LISTED = "{ viewer { account { reportConfigs { id kind } } } }"
NODE = "query ($id: ID!) { node(id: $id) { id } }"
NOT_FOUND = [{"code": "NOT_FOUND", "field": ["id"]}]
BERLIN = "Europe/Berlin"


async def tell(client: httpx.AsyncClient, token: str, document: str, **given: Any) -> dict[str, Any]:
    """The payload of a mutation."""
    data = await ask(client, document, {"input": given}, token=token)
    (payload,) = data.values()
    found: dict[str, Any] = payload
    return found


async def rows(db: Database) -> list[Any]:
    """Every configuration, the oldest first."""
    async with db.read() as reader:
        return await reader.fetch("SELECT * FROM report_configs ORDER BY created_at, id")


async def make_config(db: Database, person: Person, **values: Any) -> ReportConfig:
    """A configuration as its account's master has left it."""
    known = {
        "email": "reports@example.com",
        "kind": ReportKind.SERVERS,
        "frequency": ReportFrequency.DAILY,
        "changed_by": person.id,
        "changed_with": "SESSION",
    }
    return await factories.add(db, ReportConfig, account_id=person.account_id, **(known | values))


def id_of(config: ReportConfig) -> str:
    """A configuration's id as clients know it."""
    return encode("ReportConfig", config.id)


@pytest.fixture
async def master(db: Database) -> Person:
    person = await make_master(db)
    async with db.write() as session:
        (await session.get_one(Account, person.account_id)).time_zone = BERLIN
    return person


@pytest.fixture
async def token(db: Database, master: Person) -> str:
    return (await make_session(db, master)).text


async def test_a_report_is_configured(client: httpx.AsyncClient, db: Database, master: Person, token: str) -> None:
    kind = await factories.license_type(db)
    product = encode("Product", kind.product_id)
    given = {"email": "Reports@Example.com", "kind": "COSTS", "frequency": "WEEKLY", "productIds": [product, product]}
    before = datetime.now(UTC)
    payload = await tell(client, token, CREATE, **given)
    assert payload["userErrors"] == []
    made = payload["reportConfig"]
    assert payload["account"]["reportConfigs"] == [{"id": made["id"]}]
    assert (made["email"], made["kind"], made["frequency"]) == ("Reports@example.com", "COSTS", "WEEKLY")
    assert (made["enabled"], made["lastSentAt"], len(made["products"])) == (True, None, 1)
    due = datetime.fromisoformat(made["nextSendAt"]).astimezone(ZoneInfo(BERLIN))
    assert (due.weekday(), due.hour, due.minute) == (0, 6, 0)
    assert due > before
    (row,) = await rows(db)
    assert (row["changed_by"], row["changed_with"], row["product_ids"]) == (master.id, "SESSION", [kind.product_id])
    (told,) = await audit_of(db)
    assert (told.action, told.target_type, told.target_id) == ("report_config.created", "ReportConfig", row["id"])
    assert told.changes["kind"] == [None, "COSTS"]
    assert told.changes["products"][1]


async def test_everything_that_is_wrong_is_told_at_once(client: httpx.AsyncClient, db: Database, token: str) -> None:
    before = await everything(db)
    stranger = encode("Server", (await factories.license_type(db)).product_id)
    wrong = {"kind": "SERVERS", "frequency": "DAILY", "email": "name@example..com", "productIds": [stranger, "x"]}
    payload = await tell(client, token, CREATE, **wrong)
    assert [(error["code"], error["field"]) for error in payload["userErrors"]] == [
        ("INVALID", ["email"]),
        ("NOT_FOUND", ["productIds", "0"]),
        ("NOT_FOUND", ["productIds", "1"]),
    ]
    assert await everything(db) == before


async def test_there_are_a_hundred_at_most_however_many_come_at_once(
    client: httpx.AsyncClient, db: Database, master: Person, token: str
) -> None:
    for _ in range(MOST_REPORT_CONFIGS - 2):
        await make_config(db, master)
    given = {"email": "more@example.com", "kind": "SERVERS", "frequency": "DAILY"}
    payloads = await asyncio.gather(*(tell(client, token, CREATE, **given) for _ in range(5)))
    refused = [payload["userErrors"] for payload in payloads if payload["userErrors"]]
    assert refused == [[{"code": "LIMIT_REACHED", "field": None}]] * 3
    assert len(await rows(db)) == MOST_REPORT_CONFIGS


async def test_a_report_is_changed_and_its_changer_noted(
    client: httpx.AsyncClient, db: Database, master: Person, token: str
) -> None:
    config = await make_config(db, master, product_ids=[(await factories.license_type(db)).product_id])
    key = (await make_api_key(db, master.account_id, RoleName.READ_ONLY_SERVER_MANAGEMENT)).text
    given = {"id": id_of(config), "email": "new@example.com", "frequency": "MONTHLY", "productIds": None}
    changed = (await tell(client, key, UPDATE, **given))["reportConfig"]
    assert (changed["email"], changed["frequency"], changed["products"]) == ("new@example.com", "MONTHLY", [])
    due = datetime.fromisoformat(changed["nextSendAt"]).astimezone(ZoneInfo(BERLIN))
    assert (due.day, due.hour) == (1, 6)
    (row,) = await rows(db)
    assert row["changed_with"] == "API_KEY"
    assert row["changed_by"] not in {None, master.id}
    (told,) = await audit_of(db)
    assert (told.action, set(told.changes)) == ("report_config.updated", {"email", "frequency", "products"})

    off = (await tell(client, token, UPDATE, id=id_of(config), enabled=False))["reportConfig"]
    assert (off["enabled"], off["nextSendAt"]) == (False, None)
    still_off = (await tell(client, token, UPDATE, id=id_of(config), frequency="DAILY"))["reportConfig"]
    assert still_off["nextSendAt"] is None
    on = (await tell(client, token, UPDATE, id=id_of(config), enabled=True))["reportConfig"]
    assert on["nextSendAt"] is not None
    assert (await rows(db))[0]["changed_by"] == master.id


async def test_who_else_gets_a_report_does_not_move_its_day(
    client: httpx.AsyncClient, db: Database, master: Person, token: str
) -> None:
    due = datetime(2026, 1, 5, 5, tzinfo=UTC)
    config = await make_config(db, master, next_send_at=due)
    changed = await tell(client, token, UPDATE, id=id_of(config), email="other@example.com")
    assert changed["userErrors"] == []
    assert changed["reportConfig"]["email"] == "other@example.com"
    assert datetime.fromisoformat(changed["reportConfig"]["nextSendAt"]) == due


async def test_what_changes_nothing_writes_nothing(
    client: httpx.AsyncClient, db: Database, master: Person, token: str
) -> None:
    config = await make_config(db, master)
    before = await everything(db)
    same = {"email": "reports@example.com", "kind": "SERVERS", "frequency": "DAILY", "productIds": [], "enabled": True}
    payload = await tell(client, token, UPDATE, id=id_of(config), **same)
    assert (payload["userErrors"], payload["reportConfig"]["id"]) == ([], id_of(config))
    nulls = dict.fromkeys(("email", "kind", "frequency", "enabled"))
    errors = (await tell(client, token, UPDATE, id=id_of(config), **nulls))["userErrors"]
    assert [(error["code"], error["field"]) for error in errors] == [("REQUIRED", [name]) for name in nulls]
    assert await everything(db) == before


async def test_a_report_is_deleted(client: httpx.AsyncClient, db: Database, master: Person, token: str) -> None:
    config = await make_config(db, master)
    payload = await tell(client, token, DELETE, id=id_of(config))
    assert payload == {"deletedId": id_of(config), "account": {"reportConfigs": []}, "userErrors": []}
    assert await rows(db) == []
    (told,) = await audit_of(db)
    assert (told.action, told.target_label) == ("report_config.deleted", "reports@example.com")
    assert (await tell(client, token, DELETE, id=id_of(config)))["userErrors"] == NOT_FOUND


async def test_a_report_about_costs_does_not_exist_for_who_sees_no_prices(
    client: httpx.AsyncClient, db: Database, master: Person, token: str
) -> None:
    costs = await make_config(db, master, kind=ReportKind.COSTS)
    servers = await make_config(db, master)
    blind = await make_login(db, master.account_id, RoleName.READ_ONLY_BILLING)
    reader = (await make_session(db, blind)).text
    before = await everything(db)
    listed = (await ask(client, LISTED, token=reader))["viewer"]["account"]["reportConfigs"]
    assert listed == [{"id": id_of(servers), "kind": "SERVERS"}]
    assert await ask(client, NODE, {"id": id_of(costs)}, token=reader) == {"node": None}
    assert (await tell(client, reader, UPDATE, id=id_of(costs), enabled=False))["userErrors"] == NOT_FOUND
    assert (await tell(client, reader, DELETE, id=id_of(costs)))["userErrors"] == NOT_FOUND
    given = {"email": "x@example.com", "kind": "COSTS", "frequency": "DAILY"}
    for document, sent in ((CREATE, given), (UPDATE, {"id": id_of(servers), "kind": "COSTS"})):
        answer = (await post(client, document, {"input": sent}, token=reader)).json()
        (error,) = answer["errors"]
        assert error["extensions"]["code"] == "FORBIDDEN"
        assert error["extensions"]["coordinate"] == "ReportKind.COSTS"
    assert await everything(db) == before
    assert len((await ask(client, LISTED, token=token))["viewer"]["account"]["reportConfigs"]) == 2


async def test_a_strangers_report_does_not_exist(client: httpx.AsyncClient, db: Database, token: str) -> None:
    stranger = await make_master(db, "A-2", "stranger@example.com")
    config = await make_config(db, stranger)
    before = await everything(db)
    assert (await tell(client, token, UPDATE, id=id_of(config), enabled=False))["userErrors"] == NOT_FOUND
    assert (await tell(client, token, DELETE, id=id_of(config)))["userErrors"] == NOT_FOUND
    assert await everything(db) == before


def at(text: str, zone: str = "UTC") -> datetime:
    """A moment of some zone's clock."""
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone))


@pytest.mark.parametrize(
    ("frequency", "after", "due", "first", "last"),
    [
        ("DAILY", "2026-03-28T05:59", "2026-03-28T06:00", "2026-03-27", "2026-03-27"),
        ("DAILY", "2026-03-28T06:00", "2026-03-29T06:00", "2026-03-28", "2026-03-28"),
        ("WEEKLY", "2026-03-24T00:00", "2026-03-30T06:00", "2026-03-23", "2026-03-29"),
        ("WEEKLY", "2026-03-30T06:00", "2026-04-06T06:00", "2026-03-30", "2026-04-05"),
        ("MONTHLY", "2026-01-31T23:00", "2026-02-01T06:00", "2026-01-01", "2026-01-31"),
        ("MONTHLY", "2026-12-01T06:00", "2027-01-01T06:00", "2026-12-01", "2026-12-31"),
    ],
)
def test_a_report_is_due_after_its_period_by_the_accounts_clock(
    frequency: str, after: str, due: str, first: str, last: str
) -> None:
    for zone in (BERLIN, "America/Los_Angeles", "Pacific/Kiritimati"):
        found = next_sending(ReportFrequency[frequency], at(after, zone), zone)
        assert found == at(due, zone)
        period = period_of(ReportFrequency[frequency], found, zone)
        assert [day.isoformat() for day in period] == [first, last]


def test_a_report_of_an_open_period_begins_with_the_account_and_ends_today() -> None:
    opened, today, later = at("2025-05-05").date(), at("2026-03-03").date(), at("2027-01-01").date()
    wanted = [Days(None, None), Days(later, None), Days(None, opened)]
    days = [days_of_report(one, opened=opened, today=today) for one in wanted]
    assert days == [(opened, today), (later, later), (opened, opened)]

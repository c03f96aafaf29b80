"""Throttling over HTTP: what is refused, for whom and for how long, and that its owner comes in all the same."""

from datetime import timedelta
from uuid import UUID

import httpx
import pytest
from pyotp import TOTP

from auth.passwords import PasswordHasher
from auth.throttling import RULES, Guarded, Scope
from models.db import Database
from models.queries.cleaning import clean
from tests.access.people import Person, audit_of, make_master, switch_on_second_factor, utc, with_password
from tests.access.throttles import AWAY, HOME, callers, codes_of, later, outcome
from tests.access.unchanged import everything
from tests.databases import StatementLog

PASSWORD, CODE = RULES[Guarded.PASSWORD], RULES[Guarded.CODE]
FREE = PASSWORD[Scope.HERE].free
STRANGERS = [f"198.51.100.{number}" for number in range(1, 200)]


@pytest.fixture
def no_hashing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every password be wrong at once, for tests that guess a hundred times."""

    async def wrong(*_: object) -> bool:
        return False

    monkeypatch.setattr(PasswordHasher, "verify", wrong)


async def flood(client: httpx.AsyncClient, person: Person) -> None:
    """Guess from many networks until the login is closed to networks that it does not know."""
    answers = [(await outcome(client, person, at=peer))[0] for peer in STRANGERS[: PASSWORD[Scope.ANYWHERE].free]]
    assert set(answers) == {"INVALID_CREDENTIALS"}
    code, wait = await outcome(client, person, at=STRANGERS[-1])
    assert (code, 0 < (wait or 0) <= 10_000) == ("THROTTLED", True)


async def test_after_the_free_tries_even_the_right_password_has_to_wait(
    dsn: str, db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    master = await make_master(db)
    async with callers(dsn, db) as client:
        assert await codes_of(client, with_password(master, "wrong"), FREE) == ["INVALID_CREDENTIALS"] * FREE
        before = await everything(db)
        with monkeypatch.context() as patched:
            patched.delattr(PasswordHasher, "verify")
            code, wait = await outcome(client, master)
        assert code == "THROTTLED"
        assert wait is not None
        assert 0 < wait <= 10_000
        assert await everything(db) == before

        await later(db, timedelta(milliseconds=wait))
        assert await outcome(client, master) == ("", None)
        assert await codes_of(client, with_password(master, "wrong"), FREE) == ["INVALID_CREDENTIALS"] * FREE


async def test_waits_grow_while_guessing_goes_on(dsn: str, db: Database) -> None:
    master = with_password(await make_master(db), "wrong")
    waits = []
    async with callers(dsn, db) as client:
        await codes_of(client, master, FREE)
        for _ in range(3):
            code, wait = await outcome(client, master)
            assert code == "THROTTLED"
            assert wait is not None
            waits.append(wait)
            await later(db, timedelta(milliseconds=wait))
            assert (await outcome(client, master))[0] == "INVALID_CREDENTIALS"
    assert [round(wait, -4) for wait in waits] == [10_000, 20_000, 40_000]
    assert len(await audit_of(db)) == FREE + 3


async def test_known_and_unknown_addresses_are_counted_alike(dsn: str, db: Database, statements: StatementLog) -> None:
    master = with_password(await make_master(db), "wrong")
    nobody = Person(master.id, master.account_id, "nobody@example.com")
    seen = []
    async with callers(dsn, db) as client:
        for person in (master, nobody):
            answers = []
            for _ in range(FREE + 1):
                statements.clear()
                answers.append(((await outcome(client, person))[0], list(statements.texts)))
            seen.append(answers)
    assert seen[0] == seen[1]
    assert seen[0][-1][0] == "THROTTLED"
    assert len(seen[0][-1][1]) == 1


async def test_an_addresss_spelling_gives_no_more_tries(dsn: str, db: Database) -> None:
    master = await make_master(db)
    async with callers(dsn, db) as client:
        for number in range(FREE):
            spelling = master.email.upper() if number % 2 else master.email.lower()
            answer = await outcome(client, Person(master.id, master.account_id, spelling, "wrong"))
            assert answer[0] == "INVALID_CREDENTIALS"
        assert (await outcome(client, master))[0] == "THROTTLED"


async def test_who_guesses_from_elsewhere_does_not_keep_the_owner_waiting(dsn: str, db: Database) -> None:
    master = await make_master(db)
    async with callers(dsn, db) as client:
        assert (await codes_of(client, with_password(master, "wrong"), FREE + 1, at=AWAY))[-1] == "THROTTLED"
        assert (await outcome(client, master, at=HOME))[0] == ""


async def test_an_ipv6_network_of_64_bits_is_one(dsn: str, db: Database) -> None:
    master = with_password(await make_master(db), "wrong")
    async with callers(dsn, db) as client:
        for number in range(FREE):
            assert (await outcome(client, master, at=f"2001:db8:0:1::{number + 1:x}"))[0] == "INVALID_CREDENTIALS"
        assert (await outcome(client, master, at="2001:db8:0:1:ffff::1"))[0] == "THROTTLED"
        assert (await outcome(client, master, at="2001:db8:0:2::1"))[0] == "INVALID_CREDENTIALS"


@pytest.mark.usefixtures("no_hashing")
async def test_a_flood_from_everywhere_closes_a_login_only_for_a_short_time(dsn: str, db: Database) -> None:
    master = await make_master(db)
    async with callers(dsn, db) as client:
        await flood(client, master)
        for peer in STRANGERS[100:120]:
            _, wait = await outcome(client, master, at=peer)
            assert 0 < (wait or 0) <= 60_000
            await later(db, timedelta(milliseconds=wait or 0))
            assert (await outcome(client, master, at=peer))[0] == "INVALID_CREDENTIALS"


async def test_the_owner_comes_in_during_a_flood_from_where_they_came_in_before(
    dsn: str, db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    master = await make_master(db)
    async with callers(dsn, db) as client:
        assert (await outcome(client, master, at=HOME))[0] == ""
        with monkeypatch.context() as patched:

            async def wrong(*_: object) -> bool:
                return False

            patched.setattr(PasswordHasher, "verify", wrong)
            await flood(client, master)
        assert (await outcome(client, master, at=AWAY))[0] == "THROTTLED"
        assert (await outcome(client, master, at=HOME))[0] == ""
        await later(db, timedelta(days=91))
        async with db.write() as session:
            await clean(session, utc(), utc() - timedelta(days=3))
        async with db.read() as reader:
            assert await reader.fetch("SELECT FROM throttles") == []


@pytest.mark.usefixtures("no_hashing")
async def test_a_network_that_tries_many_addresses_has_to_wait(dsn: str, db: Database) -> None:
    free = PASSWORD[Scope.NETWORK].free
    people = [Person(UUID(int=0), UUID(int=0), f"{number}@example.com") for number in range(free + 1)]
    async with callers(dsn, db) as client:
        for person in people[:free]:
            assert (await outcome(client, person))[0] == "INVALID_CREDENTIALS"
        await later(db, timedelta(minutes=-1))  # it is closed for a second, which may be over before we ask
        assert (await outcome(client, people[free]))[0] == "THROTTLED"
        assert (await outcome(client, people[free], at=AWAY))[0] == "INVALID_CREDENTIALS"


async def test_whoever_signs_in_rightly_never_has_to_wait(dsn: str, db: Database) -> None:
    master = await make_master(db)
    async with callers(dsn, db) as client:
        for _ in range(FREE + 5):
            assert (await outcome(client, master))[0] == ""
    async with db.read() as reader:
        rows = await reader.fetch("SELECT tries FROM throttles")
    assert [row["tries"] for row in rows] == [0, 0, 0]


async def test_codes_are_counted_apart_and_a_wrong_one_is_no_wrong_password(dsn: str, db: Database) -> None:
    master = await make_master(db)
    secret, _ = await switch_on_second_factor(db, master)
    free = CODE[Scope.HERE].free
    async with callers(dsn, db) as client:
        for _ in range(free):
            assert (await outcome(client, master, "no code"))[0] == "TWO_FACTOR_INVALID"
        code, wait = await outcome(client, master, TOTP(secret).now())
        assert (code, 0 < (wait or 0) <= 30_000) == ("THROTTLED", True)
        for _ in range(FREE + 1):
            assert (await outcome(client, master))[0] == "TWO_FACTOR_REQUIRED"
        assert (await outcome(client, master, TOTP(secret).now(), at=AWAY))[0] == ""
        await later(db, timedelta(milliseconds=wait or 0))
        assert (await outcome(client, master, "no code"))[0] == "TWO_FACTOR_INVALID"


async def test_counters_outlive_the_process(dsn: str, db: Database) -> None:
    master = with_password(await make_master(db), "wrong")
    async with callers(dsn, db) as client:
        await codes_of(client, master, FREE)
    async with callers(dsn, db) as client:
        assert (await outcome(client, master))[0] == "THROTTLED"


async def test_forgotten_tries_are_cleaned_away_and_a_held_counter_is_left(dsn: str, db: Database) -> None:
    master = with_password(await make_master(db), "wrong")
    async with callers(dsn, db) as client:
        await outcome(client, master)
    await later(db, timedelta(hours=25))
    async with db.write() as holder:
        await (await holder.connection()).exec_driver_sql("SELECT FROM throttles LIMIT 1 FOR UPDATE")
        async with db.write() as session:
            await clean(session, utc(), utc() - timedelta(days=3))
        async with db.read() as reader:
            assert len(await reader.fetch("SELECT FROM throttles")) == 1

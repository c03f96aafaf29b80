"""Remembered credentials by themselves: how old an entry gets, what it never outlives, how many there are."""

from datetime import timedelta

from auth.authority import Authority
from auth.credential_cache import LONGEST, Credential, CredentialCache
from auth.credentials import IDLE_GRACE, Lifetimes
from models.db import Database
from models.roles import RoleName
from tests.access.people import actor_of, make_account, make_api_key, make_master, make_session, utc

DAY = timedelta(days=1)


async def test_an_entry_is_a_minute_old_at_the_most_and_never_outlives_its_credential(db: Database) -> None:
    account = await make_account(db)
    now = utc()
    lifetimes = Lifetimes(DAY, DAY)
    authority = Authority(b"k" * 32, lifetimes)
    authority.cache.begin()
    brief = await make_api_key(db, account, RoleName.BILLING, expires_at=now + timedelta(seconds=20))
    lasting = await make_api_key(db, account, RoleName.BILLING)
    for token, good_for in ((brief, timedelta(seconds=20)), (lasting, LONGEST)):
        found = await authority.authenticate(db, token, now)
        assert found is not None
        last = now + good_for - timedelta(microseconds=1)
        assert [authority.cache.get(token.digest, at) for at in (now, last)] == [found, found]
        assert authority.cache.get(token.digest, now + good_for) is None
        assert authority.cache.get(token.digest, now) is None, "what has run out is gone"
    assert await authority.authenticate(db, lasting, now) is not None
    assert authority.cache.get(lasting.digest, now - timedelta(seconds=1)) is None, "the clock was set back"
    assert await authority.authenticate(db, brief, now + timedelta(seconds=20)) is None
    authority.close()


async def test_a_session_is_remembered_no_longer_than_it_may_idle(db: Database) -> None:
    token = await make_session(db, await make_master(db))
    authority = Authority(b"k" * 32, Lifetimes(DAY, idle=timedelta(seconds=5)))
    authority.cache.begin()
    now = utc()
    assert await authority.authenticate(db, token, now) is not None
    assert authority.cache.get(token.digest, now + timedelta(seconds=4)) is not None
    assert authority.cache.get(token.digest, now + timedelta(seconds=5)) is None
    authority.close()


async def test_a_session_ends_within_two_minutes_past_its_idle_limit_and_never_before(db: Database) -> None:
    """Whatever processes have noted and not written down yet: each knows the database's word alone."""
    master = await make_master(db)
    idle, now = timedelta(hours=1), utc()
    authority = Authority(b"k" * 32, Lifetimes(DAY, idle))
    second = timedelta(seconds=1)
    for seen, good in ((now - idle - IDLE_GRACE + second, True), (now - idle - IDLE_GRACE, False)):
        token = await make_session(db, master, last_seen_at=seen)
        assert (await authority.authenticate(db, token, now) is not None) is good
    authority.close()


async def test_the_cache_holds_so_many_and_lets_the_oldest_go(db: Database) -> None:
    master = await make_master(db)
    cache, now = CredentialCache(most=3), utc()
    actor = actor_of(master, master.id)
    cache.keep(b"0", Credential(actor, None), now, cache.generation)
    assert cache.get(b"0", now) is None, "nobody listens yet"
    cache.begin()
    for name in (b"1", b"2", b"3", b"4"):
        cache.keep(name, Credential(actor, None), now, cache.generation)
    assert [cache.get(name, now) is not None for name in (b"1", b"2", b"3", b"4")] == [False, True, True, True]
    before = cache.generation
    cache.stop()
    cache.begin()
    cache.keep(b"5", Credential(actor, None), now, before)
    assert cache.get(b"5", now) is None, "it was begun before we last began to listen"

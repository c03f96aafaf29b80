"""Whom reports are mailed for."""

import pytest

from models.db import Database
from models.tables import Account
from tests.access.people import Person, make_master
from tests.jobs.reports import BERLIN


@pytest.fixture
async def master(db: Database) -> Person:
    person = await make_master(db)
    async with db.write() as session:
        (await session.get_one(Account, person.account_id)).time_zone = BERLIN.key
    return person

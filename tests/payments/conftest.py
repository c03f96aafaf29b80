"""What tests of payments begin with: a relay before the provider, and an account that pays."""

from collections.abc import AsyncIterator

import pytest

from gateway.payments.standin import StandIn
from models.db import Database
from tests.payments.payers import Payer, make_payer
from tests.payments.relay import Relay, relaying


@pytest.fixture
async def relay(stand_in: StandIn) -> AsyncIterator[Relay]:
    """A relay before the provider, which fails when a test says so."""
    async with relaying(stand_in.base) as one:
        yield one


@pytest.fixture
async def payer(db: Database, stand_in: StandIn) -> Payer:
    """An account whose card is good."""
    return await make_payer(db, stand_in)

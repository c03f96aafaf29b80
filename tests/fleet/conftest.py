"""The accounts that the tests of the fleet act in."""

import pytest

from models.db import Database
from tests.fleet.tenants import Tenants, make_tenants


@pytest.fixture
async def tenants(db: Database) -> Tenants:
    """A reseller, its customer and a stranger."""
    return await make_tenants(db)

"""The builders that other tests stand on make rows the database accepts and counts."""

from models.db import Database
from models.roles import RoleName
from tests import factories


async def test_a_registration_with_everything_above_it(db: Database) -> None:
    account = await factories.account(db)
    await factories.login(db, account.id)
    await factories.login(db, account.id, RoleName.BILLING)
    key = await factories.key_of(db, account.id, seat_limit=3)
    server = await factories.server(db, account.id, await factories.group(db, account.id))
    await factories.registration(db, server, key)
    async with db.read() as reader:
        (row,) = await reader.fetch(
            "SELECT k.used, l.used AS pool, s.facets, s.group_name"
            " FROM activation_keys k JOIN licenses l ON l.id = k.license_id"
            " JOIN registrations r ON r.activation_key_id = k.id JOIN servers s ON s.id = r.server_id"
        )
    assert (row["used"], row["pool"]) == (1, 1)
    assert 1_000_000 + key.number in row["facets"]
    assert row["group_name"] == server.group_name


async def test_a_customer_belongs_to_its_reseller(db: Database) -> None:
    reseller = await factories.account(db, kind="RESELLER")
    customer = await factories.account(db, reseller_id=reseller.id)
    assert customer.kind.name == "CUSTOMER"
    assert customer.reseller_id == reseller.id

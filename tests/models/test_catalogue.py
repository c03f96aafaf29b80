"""Every installation sells the same: products with logos, license types, keys' shapes and prices in tiers."""

from xml.etree import ElementTree as ET

import pytest

from gateway.pages import STATIC
from models.db import Database
from models.statements import Row

NAMES = {
    "LIVE_PATCHING": ["KernelCare Enterprise", "LibCare", "QEMUCare", "DatabaseCare"],
    "EXTENDED_SUPPORT": [
        "CentOS 6",
        "CentOS 7",
        "CentOS 8.4/8.5",
        "CentOS Stream 8",
        "Oracle Linux 6",
        "Oracle Linux 7",
        "Ubuntu 16.04",
        "Ubuntu 18.04",
        "Ubuntu 20.04",
        "Debian 10",
        "Amazon Linux 2",
        "PHP",
        "Python",
    ],
    "SECURITY": ["ImunifyAV+", "Imunify360"],
    "OPERATING_SYSTEM": ["CloudLinux OS Shared Pro", "CloudLinux OS Solo", "CloudLinux OS Admin"],
}
PREFIXES = (
    "AL2_ELS CELS CELS_8 CENTOS7 CENTOS8STREAM CL CLADMIN CLSOLO DBCARE DELS10 ESU IM360 IMAV LIBCARE OELS OLINUX7"
    " PHP_ELS PYTHON_ELS QEMUCARE UELS16 UELS18 UELS18SLA"
)


async def fetch(db: Database, query: str) -> list[Row]:
    """The rows of a question to a database that has been migrated and nothing else."""
    async with db.read() as reader:
        return await reader.fetch(query)


async def test_products_of_all_families_are_there(db: Database) -> None:
    rows = await fetch(db, "SELECT family, name FROM products ORDER BY position")
    assert {family: [row["name"] for row in rows if row["family"] == family] for family in NAMES} == NAMES


async def test_each_product_has_a_logo_of_its_own(db: Database) -> None:
    rows = await fetch(db, "SELECT name, logo FROM products")
    drawings = {row["logo"]: (STATIC / "logos" / row["logo"]).read_text() for row in rows}
    assert len(set(drawings.values())) == len(rows)
    for row in rows:
        root = ET.fromstring(drawings[row["logo"]])  # noqa: S314 (a file of ours)
        assert root.tag == "{http://www.w3.org/2000/svg}svg"
        assert root.findtext("{http://www.w3.org/2000/svg}title") == row["name"]


async def test_extended_support_is_sold_with_and_without_a_service_level(db: Database) -> None:
    rows = await fetch(
        db,
        "SELECT p.name, array_agg(t.name ORDER BY t.position) AS types FROM license_types t"
        " JOIN products p ON p.id = t.product_id WHERE p.family = 'EXTENDED_SUPPORT' GROUP BY 1",
    )
    assert all(row["types"] == [row["name"], f"{row['name']} with SLA"] for row in rows)


async def test_license_types_limit_server_users(db: Database) -> None:
    rows = await fetch(db, "SELECT code, max_users FROM license_types WHERE code LIKE 'imunify-360%' ORDER BY position")
    assert [row["max_users"] for row in rows] == [1, 5, 30, 250, None]


async def test_key_prefixes_are_unambiguous(db: Database) -> None:
    rows = await fetch(
        db,
        "SELECT key_prefix FROM products WHERE key_prefix IS NOT NULL"
        " UNION ALL SELECT key_prefix FROM license_types WHERE key_prefix IS NOT NULL ORDER BY 1",
    )
    assert [row["key_prefix"] for row in rows] == PREFIXES.split()
    without = await fetch(db, "SELECT code, key_length FROM products WHERE key_prefix IS NULL")
    assert [(row["code"], row["key_length"]) for row in without] == [("kernelcare", 16)]


@pytest.mark.parametrize(("cycle", "months"), [("MONTHLY", 1), ("YEARLY", 10)])
async def test_kernelcare_costs_what_its_public_list_says(db: Database, cycle: str, months: int) -> None:
    rows = await fetch(
        db,
        "SELECT from_quantity, unit_price_minor FROM prices x JOIN license_types t ON t.id = x.license_type_id"
        f" WHERE t.code = 'kernelcare' AND currency = 'USD' AND cycle = '{cycle}' ORDER BY 1",
    )
    prices = [(row["from_quantity"], row["unit_price_minor"]) for row in rows]
    assert prices == [(1, 395 * months), (2, 295 * months), (50, 255 * months), (500, 225 * months)]


async def test_every_license_type_has_falling_tiers_in_each_cycle_and_currency(db: Database) -> None:
    rows = await fetch(
        db,
        "SELECT t.code, c.cycle, m.currency, array_agg(p.unit_price_minor ORDER BY p.from_quantity) AS units,"
        " min(p.from_quantity) AS first FROM license_types t"
        " CROSS JOIN (VALUES ('MONTHLY'), ('YEARLY')) AS c (cycle)"
        " CROSS JOIN (VALUES ('USD'), ('EUR')) AS m (currency)"
        " LEFT JOIN prices p ON p.license_type_id = t.id AND p.cycle = c.cycle AND p.currency = m.currency"
        " GROUP BY 1, 2, 3",
    )
    assert len(rows) == 4 * len({row["code"] for row in rows})
    for row in rows:
        assert row["first"] == 1
        assert row["units"] == sorted(set(row["units"]), reverse=True)


async def test_products_have_the_same_ids_everywhere(db: Database) -> None:
    rows = await fetch(db, "SELECT id::text FROM products WHERE code IN ('kernelcare', 'libcare') ORDER BY number")
    assert [row["id"] for row in rows] == [f"019a0000-0000-7000-8000-00010000000{number}" for number in (1, 2)]

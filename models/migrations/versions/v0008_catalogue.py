"""What is sold, in every installation: products, license types and prices.

Names are the vendor's. KernelCare's monthly dollar prices are its public list; every other price is invented. Ids
follow from numbers, so a product has one id everywhere. An installation that has changed its prices keeps them: a
later change of the catalogue is a later version.
"""

from decimal import ROUND_HALF_EVEN, Decimal

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

PATCHING, SUPPORT, SECURITY, SYSTEM = "LIVE_PATCHING", "EXTENDED_SUPPORT", "SECURITY", "OPERATING_SYSTEM"

# code, name, family, key prefix, what it does
PRODUCTS = (
    ("kernelcare", "KernelCare Enterprise", PATCHING, None, "Patches Linux kernels while they run, without a reboot."),
    ("libcare", "LibCare", PATCHING, "LIBCARE", "Patches OpenSSL and glibc in memory, without a restart."),
    ("qemucare", "QEMUCare", PATCHING, "QEMUCARE", "Patches QEMU on virtualisation hosts while guests run."),
    ("databasecare", "DatabaseCare", PATCHING, "DBCARE", "Patches database servers without downtime."),
    ("centos-6", "CentOS 6", SUPPORT, "CELS", "Security updates for CentOS 6 past its end of life."),
    ("centos-7", "CentOS 7", SUPPORT, "CENTOS7", "Security updates for CentOS 7 past its end of life."),
    (
        "centos-8",
        "CentOS 8.4/8.5",
        SUPPORT,
        "CELS_8",
        "Security updates for CentOS 8.4 and 8.5 past their end of life.",
    ),
    ("centos-8-stream", "CentOS Stream 8", SUPPORT, "CENTOS8STREAM", "Security updates for CentOS Stream 8."),
    ("oracle-linux-6", "Oracle Linux 6", SUPPORT, "OELS", "Security updates for Oracle Linux 6 past premier support."),
    (
        "oracle-linux-7",
        "Oracle Linux 7",
        SUPPORT,
        "OLINUX7",
        "Security updates for Oracle Linux 7 past premier support.",
    ),
    ("ubuntu-16.04", "Ubuntu 16.04", SUPPORT, "UELS16", "Security updates for Ubuntu 16.04 past standard support."),
    ("ubuntu-18.04", "Ubuntu 18.04", SUPPORT, "UELS18", "Security updates for Ubuntu 18.04 past standard support."),
    ("ubuntu-20.04", "Ubuntu 20.04", SUPPORT, "ESU", "Security updates for Ubuntu 20.04 past standard support."),
    ("debian-10", "Debian 10", SUPPORT, "DELS10", "Security updates for Debian 10 past its end of life."),
    ("amazon-linux-2", "Amazon Linux 2", SUPPORT, "AL2_ELS", "Security updates for Amazon Linux 2."),
    ("php", "PHP", SUPPORT, "PHP_ELS", "Security fixes for versions of PHP that upstream has left."),
    ("python", "Python", SUPPORT, "PYTHON_ELS", "Security fixes for versions of Python that upstream has left."),
    ("imunify-av", "ImunifyAV+", SECURITY, "IMAV", "Finds malware on web servers and cleans it up."),
    ("imunify-360", "Imunify360", SECURITY, "IM360", "Firewall, malware scanner and patches for web servers in one."),
    ("cloudlinux-shared-pro", "CloudLinux OS Shared Pro", SYSTEM, "CL", "A system for shared hosting with many users."),
    ("cloudlinux-solo", "CloudLinux OS Solo", SYSTEM, "CLSOLO", "A system for a server with one hosting account."),
    ("cloudlinux-admin", "CloudLinux OS Admin", SYSTEM, "CLADMIN", "A system for servers with up to five accounts."),
)

# code, name, most server users, monthly price in cents: the license types outside live patching and extended support
LICENSE_TYPES = {
    "imunify-360": (
        ("imunify-360-single", "Imunify360 single user", 1, 1200),
        ("imunify-360-5", "Imunify360 up to 5 users", 5, 1800),
        ("imunify-360-30", "Imunify360 up to 30 users", 30, 2500),
        ("imunify-360-250", "Imunify360 up to 250 users", 250, 3500),
        ("imunify-360-unlimited", "Imunify360 unlimited users", None, 4500),
    ),
    "imunify-av": (("imunify-av", "ImunifyAV+", None, 600),),
    "cloudlinux-shared-pro": (("cloudlinux-shared-pro", "CloudLinux OS Shared Pro", None, 2150),),
    "cloudlinux-solo": (("cloudlinux-solo", "CloudLinux OS Solo", 1, 500),),
    "cloudlinux-admin": (("cloudlinux-admin", "CloudLinux OS Admin", 5, 850),),
}
PATCHING_CENTS = {"libcare": 395, "qemucare": 595, "databasecare": 795}
SUPPORT_CENTS, SLA_CENTS = 450, 650
SLA_PREFIXES = {"ubuntu-18.04-sla": "UELS18SLA"}

KERNELCARE_TIERS = ((1, 395), (2, 295), (50, 255), (500, 225))
TIERS = ((1, "1"), (10, "0.9"), (100, "0.8"), (500, "0.7"))
CYCLES = (("MONTHLY", 1), ("YEARLY", 10))
CURRENCIES = ("USD", "EUR")

INSERT_PRODUCT = """
    INSERT INTO products (id, number, code, name, family, description, logo, key_prefix, key_length, position)
    VALUES (CAST(:id AS uuid), :number, :code, :name, :family, :description, :logo, :key_prefix, :key_length, :number)
"""
INSERT_LICENSE_TYPE = """
    INSERT INTO license_types (id, number, product_id, code, name, max_users, key_prefix, position)
    VALUES (CAST(:id AS uuid), :number, CAST(:product_id AS uuid), :code, :name, :max_users, :key_prefix, :position)
"""
INSERT_PRICE = """
    INSERT INTO prices (license_type_id, cycle, from_quantity, currency, unit_price_minor)
    VALUES (CAST(:license_type_id AS uuid), :cycle, :from_quantity, :currency, :unit_price_minor)
"""

Row = dict[str, str | int | None]
LicenseTypes = tuple[tuple[str, str, int | None, int], ...]


def fixed_id(kind: int, number: int) -> str:
    """Make the UUIDv7 that a numbered row of the catalogue has in every installation."""
    return f"019a0000-0000-7000-8000-{kind:04x}{number:08x}"


def license_types(code: str, name: str, family: str) -> LicenseTypes:
    """List a product's license types; extended support is sold with and without a service level."""
    if family == PATCHING:
        return ((code, name, None, PATCHING_CENTS.get(code, 0)),)
    if family == SUPPORT:
        return ((code, name, None, SUPPORT_CENTS), (f"{code}-sla", f"{name} with SLA", None, SLA_CENTS))
    return LICENSE_TYPES[code]


def tiers(code: str, cents: int) -> tuple[tuple[int, int], ...]:
    """List a license type's volume tiers with their monthly unit prices."""
    if code == "kernelcare":
        return KERNELCARE_TIERS
    whole = Decimal(1)
    return tuple((start, int((cents * Decimal(factor)).quantize(whole, ROUND_HALF_EVEN))) for start, factor in TIERS)


def upgrade() -> None:
    """Fill the catalogue."""
    products: list[Row] = []
    types: list[Row] = []
    prices: list[Row] = []
    for product in PRODUCTS:
        code, name, family, _, _ = product
        products.append(product_row(len(products) + 1, product))
        for position, license_type in enumerate(license_types(code, name, family), start=1):
            types.append(type_row(len(types) + 1, str(products[-1]["id"]), position, license_type))
            prices += price_rows(str(types[-1]["id"]), tiers(license_type[0], license_type[3]))
    connection = op.get_bind()
    connection.execute(sa.text(INSERT_PRODUCT), products)
    connection.execute(sa.text(INSERT_LICENSE_TYPE), types)
    connection.execute(sa.text(INSERT_PRICE), prices)


def product_row(number: int, product: tuple[str, str, str, str | None, str]) -> Row:
    """Make the row of a product; KernelCare's keys have 16 characters and no prefix."""
    code, name, family, prefix, description = product
    return {
        "id": fixed_id(1, number),
        "number": number,
        "code": code,
        "name": name,
        "family": family,
        "description": description,
        "logo": f"{code}.svg",
        "key_prefix": prefix,
        "key_length": 16 if prefix is None else 24,
    }


def type_row(number: int, product_id: str, position: int, license_type: tuple[str, str, int | None, int]) -> Row:
    """Make the row of a license type."""
    code, name, users, _ = license_type
    return {
        "id": fixed_id(2, number),
        "number": number,
        "product_id": product_id,
        "code": code,
        "name": name,
        "max_users": users,
        "key_prefix": SLA_PREFIXES.get(code),
        "position": position,
    }


def price_rows(type_id: str, monthly: tuple[tuple[int, int], ...]) -> list[Row]:
    """List the prices of one license type; a year costs ten months."""
    return [
        {
            "license_type_id": type_id,
            "cycle": cycle,
            "from_quantity": start,
            "currency": currency,
            "unit_price_minor": unit * months,
        }
        for cycle, months in CYCLES
        for currency in CURRENCIES
        for start, unit in monthly
    ]


def downgrade() -> None:
    """Empty the catalogue; it is refused while anything was sold."""
    for table in ("prices", "license_types", "products"):
        op.execute(f"DELETE FROM {table}")

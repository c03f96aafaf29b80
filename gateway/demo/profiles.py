"""Who is in the demo: the enterprise reseller that the demo logins belong to, its customers, accounts in every state
that money can be in, and any number of others. All names are placeholders under example domains.
"""

from dataclasses import dataclass

from gateway.demo.chance import Chance

DEMO_SERVERS = 1_060
"""The demo account's usual fleet: 50 KernelCare keys of 20 servers, and 60 servers with extended support alone."""

ONLY_SUPPORTED = 60


@dataclass(frozen=True, slots=True)
class Holding:
    """What an account holds of one license type. `spare` seats are free beyond what its servers use."""

    code: str
    cycle: str = "MONTHLY"
    keys: int = 2
    spare: int = 10
    quota: int | None = None


@dataclass(frozen=True, slots=True)
class Profile:
    """An account as it is to be invented. The first holding is on nearly every server, the others on some."""

    slug: str
    company: str
    domain: str
    holdings: tuple[Holding, ...] = ()
    servers: int = 0
    kind: str = "DIRECT"
    state: str = "ACTIVE"
    country: str = "US"
    currency: str = "USD"
    time_zone: str = "UTC"
    autopayment: str = "OFF"
    groups: tuple[str, ...] = ()
    only_others: int = 0
    """So many servers hold none of the first holding."""
    age_days: int = 390
    ends_minor: int | None = None
    """The balance that a last refund leaves, because its repayment was declined."""

    @property
    def with_first(self) -> int:
        """So many servers hold the first holding."""
        return self.servers - self.only_others


def demo_account(servers: int) -> Profile:
    """The demo logins' own account: a reseller with an enterprise's fleet."""
    return Profile(
        slug="demo",
        company="Demo Enterprise",
        domain="demo.example.com",
        kind="RESELLER",
        country="NL",
        time_zone="Europe/Amsterdam",
        autopayment="AUTO_ADD_FUNDS",
        servers=servers,
        only_others=ONLY_SUPPORTED,
        groups=("Production", "QA", "Staging", "Edge", "Databases", "Build farm"),
        holdings=(
            Holding("kernelcare", spare=250, quota=500_000),
            Holding("centos-7", keys=4, spare=25, quota=100_000),
            Holding("oracle-linux-7", keys=3, spare=5),
            Holding("ubuntu-18.04", "YEARLY", keys=4, spare=15, quota=100_000),
            Holding("ubuntu-18.04-sla", "YEARLY", keys=2, spare=8, quota=100_000),
            Holding("php", keys=3, spare=12),
        ),
    )


CUSTOMERS = (
    Profile(
        slug="hosting",
        company="Example Hosting",
        domain="hosting.example.com",
        kind="CUSTOMER",
        country="DE",
        currency="EUR",
        time_zone="Europe/Berlin",
        autopayment="AUTO_REPAY",
        servers=60,
        only_others=10,
        groups=("Shared hosting", "Virtual machines"),
        holdings=(
            Holding("cloudlinux-shared-pro", keys=3),
            Holding("imunify-360-30", keys=2, quota=200),
            Holding("imunify-360-single", keys=1),
            Holding("imunify-av", keys=1),
            Holding("cloudlinux-solo", "YEARLY", keys=1),
        ),
    ),
    Profile(
        slug="overdue",
        company="Example Overdue",
        domain="overdue.example.com",
        kind="CUSTOMER",
        state="LOCKED",
        servers=12,
        holdings=(Holding("debian-10", keys=1, spare=3),),
    ),
    Profile(
        slug="workshop",
        company="Example Workshop",
        domain="workshop.example.com",
        kind="CUSTOMER",
        servers=8,
        groups=("Office",),
        holdings=(Holding("kernelcare", "YEARLY", spare=2), Holding("python-sla", keys=1, spare=4)),
    ),
)

TINY = Profile(
    slug="tiny",
    company="Example Tiny",
    domain="tiny.example.net",
    autopayment="AUTO_REPAY",
    ends_minor=-1500,
    servers=7,
    holdings=(Holding("kernelcare", keys=1, spare=3),),
)

OTHERS = (
    TINY,
    Profile(
        slug="locked",
        company="Example Locked",
        domain="locked.example.net",
        state="LOCKED",
        country="GB",
        time_zone="Europe/London",
        servers=25,
        groups=("Everything",),
        holdings=(Holding("kernelcare", spare=5), Holding("centos-8", keys=2), Holding("libcare", keys=1)),
    ),
    Profile(
        slug="fresh",
        company="Example Fresh",
        domain="fresh.example.net",
        age_days=3,
        holdings=(Holding("amazon-linux-2", keys=0),),
    ),
)

NAMED = 1 + len(CUSTOMERS) + len(OTHERS)
"""So many accounts a demo has at least."""

CROWD_HOLDINGS = (
    "centos-6",
    "centos-8-stream",
    "oracle-linux-6",
    "ubuntu-16.04",
    "ubuntu-20.04",
    "debian-10",
    "python",
    "qemucare",
    "databasecare",
    "cloudlinux-admin",
)
CROWD_ZONES = ("UTC", "America/New_York", "Asia/Tokyo", "Europe/Paris", "Australia/Sydney")


def crowd(how_many: int, servers: int, chance: Chance) -> list[Profile]:
    """Invent further accounts that share so many servers, a few of them large and most small."""
    weights = [1 / (place + 8) for place in range(how_many)]
    shares = [int(servers * weight / sum(weights)) for weight in weights]
    if shares:
        shares[0] += servers - sum(shares)
    return [_one_of_many(number, share, chance) for number, share in enumerate(shares, start=1)]


def _one_of_many(number: int, servers: int, chance: Chance) -> Profile:
    others = {chance.one_of(CROWD_HOLDINGS) for _ in range(chance.between(0, 2))}
    return Profile(
        slug=f"company-{number:04}",
        company=f"Example Company {number}",
        domain=f"company-{number:04}.example.org",
        time_zone=chance.one_of(CROWD_ZONES),
        autopayment=chance.one_of(("OFF", "AUTO_REPAY", "AUTO_ADD_FUNDS")),
        age_days=chance.between(372, 420),
        servers=servers,
        groups=("Production", "QA") if servers > 10 else (),
        holdings=(Holding("kernelcare"), *(Holding(code) for code in sorted(others))),
    )

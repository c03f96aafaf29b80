"""The accounts that the benchmark asks: a dashboard of 1,000 servers, and one four times as large in every part.

Both are invented by the demo's own scenes; what differs is the seating, which is exact: each of a main product's 50
keys has 20 servers, and a server has one to three products. Neither account shares a main product's keys with anything
else, so the dashboard of the main products shows each server once.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from gateway.demo.access import add_access
from gateway.demo.accounts import add_account
from gateway.demo.billing import bill
from gateway.demo.fleet import _add_group, _add_server, _host
from gateway.demo.keys import FIRST_KEYS, FIRST_SEATS, Key, Pool, _fits, add_keys, pools_of
from gateway.demo.profiles import Holding, Profile
from gateway.demo.stage import Stage, Tenant, enter

SERVERS_OF_A_PRODUCT = FIRST_KEYS * FIRST_SEATS
BESIDES = (
    "centos-7",
    "oracle-linux-7",
    "ubuntu-18.04",
    "debian-10",
    "amazon-linux-2",
    "php",
    "python",
    "imunify-av",
    "imunify-360-30",
)


@dataclass(frozen=True)
class Asked:
    """An account by its name, with the products whose servers its dashboard shows."""

    name: str
    codes: tuple[str, ...]

    @property
    def master(self) -> str:
        """The address that its master signs in with."""
        return f"master@{self.name}.example.com"

    @property
    def profile(self) -> Profile:
        """The account as the demo's scenes take it."""
        first, *further = self.codes
        return Profile(
            slug=self.name,
            company=f"Example {self.name}",
            domain=f"{self.name}.example.com",
            servers=SERVERS_OF_A_PRODUCT * len(self.codes),
            only_others=SERVERS_OF_A_PRODUCT * len(further),
            groups=("Production", "QA", "Staging", "Edge", "Databases", "Build farm"),
            holdings=(
                Holding(first),
                *(Holding(code, keys=FIRST_KEYS) for code in further),
                *(Holding(code, keys=4) for code in BESIDES),
            ),
        )


DASHBOARD = Asked("dashboard", ("kernelcare",))
FOURFOLD = Asked("fourfold", ("kernelcare", "libcare", "qemucare", "databasecare"))
ACCOUNTS = (DASHBOARD, FOURFOLD)


def invent(stage: Stage, asked: Asked, number: str) -> None:
    """Invent one of the accounts with everything that it has."""
    tenant = enter(stage, asked.profile, number)
    add_access(tenant)
    pools = pools_of(tenant)
    seats = list(_seated(tenant, pools[: len(asked.codes)], pools[len(asked.codes) :]))
    add_keys(tenant, pools)
    groups = [_add_group(tenant, name) for name in tenant.profile.groups]
    for place, keys in enumerate(seats):
        _add_server(tenant, _host(tenant, place), keys, groups)
    add_account(tenant, bill(tenant, pools))


def _seated(tenant: Tenant, main: list[Pool], besides: list[Pool]) -> Iterator[list[Key]]:
    """Each server's keys: one of a main product, 20 servers to a key, and none, one or two of others."""
    for server in range(tenant.profile.servers):
        product, place = divmod(server, SERVERS_OF_A_PRODUCT)
        chosen = [main[product].keys[place // FIRST_SEATS]]
        draw = tenant.chance.share()
        for _ in range((draw > 0.4) + (draw > 0.8)):
            fitting = [pool for pool in besides if _fits(pool, chosen)]
            chosen.append(tenant.chance.one_of(tenant.chance.one_of(fitting).keys))
        for key in chosen:
            key.used += 1
        yield chosen

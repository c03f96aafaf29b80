"""Orders, deletions and registrations by chance, each sent until it is answered, and what must be true afterwards."""

import asyncio
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any

import httpx

from models.db import Database
from models.tables import ActivationKey
from schema.ids import encode
from tests import factories
from tests.agents.calls import REGISTER
from tests.fleet.tenants import Tenants, rows
from tests.ledger.histories import killing_until_done
from tests.money.orders import DELETE, KERNELCARE, ORDER, hold_true, ordered, pools, sent

BEGUN, MOST_TRIES = 6, 500
REFUSED = {"QUOTA_REACHED", "LICENSES_IN_USE", "INVALID", "NOT_FOUND", "LICENSE_POOL_EXHAUSTED", "NOT_SUBSCRIBED"}


@dataclass
class Storm:
    """One customer's licenses, and what was answered about them.

    `db` is used between rounds alone, so that none of its connections is killed.
    """

    clients: Sequence[httpx.AsyncClient]
    db: Database
    dsn: str
    tenants: Tenants
    seed: int
    chance: Random = field(init=False)
    wanted: dict[str, Any] = field(default_factory=dict)
    ordered: Counter[int] = field(default_factory=Counter)
    deleted: int = 0
    registered: int = 0
    seen: Counter[str] = field(default_factory=Counter)
    serial: int = 0

    def __post_init__(self) -> None:
        self.chance = Random(self.seed)  # noqa: S311 (a storm is to be repeated)

    async def blow(self, rounds: int, calls: int, *, killing: bool) -> None:
        """Make so many calls at once, so many times, while connections are killed or not."""
        key = await factories.key_of(self.db, self.tenants.customer.id, KERNELCARE)
        self.wanted = await ordered(self.db, KERNELCARE, 1)
        change = "UPDATE licenses SET quantity = $2 WHERE id = $1"
        await rows(self.db, change, key.license_id, BEGUN)
        quota = "UPDATE product_subscriptions SET product_quota = $2 WHERE account_id = $1"
        await rows(self.db, quota, key.account_id, 200 if self.seed % 2 else None)
        for _ in range(rounds):
            found = await rows(self.db, "SELECT id FROM licenses WHERE account_id = $1", key.account_id)
            pool = encode("License", found[0]["id"]) if found else "none"
            at_once = asyncio.gather(*(self._call(key, pool) for _ in range(calls)))
            if killing:
                await killing_until_done(at_once, self.dsn)
            await at_once

    async def _call(self, key: ActivationKey, pool: str) -> None:
        self.serial += 1
        kind = self.chance.choice(("order", "order", "delete", "delete", "register", "register", "register"))
        done = await getattr(self, f"_{kind}")(self.serial, key, pool)
        self.seen[f"{kind} {'done' if done else 'refused'}"] += 1

    async def _order(self, serial: int, _key: ActivationKey, _pool: str) -> bool:
        """Order a number of licenses that nobody else orders."""
        given = self.wanted | {"quantity": serial, "customerId": self.tenants.customer_id}
        done = await self._answered("orderLicenses", ORDER, given, serial)
        self.ordered[serial] += done
        return done

    async def _delete(self, serial: int, _key: ActivationKey, pool: str) -> bool:
        """Delete a few licenses, or all that there were at the beginning."""
        quantity = BEGUN if serial % 4 == 0 else serial % 4
        done = await self._answered("deleteLicenses", DELETE, {"licenseId": pool, "quantity": quantity}, serial)
        self.deleted += quantity * done
        return done

    async def _register(self, serial: int, key: ActivationKey, _pool: str) -> bool:
        """Register a new machine."""
        name = f"storm-{self.seed}-{serial}"
        given = {"activationKey": key.key, "machineId": name, "hostname": f"{name}.example.com"}
        done = await self._answered("registerServer", REGISTER, given, None)
        self.registered += done
        return done

    async def _answered(self, name: str, document: str, given: dict[str, Any], serial: int | None) -> bool:
        """Send a mutation again and again, until it is done or refused; whether it is done."""
        for _ in range(MOST_TRIES):
            client = self.chance.choice(self.clients)
            if serial is None:
                body = {"query": document, "variables": {"input": given}}
                answer = (await client.post("/graphql", json=body)).json()
            else:
                answer = (await sent(client, self.tenants.token, document, given, f"{self.seed} {serial}")).json()
            codes = {error["extensions"]["code"] for error in answer.get("errors", ())}
            payload = (answer.get("data") or {}).get(name) or {"userErrors": []}
            faults = {error["code"] for error in payload["userErrors"]}
            assert codes <= {"INTERNAL"}, answer
            if not codes and "CONFLICT" not in faults:
                assert faults <= REFUSED, answer
                return not faults
            self.seen["sent again"] += 1
            await asyncio.sleep(0.01)
        raise AssertionError(f"{name} was never answered: {answer}")

    async def assert_right(self) -> None:
        """What was answered was done once, nothing else was, and each change began where the one before had ended."""
        account = self.tenants.customer.id
        await hold_true(self.db)
        held = BEGUN + sum(size * times for size, times in self.ordered.items()) - self.deleted
        found = (await pools(self.db, account)).get(KERNELCARE, (0, 0))
        assert found == (held, self.registered)
        lines = await rows(self.db, "SELECT quantity FROM invoice_lines WHERE account_id = $1", account)
        assert Counter(row["quantity"] for row in lines) == +self.ordered
        told = "SELECT payload FROM events WHERE account_id = $1 AND kind = 'LICENSES_CHANGED' ORDER BY position"
        now = BEGUN
        for row in await rows(self.db, told, account):
            change = json.loads(row["payload"])
            assert change["before"] == now
            now = change["after"]
        assert now == held

"""Play a fleet of servers whose agents register, retry, check in and disappear, then print what the portal shows of it.

    python examples/fleet.py                  # a thousand agents against `make run`
    python examples/fleet.py --agents 100 --url https://portal.example.com/graphql --email you@example.com

It signs in to create an activation key for the license type with the most free licenses; the agents know nothing but
that key. Some lose an answer and ask again, some ask twice at once, and those that find no seat try again until one is
free. Some stay, some leave, and some vanish without a word, which the portal tells as SERVER_SILENT half a day later.
The exit status is 1 where the portal shows anything else than what the agents were told.
"""

import argparse
import asyncio
import os
import random
import sys
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import httpx
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

AT_ONCE = 40
TRIES = 60
CHECK_INS = 3
WAITED_FOR = {"THROTTLED", "KEY_LIMIT_REACHED", "LICENSE_POOL_EXHAUSTED", "CONFLICT"}
FATES = {"leaves": 85, "stays": 10, "vanishes": 5}

SIGN_IN = "mutation ($input: SignInInput!) { signIn(input: $input) { token userErrors { code message } } }"
POOLS = """{ viewer { account { subscriptions {
  product { id name } licenses { id available used type { id name } } } } } }"""
CREATE_KEY = """mutation ($input: CreateActivationKeyInput!) { createActivationKey(input: $input) {
  activationKey { id key } userErrors { code message } } }"""
REGISTER = """mutation ($input: RegisterServerInput!) { registerServer(input: $input) {
  serverToken userErrors { code message retryAfterMs } } }"""
CHECK_IN = """mutation ($input: CheckInInput!) { checkIn(input: $input) {
  licensed userErrors { code message retryAfterMs } } }"""
UNREGISTER = """mutation ($input: UnregisterServerInput!) { unregisterServer(input: $input) {
  unregistered userErrors { code message retryAfterMs } } }"""
SHOWN = """query ($key: ID!, $pool: ID!, $search: String!) {
  key: node(id: $key) { ... on ActivationKey { used limit servers { totalCount } } }
  pool: node(id: $pool) { ... on License { used available } }
  viewer { account {
    active: servers(filter: { search: $search, states: [ACTIVE] }) { totalCount }
    all: servers(filter: { search: $search }) { totalCount } } } }"""


class Refused(Exception):
    """A payload with userErrors: the code of the first of them, and how long to wait."""

    def __init__(self, error: Mapping[str, Any]) -> None:
        super().__init__(f"{error['code']}: {error['message']}")
        self.code = str(error["code"])
        self.seconds = (error.get("retryAfterMs") or 0) / 1000


@dataclass
class Api:
    """The endpoint; a token, where one is set, speaks for a login."""

    client: httpx.AsyncClient
    url: str
    token: str | None = None
    gate: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(AT_ONCE))

    async def ask(self, document: str, **variables: Any) -> dict[str, Any]:
        """The data of one operation."""
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        async with self.gate:
            body = {"query": document, "variables": variables}
            answer = (await self.client.post(self.url, json=body, headers=headers, timeout=60)).json()
        if "errors" in answer:
            raise SystemExit(answer["errors"][0]["message"])
        data: dict[str, Any] = answer["data"]
        return data

    async def tell(self, document: str, **given: Any) -> dict[str, Any]:
        """The payload of one mutation, which must not be refused."""
        (payload,) = (await self.ask(document, input=given)).values()
        if payload["userErrors"]:
            raise Refused(payload["userErrors"][0])
        return dict(payload)


@dataclass
class Fleet:
    """A key that agents register with, and what they were told."""

    api: Api
    key: str
    name: str
    chance: random.Random
    progress: Progress
    told: Counter[str] = field(default_factory=Counter)

    async def play(self, agents: int) -> None:
        """Let all agents live their lives, some at a time."""
        bars = {what: self.progress.add_task(what, total=agents) for what in ("registered", "checked in", "done")}
        lives = asyncio.Semaphore(4 * AT_ONCE)

        async def live(number: int) -> None:
            async with lives:
                await self.live(f"{self.name}-{number:04d}.example.com", bars)

        await asyncio.gather(*(live(number) for number in range(agents)))

    async def live(self, hostname: str, bars: Mapping[str, Any]) -> None:
        """One agent's life: it registers, checks in, and stays, leaves or vanishes."""
        machine, (fate,) = uuid4().hex, self.chance.choices(list(FATES), list(FATES.values()))
        token = await self.register(machine, hostname)
        if token is None:
            self.told["found no seat"] += 1
        else:
            self.progress.advance(bars["registered"])
            for _ in range(CHECK_INS):
                await self.patiently(CHECK_IN, serverToken=token, version="1.0")
            self.progress.advance(bars["checked in"])
            if fate == "leaves":
                await self.patiently(UNREGISTER, serverToken=token)
            self.told[fate] += 1
        self.progress.advance(bars["done"])

    async def register(self, machine: str, hostname: str) -> str | None:
        """Register, now and then twice at once or again as if the answer was lost: the token is the same each time."""
        given = {"activationKey": self.key, "machineId": machine, "hostname": hostname}
        twice = 1 + (self.chance.random() < 0.1)
        answers = await asyncio.gather(*(self.patiently(REGISTER, **given) for _ in range(twice)))
        if self.chance.random() < 0.2:
            answers.append(await self.patiently(REGISTER, **given))
        tokens = {answer["serverToken"] for answer in answers if answer is not None}
        self.told["repeated registrations"] += len(answers) - 1
        self.told["wrong tokens"] += len(tokens) > 1
        return next(iter(tokens), None)

    async def patiently(self, document: str, **given: Any) -> dict[str, Any] | None:
        """Tell something, and again after a while where time helps or no answer came; None where it did not."""
        for _ in range(TRIES):
            try:
                return await self.api.tell(document, **given)
            except httpx.TransportError:
                self.told["answers lost on the way"] += 1
            except Refused as refused:
                self.told[f"refused: {refused.code}"] += 1
                if document == UNREGISTER and refused.code == "TOKEN_EXPIRED":
                    return None  # an earlier call has done it, and its answer was lost
                if refused.code not in WAITED_FOR:
                    raise
                await asyncio.sleep(refused.seconds or self.chance.uniform(0.5, 1.5))
        return None


async def most_free(api: Api) -> tuple[dict[str, Any], dict[str, Any]]:
    """The product and the pool with the most free licenses."""
    held = (await api.ask(POOLS))["viewer"]["account"]["subscriptions"]
    pools = [(one["product"], pool) for one in held for pool in one["licenses"]]
    return max(pools, key=lambda found: found[1]["available"])


async def run(client: httpx.AsyncClient, options: argparse.Namespace, console: Console) -> bool:
    """Play, and print; whether the portal shows what the agents were told."""
    login, agents = Api(client, options.url), Api(client, options.url)
    signed_in = await login.tell(SIGN_IN, email=options.email, password=options.password)
    login.token = signed_in["token"]
    product, pool = await most_free(login)
    console.print(f"{product['name']}, {pool['type']['name']}: {pool['available']} licenses are free.")
    wanted = {"productId": product["id"], "licenseTypeId": pool["type"]["id"], "note": "A fleet that is played"}
    key = (await login.tell(CREATE_KEY, limit=options.agents, **wanted))["activationKey"]
    name = f"fleet-{uuid4().hex[:6]}"
    with Progress(console=console) as progress:
        fleet = Fleet(agents, key["key"], name, random.Random(options.seed), progress)
        await fleet.play(options.agents)
    shown = await login.ask(SHOWN, key=key["id"], pool=pool["id"], search=name)
    console.print(tallied(fleet.told))
    return compared(console, fleet.told, pool, shown)


def tallied(told: Counter[str]) -> Table:
    """What the agents were told."""
    table = Table("What agents were told", "How often")
    for name, count in sorted(told.items()):
        table.add_row(name, str(count))
    return table


def compared(console: Console, told: Counter[str], before: Mapping[str, Any], shown: Mapping[str, Any]) -> bool:
    """Print what the portal shows beside what it should show; whether that is the same."""
    left = told["stays"] + told["vanishes"]
    account = shown["viewer"]["account"]
    rows = [
        ("Servers under the key", shown["key"]["servers"]["totalCount"], left),
        ("Used of the key's limit", shown["key"]["used"], left),
        ("Used of the licenses", shown["pool"]["used"], before["used"] + left),
        ("Servers by these names", account["all"]["totalCount"], left),
        ("Of them active", account["active"]["totalCount"], left),
        ("Registrations told two tokens", told["wrong tokens"], 0),
    ]
    table = Table("What the portal shows", "Shown", "Expected")
    for name, found, expected in rows:
        table.add_row(name, str(found), str(expected), style=None if found == expected else "bold red")
    console.print(table)
    return all(found == expected for _, found, expected in rows)


def arguments() -> argparse.Namespace:
    """What was asked for on the command line."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--url", default="http://127.0.0.1:8000/graphql", help="the gateway's endpoint")
    parser.add_argument("--agents", type=int, default=1_000, help="how many servers the fleet has")
    parser.add_argument("--email", default="master@demo.example.com", help="a login that may create activation keys")
    parser.add_argument("--seed", type=int, default=1, help="what decides the agents' fates")
    options = parser.parse_args()
    options.password = os.environ.get("PORTAL_PASSWORD", "demo-portal-2026")
    return options


async def main() -> int:
    """Run it from the command line."""
    async with httpx.AsyncClient(limits=httpx.Limits(max_connections=AT_ONCE)) as client:
        return 0 if await run(client, arguments(), Console()) else 1


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))

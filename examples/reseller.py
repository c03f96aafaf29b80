"""Play a reseller's integration that is killed again and again, and see that it never pays or orders twice.

    python examples/reseller.py                        # against `make run`
    python examples/reseller.py --kills 20 --url https://portal.example.com/graphql --email you@example.com

The integration tops the reseller's balance up, gives a customer the price of some licenses, orders them for it, and
downloads the invoice. Before each step it writes down the key that it will send it with, so that whoever starts it anew
sends the same. It runs as a process of its own, which is killed with SIGKILL a moment after it has sent something, as
chance decides, and started anew until it has done everything. Then the portal is asked: one payment, one transfer, one
order, and every cent where it should be. The exit status is 1 where anything is there twice, or missing.
"""

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
from rich.console import Console
from rich.table import Table

QUANTITY = 3
EXTRA = Decimal("25.00")
TRIES = 60
ALWAYS_SENT = 3
"""So much the integration sends each time it is started, however far it was before."""

WAITED_FOR = {"CONFLICT", "PAYMENT_PENDING", "PAYMENT_PROVIDER_UNAVAILABLE", "THROTTLED"}

SIGN_IN = "mutation ($input: SignInInput!) { signIn(input: $input) { token userErrors { code message } } }"
CREATE_KEY = """mutation ($input: CreateApiKeyInput!) { createApiKey(input: $input) {
  secret apiKey { id } userErrors { code message } } }"""
REVOKE_KEY = "mutation ($input: RevokeApiKeyInput!) { revokeApiKey(input: $input) { userErrors { code message } } }"
CATALOGUE = "{ products(families: [LIVE_PATCHING]) { id code licenseTypes { id } } }"
BOOKS = """{ viewer { account { number
  billing { balance { amount currency } payments(first: 50) { nodes { id status amount { amount } } } }
  customers(first: 100) { nodes { id number state balance { amount currency }
    subscriptions { product { id } licenses { id type { id } quantity } }
    invoices(first: 50) { nodes { id number type total { amount } } } } } } } }"""
CREATE_CUSTOMER = """mutation ($input: CreateCustomerInput!, $key: String!) {
  createCustomer(input: $input) @idempotent(key: $key) { customer { id } userErrors { code message retryAfterMs } } }"""
QUOTE = """mutation ($input: OrderLicensesInput!) { orderLicenses(input: $input) {
  quote { total { amount currency } } userErrors { code message } } }"""
TOP_UP = """mutation ($input: TopUpInput!, $key: String!) { topUp(input: $input) @idempotent(key: $key) {
  payment { id status } invoice { number } userErrors { code message retryAfterMs } } }"""
TRANSFER = """mutation ($input: TransferFundsInput!, $key: String!) {
  transferFunds(input: $input) @idempotent(key: $key) {
    customer { number } userErrors { code message retryAfterMs } } }"""
ORDER = """mutation ($input: OrderLicensesInput!, $key: String!) {
  orderLicenses(input: $input) @idempotent(key: $key) {
    invoice { id number total { amount } } userErrors { code message retryAfterMs } } }"""
DOCUMENT = "query ($id: ID!) { node(id: $id) { ... on Invoice { number pdfUrl } } }"


@dataclass
class Api:
    """The endpoint, and whose credential speaks."""

    url: str
    token: str | None = None
    client: httpx.Client = field(default_factory=lambda: httpx.Client(timeout=60))

    def ask(self, document: str, **variables: Any) -> dict[str, Any]:
        """The data of one operation."""
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        answer = self.client.post(self.url, json={"query": document, "variables": variables}, headers=headers).json()
        if "errors" in answer:
            raise SystemExit(answer["errors"][0]["message"])
        data: dict[str, Any] = answer["data"]
        return data

    def tell(self, document: str, key: str | None = None, **given: Any) -> dict[str, Any]:
        """The payload of one mutation; asked again with the same key for as long as time helps."""
        for _ in range(TRIES):
            sys.stdout.write("sending\n")
            sys.stdout.flush()
            try:
                (payload,) = self.ask(document, input=given, key=key).values()
            except httpx.TransportError:
                time.sleep(0.5)
                continue
            errors = payload["userErrors"]
            if not errors:
                return dict(payload)
            if key is None or errors[0]["code"] not in WAITED_FOR:
                raise SystemExit(f"{errors[0]['code']}: {errors[0]['message']}")
            time.sleep(min((errors[0].get("retryAfterMs") or 500) / 1000, 2))
        raise SystemExit("The gateway did not come to an end with it.")


@dataclass
class Journal:
    """What the integration remembers over its own death: written before it is used, and never half."""

    path: Path
    kept: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Read what an earlier process has left."""
        if self.path.exists():
            self.kept = json.loads(self.path.read_text())

    def keep(self, **facts: Any) -> None:
        """Write something down, on the disk."""
        self.kept |= facts
        draft = self.path.with_suffix(".new")
        with draft.open("w") as file:
            file.write(json.dumps(self.kept))
            file.flush()
            os.fsync(file.fileno())
        draft.replace(self.path)

    def key(self, step: str) -> str:
        """The key of a step: a new one the first time, the same for ever after."""
        if f"{step} key" not in self.kept:
            self.keep(**{f"{step} key": str(uuid4())})
        return str(self.kept[f"{step} key"])


def work(api: Api, journal: Journal) -> None:
    """Everything there is to do, from wherever an earlier process was cut off."""
    if "customer" not in journal.kept:
        customer = {"email": f"customer-{journal.key('customer')}@example.com", "companyName": "Example Customer"}
        made = api.tell(CREATE_CUSTOMER, journal.key("customer"), **customer, country="US")
        journal.keep(customer=made["customer"]["id"])
    if "price" not in journal.kept:
        quoted = api.tell(QUOTE, **_order(journal), dryRun=True)["quote"]
        journal.keep(price=quoted["total"])
    price = journal.kept["price"]
    paid = {"amount": str(Decimal(price["amount"]) + EXTRA), "currency": price["currency"]}
    api.tell(TOP_UP, journal.key("top-up"), amount=paid)
    api.tell(TRANSFER, journal.key("transfer"), customerId=journal.kept["customer"], amount=price)
    invoice = api.tell(ORDER, journal.key("order"), **_order(journal))["invoice"]
    document = api.ask(DOCUMENT, id=invoice["id"])["node"]
    pdf = api.client.get(document["pdfUrl"]).raise_for_status().content
    journal.path.with_name(f"{document['number']}.pdf").write_bytes(pdf)
    journal.keep(invoice=invoice, topped_up=paid, done=True)


def _order(journal: Journal) -> dict[str, Any]:
    return {**journal.kept["product"], "customerId": journal.kept["customer"], "quantity": QUANTITY}


def killed_until_done(options: argparse.Namespace, journal: Path, token: str) -> int:
    """Run the integration as a process, kill it while it works, and start it anew; how often it was killed."""
    chance = random.Random(options.seed)
    command = [sys.executable, __file__, "--work", str(journal), "--url", options.url]
    environment = {**os.environ, "PORTAL_TOKEN": token}
    killed = 0
    for _ in range(options.kills):
        with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE) as process:
            for _ in range(chance.randint(1, ALWAYS_SENT)):
                process.stdout and process.stdout.readline()
            time.sleep(chance.uniform(0, 0.03))
            process.send_signal(signal.SIGKILL)
            killed += process.wait() == -signal.SIGKILL
    if subprocess.run(command, env=environment, stdout=subprocess.DEVNULL, check=False).returncode != 0:
        raise SystemExit("The integration gave up.")
    return killed


def product_of(api: Api) -> dict[str, str]:
    """What will be ordered: KernelCare."""
    found = next(one for one in api.ask(CATALOGUE)["products"] if one["code"] == "kernelcare")
    return {"productId": found["id"], "licenseTypeId": found["licenseTypes"][0]["id"]}


def compared(console: Console, kept: Mapping[str, Any], before: Mapping[str, Any], after: Mapping[str, Any]) -> bool:
    """Print what the portal shows beside what it should show; whether that is the same."""
    known = {payment["id"] for payment in before["billing"]["payments"]["nodes"]}
    payments = [one for one in after["billing"]["payments"]["nodes"] if one["id"] not in known]
    customer = next(one for one in after["customers"]["nodes"] if one["id"] == kept["customer"])
    held = sum(pool["quantity"] for one in customer["subscriptions"] for pool in one["licenses"])
    documents = sorted((one["type"], one["total"]["amount"]) for one in customer["invoices"]["nodes"])
    price, paid = kept["price"]["amount"], kept["topped_up"]["amount"]
    balance = [Decimal(one["billing"]["balance"]["amount"]) for one in (before, after)]
    rows = [
        ("Payments of this run", [(one["status"], one["amount"]["amount"]) for one in payments], [("SUCCEEDED", paid)]),
        ("The reseller's balance has grown by", balance[1] - balance[0], EXTRA),
        ("The customer's documents", documents, [("INVOICE", price), ("PAYMENT_RECEIVED", price)]),
        ("The customer's balance", Decimal(customer["balance"]["amount"]), Decimal(0)),
        ("Licenses that the customer holds", held, QUANTITY),
    ]
    table = Table("What the portal shows", "Shown", "Expected")
    for name, found, expected in rows:
        table.add_row(name, str(found), str(expected), style=None if found == expected else "bold red")
    console.print(table)
    return all(found == expected for _, found, expected in rows)


def play(options: argparse.Namespace, console: Console) -> bool:
    """Play, and print; whether everything is there once."""
    api = Api(options.url)
    api.token = api.tell(SIGN_IN, email=options.email, password=options.password)["token"]
    made = api.tell(CREATE_KEY, name="Reseller integration", role="FULL_ACCESS")
    before = api.ask(BOOKS)["viewer"]["account"]
    with tempfile.TemporaryDirectory(prefix="reseller-") as scratch:
        folder = Path(options.folder or scratch)
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / "journal.json"
        Journal(path).keep(product=product_of(api))
        killed = killed_until_done(options, path, made["secret"])
        kept = Journal(path).kept
        documents = [f"{one.name}, {one.stat().st_size:,} bytes" for one in sorted(folder.glob("*.pdf"))]
    after = api.ask(BOOKS)["viewer"]["account"]
    api.tell(REVOKE_KEY, id=made["apiKey"]["id"])
    console.print(f"The integration was killed {killed} times. Downloaded: {', '.join(documents)}.")
    return compared(console, kept, before, after) and len(documents) == 1


def arguments() -> argparse.Namespace:
    """What was asked for on the command line."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--url", default="http://127.0.0.1:8000/graphql", help="the gateway's endpoint")
    parser.add_argument("--email", default="master@demo.example.com", help="the master of a reseller's account")
    parser.add_argument("--kills", type=int, default=8, help="how often the integration is killed")
    parser.add_argument("--seed", type=int, default=1, help="what decides when")
    parser.add_argument("--folder", help="where its journal and the invoice stay; without, they are removed")
    parser.add_argument("--work", help=argparse.SUPPRESS)
    options = parser.parse_args()
    options.password = os.environ.get("PORTAL_PASSWORD", "demo-portal-2026")
    return options


def main() -> int:
    """Run it from the command line: the play, or the integration that it starts and kills."""
    options = arguments()
    if options.work:
        work(Api(options.url, os.environ["PORTAL_TOKEN"]), Journal(Path(options.work)))
        return 0
    return 0 if play(options, Console()) else 1


if __name__ == "__main__":
    sys.exit(main())

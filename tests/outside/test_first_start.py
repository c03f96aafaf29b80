"""What the README promises of a first start: the table, the demo's logins, and a line that works as pasted."""

import json
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest

from gateway.welcome import DEMO_LOGINS, MASTER
from tests.client import DEMO_PASSWORD
from tests.databases import run
from tests.outside.processes import GatewayProcess, run_gateway, wait_until
from tests.payments.cards import give_card, token_of


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GatewayProcess]:
    """A gateway on its first start, with the demo that fills an empty database."""
    process = GatewayProcess(tmp_path_factory.mktemp("first"), DEMO="small")
    try:
        process.start()
        yield process
        process.end(process.process.pid, number=signal.SIGTERM)
    finally:
        process.clear()


def test_the_start_prints_addresses_logins_and_password(gateway: GatewayProcess) -> None:
    url = f"http://127.0.0.1:{gateway.port}"
    said = gateway.output
    assert [place for place in (f"{url}/graphql", f"{url}/healthz", f"{url}/readyz") if place not in said] == []
    assert [email for email in DEMO_LOGINS if email not in said] == []
    assert f"Password of each: {DEMO_PASSWORD}" in said


def test_the_printed_line_runs_the_nested_dashboard(gateway: GatewayProcess) -> None:
    (line,) = [line for line in gateway.output.splitlines() if line.startswith("curl ")]
    pasted = subprocess.run(["/bin/sh", "-c", line], capture_output=True, text=True, check=True)
    answer = json.loads(pasted.stdout)
    assert "errors" not in answer
    subscriptions = answer["data"]["viewer"]["account"]["subscriptions"]
    servers = [
        server
        for subscription in subscriptions
        for key in subscription["activationKeys"]["nodes"]
        for server in key["servers"]["nodes"]
    ]
    assert servers
    assert all(server["installedProducts"][0]["product"]["name"] for server in servers)


def test_the_demo_pays_through_a_stand_in_whose_messages_arrive(gateway: GatewayProcess) -> None:
    (line,) = [line for line in gateway.output.splitlines() if "a stand-in for Stripe at http://127.0.0.1:" in line]
    assert "4242424242424242 is good" in gateway.output
    begun = asking(gateway, "mutation { beginPaymentMethod(input: {}) { clientSecret } }")
    secret = begun["beginPaymentMethod"]["clientSecret"]
    run(give_card(line.rpartition(" ")[2].rstrip("."), secret, "4000056655665556"))
    given = f'input: {{ providerToken: "{token_of(secret)}" }}'
    added = asking(gateway, f"mutation {{ addPaymentMethod({given}) {{ {CARDS} }} }}")["addPaymentMethod"]
    cards = added["account"]["billing"]["paymentMethods"]
    assert [one["last4"] for one in cards] == ["4242", "4444", "5556"]
    wait_until(lambda: bool(run(messages(gateway.dsn))), "a message of the stand-in's")


def test_the_demo_is_topped_up_and_given_back_by_a_command_beside_it(gateway: GatewayProcess) -> None:
    amount = 'input: { amount: { amount: "25.00", currency: "USD" } }'
    paid = asking(gateway, f"mutation {{ topUp({amount}) {{ payment {{ status }} invoice {{ number }} }} }}")["topUp"]
    assert paid["payment"] == {"status": "SUCCEEDED"}
    refunded = run_gateway("refund", paid["invoice"]["number"], DATA_DIR=str(gateway.data_dir))
    assert refunded.stdout.startswith("25.00 USD is refunded: receipt "), refunded.stderr


CARDS = "account { billing { paymentMethods { last4 } } }"


async def messages(dsn: str) -> int:
    """How many of the provider's messages were taken."""
    connection = await asyncpg.connect(dsn)
    try:
        return int(await connection.fetchval("SELECT count(*) FROM provider_events"))
    finally:
        await connection.close()


def asking(gateway: GatewayProcess, document: str) -> Any:
    """What the master is answered."""
    url = f"http://127.0.0.1:{gateway.port}/graphql"
    credentials = f'email: "{MASTER}", password: "{DEMO_PASSWORD}"'
    sign_in = f"mutation {{ signIn(input: {{ {credentials} }}) {{ token }} }}"
    token = httpx.post(url, json={"query": sign_in}, timeout=60).json()["data"]["signIn"]["token"]
    headers = {"Authorization": f"Bearer {token}"}
    answer = httpx.post(url, json={"query": document}, headers=headers, timeout=60).json()
    assert "errors" not in answer, answer
    return answer["data"]


def sign_in(gateway: GatewayProcess, email: str) -> Any:
    """What signing in with the demo's password answers."""
    document = "mutation($input: SignInInput!) { signIn(input: $input) { viewer { login } userErrors { code } } }"
    body = {"query": document, "variables": {"input": {"email": email, "password": DEMO_PASSWORD}}}
    return httpx.post(f"http://127.0.0.1:{gateway.port}/graphql", json=body, timeout=60).json()["data"]["signIn"]


@pytest.mark.parametrize("email", DEMO_LOGINS)
def test_each_printed_login_signs_in(gateway: GatewayProcess, email: str) -> None:
    assert sign_in(gateway, email) == {"viewer": {"login": email}, "userErrors": []}


def test_the_doctor_finds_the_database_of_the_running_gateway_well(gateway: GatewayProcess) -> None:
    examined = run_gateway("doctor", DATA_DIR=str(gateway.data_dir))
    lines = dict(line.split(": ", 1) for line in examined.stdout.splitlines())
    assert lines["ok     database"].startswith("the embedded one answers and stands at version ")
    assert "ok     packages" in lines
    assert "ok     settings" in lines


def test_an_account_made_by_the_operator_signs_in_with_the_password_shown_once(gateway: GatewayProcess) -> None:
    person = ["--first-name", "First", "--last-name", "Last", "--company", "Engines", "--country", "gb"]
    made = run_gateway("create-account", "first@engines.example", *person, DATA_DIR=str(gateway.data_dir))
    assert made.returncode == 0, made.stderr
    password = made.stdout.rsplit(" ", 1)[1].strip()
    query = "mutation($input: SignInInput!) { signIn(input: $input) { viewer { role { name } account { number } } } }"
    body = {"query": query, "variables": {"input": {"email": "first@engines.example", "password": password}}}
    answer = httpx.post(f"http://127.0.0.1:{gateway.port}/graphql", json=body, timeout=60).json()
    viewer = answer["data"]["signIn"]["viewer"]
    assert f"Account {viewer['account']['number']} is open" in made.stdout
    assert viewer["role"]["name"] == "MASTER"
    again = run_gateway("create-account", "First@engines.example", *person, DATA_DIR=str(gateway.data_dir))
    assert (again.returncode, again.stdout) == (1, "")
    assert again.stderr == "The e-mail address First@engines.example belongs to a login already.\n"


def test_the_demo_is_not_loaded_twice(gateway: GatewayProcess) -> None:
    refused = run_gateway("demo", "--accounts", "12", "--servers", "100", DATA_DIR=str(gateway.data_dir))
    assert refused.returncode == 1
    assert "has a login master@demo.example.com already" in refused.stderr


def test_logs_hold_no_password_and_no_document(gateway: GatewayProcess) -> None:
    sign_in(gateway, MASTER)
    logs = [line for line in gateway.output.splitlines() if line.startswith("{")]
    assert any('"logger":"gateway' in line for line in logs)
    assert [line for line in logs if DEMO_PASSWORD in line or "signIn(" in line] == []


def test_a_named_database_gets_no_demo_unless_told(gateway: GatewayProcess, tmp_path: Path) -> None:
    named = {"DATABASE_URL": gateway.dsn, "SECRET_KEY": "x" * 32, "DATA_DIR": str(tmp_path)}
    refused = run_gateway("demo", **named)
    assert refused.returncode == 1
    assert "say --yes" in refused.stderr

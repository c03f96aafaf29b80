"""What stands in for the payment provider: it keeps keys, remembers, ends with its starter, and knows its caller."""

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path
from uuid import uuid4

import httpx
from aiohttp import web
from aiohttp.test_utils import TestServer

from gateway.payments.provider import paying
from gateway.payments.standin import StandIn
from gateway.payments.standin.keys import Keys
from gateway.settings import Settings
from resolvers.ports import Charge
from tests.outside.processes import BARE, wait_until
from tests.payments.cards import give_card, token_of

START = """
import time
from gateway.payments.standin import StandIn
with StandIn() as one:
    print(one.pid, flush=True)
    time.sleep(60)
"""


async def test_a_key_is_answered_once_and_then_again() -> None:
    begun, going_on, keys, done = asyncio.Event(), asyncio.Event(), Keys(), list[str]()

    async def work(request: web.Request) -> web.StreamResponse:
        done.append(await request.text())
        begun.set()
        await going_on.wait()
        return web.json_response({"done": len(done)}, status=402 if done[-1] == "declined" else 200)

    async def answer(request: web.BaseRequest) -> web.StreamResponse:
        assert isinstance(request, web.Request)
        return await keys.answer(request, work)

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", answer)
    async with (
        TestServer(app) as server,
        httpx.AsyncClient(base_url=str(server.make_url("/")), trust_env=False, timeout=60) as one,
    ):

        async def post(key: str, body: str = "one", path: str = "/v1/charges") -> tuple[int, str]:
            sent = await one.post(path, content=body, headers={"Idempotency-Key": key})
            return sent.status_code, sent.text

        first = asyncio.create_task(post("a"))
        await begun.wait()
        assert (await post("a"))[0] == 409
        going_on.set()
        assert await first == await post("a") == (200, '{"done": 1}')
        for body, path in (("other", "/v1/charges"), ("one", "/v1/refunds")):
            status, text = await post("a", body, path)
            assert status == 400
            assert "idempotency_error" in text
        assert await post("b", "declined") == await post("b", "declined"), "a refusal is an answer too"
        assert done == ["one", "declined"]


async def test_what_is_not_found_may_be_sent_again(stand_in: StandIn) -> None:
    async with paying(stand_in.named_in(Settings())) as provider:
        key = uuid4().hex
        for _ in range(2):
            assert (await provider.charge(Charge(key, "cus_x", "pm_x", 500, "USD", "Top-up", True))).reference is None
        customer = await provider.customer(uuid4(), "Engines", None)
        secret = await provider.begin_method(customer, None)
        await give_card(stand_in.base, secret)
        card = await provider.confirmed_method(customer, token_of(secret))
        charge = Charge(key, customer, card.reference, 500, "USD", "Top-up", True)
        assert (await provider.charge(charge)).reference is not None


async def test_it_remembers_what_it_did_when_it_is_killed(tmp_path: Path) -> None:
    with StandIn(tmp_path / "payments") as first:
        async with paying(first.named_in(Settings())) as provider:
            customer = await provider.customer(uuid4(), "Engines", None)
            secret = await provider.begin_method(customer, None)
            await give_card(first.base, secret)
            card = await provider.confirmed_method(customer, token_of(secret))
            charge = Charge(uuid4().hex, customer, card.reference, 500, "USD", "Top-up", True)
            outcome = await provider.charge(charge)
        assert first.pid is not None
        os.kill(first.pid, signal.SIGKILL)
    with StandIn(tmp_path / "payments") as second:
        async with paying(second.named_in(Settings())) as provider:
            assert await provider.charge(charge) == outcome
            assert await provider.method(card.reference) == card


def test_it_ends_with_whoever_started_it() -> None:
    command = [sys.executable, "-c", START]
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=BARE, text=True) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        assert Path(f"/proc/{child}").exists()
        parent.kill()
    wait_until(lambda: not Path(f"/proc/{child}").exists(), "the stand-in gone")


async def test_nobody_else_may_ask_it(stand_in: StandIn) -> None:
    async with httpx.AsyncClient(base_url=stand_in.base, trust_env=False, timeout=60) as stranger:
        for path in ("/v1/customers", "/v1/events"):
            assert (await stranger.get(path)).status_code == 401
            assert (await stranger.get(path, headers={"Authorization": "Bearer sk_test_guess"})).status_code == 401
        assert (await stranger.delete("/_config/data")).status_code == 401


async def test_what_stripe_takes_no_more_is_refused(stand_in: StandIn) -> None:
    key = stand_in.named_in(Settings()).stripe_secret_key
    assert key is not None
    headers = {"Authorization": f"Bearer {key.get_secret_value()}"}
    async with httpx.AsyncClient(base_url=stand_in.base, trust_env=False, timeout=60, headers=headers) as caller:
        for path in ("/v1/payment_intents", "/v1/setup_intents"):
            body = {"amount": "500", "currency": "usd", "payment_method_types[]": "card"}
            answer = await caller.post(path, data=body)
            assert answer.status_code == 400
            assert answer.json()["error"]["code"] == "payment_method_types_no_longer_supported"

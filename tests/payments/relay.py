"""A relay before the provider that fails as networks do, when a test says so."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from enum import Enum

import httpx
from aiohttp import web

from gateway.settings import Settings

KEPT_HEADERS = {"authorization", "content-type", "idempotency-key", "stripe-version"}


class Trouble(Enum):
    """What becomes of a request that changes something."""

    NONE = "it arrives, and so does its answer"
    DOWN = "it does not arrive"
    HELD = "it does not arrive, and its sender waits"
    BROKEN = "it is answered with a 500, and nothing was done"
    LOST = "it is done, and the connection breaks before the answer"
    SILENT = "it is done, and the answer never comes"
    LATE = "it is done, and the answer comes once the trouble is over"
    TWICE = "it arrives twice, and the second answer comes back"


@dataclass
class Relay:
    """Passes requests on to the provider; `trouble` can be changed at any time. Reading is troubled by DOWN alone."""

    provider: str
    base: str = ""
    trouble: Trouble = Trouble.NONE
    paths: list[str] = field(default_factory=list)
    """Where requests that change something went, in their order."""

    over: asyncio.Event = field(default_factory=asyncio.Event)
    closing: asyncio.Event = field(default_factory=asyncio.Event)

    def named_in(self, settings: Settings) -> Settings:
        """The settings with the relay before their provider, who is waited for shortly where no answer comes now."""
        seconds = 1.0 if self.trouble is Trouble.SILENT else 30.0
        return settings.model_copy(update={"stripe_api_base": self.base, "stripe_seconds": seconds})

    async def pass_on(self, request: web.Request) -> web.StreamResponse:
        """Pass a request on, through whatever trouble there is."""
        if self.trouble is Trouble.DOWN:
            return self._broken_off(request)
        if request.method == "GET":
            return await self._answer(request)
        self.paths.append(request.path)
        if self.trouble is Trouble.HELD:
            await self.closing.wait()
            return self._broken_off(request)
        if self.trouble is Trouble.BROKEN:
            return web.json_response({"error": {"type": "api_error"}}, status=500)
        if self.trouble is Trouble.TWICE:
            await self._answer(request)
        answer = await self._answer(request)
        if self.trouble is Trouble.LATE:
            await self.over.wait()
        if self.trouble is Trouble.SILENT:
            await self.closing.wait()
        return self._broken_off(request) if self.trouble in {Trouble.LOST, Trouble.SILENT} else answer

    async def _answer(self, request: web.Request) -> web.Response:
        headers = {name: value for name, value in request.headers.items() if name.lower() in KEPT_HEADERS}
        body = await request.read()
        async with httpx.AsyncClient(base_url=self.provider, trust_env=False, timeout=60) as provider:
            answer = await provider.request(request.method, request.path_qs, headers=headers, content=body)
        return web.Response(status=answer.status_code, body=answer.content, content_type="application/json")

    def _broken_off(self, request: web.Request) -> web.Response:
        if request.transport is not None:
            request.transport.abort()
        return web.Response(status=502)


@asynccontextmanager
async def relaying(provider: str) -> AsyncIterator[Relay]:
    """A relay before the provider at this address, for as long as the block runs."""
    relay = Relay(provider)
    server = web.Server(relay.pass_on)  # type: ignore[arg-type]
    runner = web.ServerRunner(server)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    relay.base = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield relay
    finally:
        relay.closing.set()
        await runner.cleanup()

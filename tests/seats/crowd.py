"""Several gateways in processes of their own, which call at once."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

Call = dict[str, Any]
Answer = dict[str, Any]
ROOT = Path(__file__).parents[2]


def registering(key: str, machine: str) -> Call:
    """The call that registers a machine."""
    return {
        "field": "registerServer",
        "input": {"activationKey": key, "machineId": machine, "hostname": f"{machine}.example.com"},
    }


def unregistering(token: str) -> Call:
    """The call that ends a registration."""
    return {"field": "unregisterServer", "input": {"serverToken": token}}


class Gateway:
    """One process. It may be killed at any time, by us or by losing its database while it starts."""

    def __init__(self, process: asyncio.subprocess.Process, dsn: str) -> None:
        self.process = process
        self.dsn = dsn
        self.ready = False

    @classmethod
    async def started(cls, dsn: str) -> "Gateway":
        """A process that takes calls; what it says beside their answers is thrown away."""
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "tests.seats.child",
            cwd=ROOT,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            limit=2**22,
        )
        gateway = cls(process, dsn)
        assert process.stdin is not None
        process.stdin.write(dsn.encode() + b"\n")
        return gateway

    async def call(self, calls: Sequence[Call]) -> list[Answer] | None:
        """The answers to calls made at once; None where the process ended before it had them."""
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(calls).encode() + b"\n")
        return await self.said()

    async def said(self) -> list[Answer] | None:
        """What it says next."""
        assert self.process.stdout is not None
        line = await self.process.stdout.readline()
        self.ready = line.endswith(b"\n")
        found: list[Answer] | None = json.loads(line) if self.ready else None
        return found

    async def replaced(self) -> "Gateway":
        """Another in its place, which may have been killed before it was ready."""
        await self.kill()
        gateway = await Gateway.started(self.dsn)
        await gateway.said()
        return gateway

    async def kill(self) -> None:
        """End it at once, whatever it is doing."""
        if self.process.returncode is None:
            self.process.kill()
        await self.process.wait()


@asynccontextmanager
async def gateways(dsn: str, number: int) -> AsyncIterator[list[Gateway]]:
    """So many processes over one database, all ready; killed at the end."""
    crowd = [await Gateway.started(dsn) for _ in range(number)]
    try:
        assert all([await gateway.said() == [] for gateway in crowd]), "each says that it is ready"
        yield crowd
    finally:
        for gateway in crowd:
            await gateway.kill()


async def at_once(crowd: Sequence[Gateway], calls: Sequence[Call]) -> list[Answer]:
    """Deal calls out to all gateways, which make them all at the same time; every answer."""
    dealt = [calls[place :: len(crowd)] for place in range(len(crowd))]
    answers = await asyncio.gather(*(gateway.call(hand) for gateway, hand in zip(crowd, dealt, strict=True)))
    assert None not in answers
    return [answer for hand in answers for answer in hand or ()]

"""A gateway in a process of its own, which does calls of agents that it is told by lines, all of a line at once.

Run as `python -m tests.seats.child`: the first line is the database's address; each other one is a list of calls, which
is answered by the list of their answers.
"""

import asyncio
import json
import logging
import sys
from typing import Any, TextIO

import httpx

from gateway.app import create_app
from models.db import Database
from tests.agents.calls import REGISTER, UNREGISTER
from tests.client import post
from tests.conftest import calling, settings_for

WITHOUT_LIMITS = {"agent_calls_per_key": 1_000_000, "agent_calls_per_address": 1_000_000}
DOCUMENTS = {"registerServer": REGISTER, "unregisterServer": UNREGISTER}


async def answer(client: httpx.AsyncClient, call: dict[str, Any]) -> dict[str, Any]:
    """The payload of a call; its errors' codes where it has none."""
    response = (await post(client, DOCUMENTS[call["field"]], {"input": call["input"]})).json()
    if "errors" in response:
        return {"errors": [error["extensions"]["code"] for error in response["errors"]]}
    payload: dict[str, Any] = response["data"][call["field"]]
    return payload


async def main(said: TextIO) -> None:
    """Answer lines until there are no more."""
    lines = asyncio.StreamReader(limit=2**20)
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    dsn = (await lines.readline()).decode().strip()
    # Eight of these must find room in the hundred connections that PostgreSQL takes.
    database = await Database.connect(dsn, readers=3, writers=6)
    async with calling(create_app(settings_for(dsn).model_copy(update=WITHOUT_LIMITS), database)) as client:
        print("[]", file=said, flush=True)
        while line := await lines.readline():
            answers = await asyncio.gather(*(answer(client, call) for call in json.loads(line)))
            print(json.dumps(answers), file=said, flush=True)


if __name__ == "__main__":
    logging.disable(logging.CRITICAL)
    answers_go_to, sys.stdout = sys.stdout, sys.stderr
    asyncio.run(main(answers_go_to))

"""Whoever calls from no address that is known, as over a socket of the machine itself, registers nothing."""

import httpx
from starlette.applications import Starlette

from models.db import Database
from models.tables import ActivationKey
from tests.agents.calls import check, codes, everything, register


async def test_an_unknown_address_is_allowed_nothing(
    app: Starlette, client: httpx.AsyncClient, db: Database, key: ActivationKey
) -> None:
    before = await everything(db)
    transport = httpx.ASGITransport(app, client=None)  # type: ignore[arg-type]  # a server may know no peer
    async with httpx.AsyncClient(transport=transport, base_url="http://gateway.test") as nobody:
        assert codes(await register(nobody, key.key)) == [("ADDRESS_NOT_ALLOWED", None)]
        assert codes(await check(nobody, key.key), "reasons") == [("ADDRESS_NOT_ALLOWED", None)]
    assert await everything(db) == before

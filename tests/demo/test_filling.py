"""The demo at a start: it fills an empty database, leaves any other alone, and its password is known or not."""

import pytest
from pydantic import SecretStr
from rich.console import Console

from gateway.commands.demo import demo_state, fill
from gateway.welcome import DemoState
from tests.conftest import settings_for
from tests.demo.test_loading import digests


async def test_an_empty_database_is_filled_once_and_its_password_is_looked_at(
    dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.demo.SMALL_ACCOUNTS", 9)
    monkeypatch.setattr("gateway.demo.SMALL_SERVERS", 600)
    settings, console = settings_for(dsn), Console(quiet=True)
    assert await demo_state(settings) is DemoState.ABSENT
    await fill(settings, console)
    assert await demo_state(settings) is DemoState.PRESENT
    before = await digests(dsn)
    await fill(settings.model_copy(update={"demo": "large"}), console)
    assert await digests(dsn) == before
    other = settings.model_copy(update={"demo_password": SecretStr("another password")})
    assert await demo_state(other) is DemoState.OTHER_PASSWORD

"""A listening connection is good as long as it answers."""

from collections.abc import Callable
from typing import Any

import asyncpg
import pytest

from models.notices import Ear


@pytest.mark.parametrize(
    "fault",
    [
        OSError(),
        TimeoutError(),
        asyncpg.InterfaceError("closed"),
        asyncpg.InternalClientError("another operation is in progress"),
        None,
    ],
)
async def test_an_ear_is_deaf_when_its_connection_fails_or_is_closed(
    fault: Exception | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("models.notices.PULSE_SECONDS", 0.001)

    class Connection:
        """A connection that answers twice, and then fails or is closed."""

        asked = 0
        ended: Callable[[Any], None]

        def add_termination_listener(self, ended: Callable[[Any], None]) -> None:
            """Keep whom to tell of the end."""
            self.ended = ended

        async def fetchval(self, _statement: str, *, timeout: float) -> int:  # noqa: ARG002, ASYNC109 (as the driver's)
            """Answer, or end."""
            self.asked += 1
            if self.asked == 3 and fault is not None:
                raise fault
            if self.asked == 3:
                self.ended(self)
            return 1

    connection = Connection()
    await Ear(connection).until_deaf()
    assert connection.asked == 3

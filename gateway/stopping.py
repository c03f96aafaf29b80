"""Signals that mean stop: raised as an exception, so that whatever is open is closed on the way out."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class StopRequestedError(BaseException):
    """Somebody asked this process to stop. Not an Exception: nothing may mistake it for a failure of its own."""


@contextmanager
def stopping_cleanly() -> Iterator[None]:
    """Leave the block early and quietly on the first stop signal; later ones do not interrupt the leaving."""

    def stop(_number: int, _frame: FrameType | None) -> None:
        for number in STOP_SIGNALS:
            signal.signal(number, signal.SIG_IGN)
        raise StopRequestedError

    before = {number: signal.signal(number, stop) for number in STOP_SIGNALS}
    try:
        yield
    except StopRequestedError:
        pass
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)

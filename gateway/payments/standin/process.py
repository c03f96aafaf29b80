"""The stand-in's own process: localstripe with what it lacks, on a socket that it is given, for as long as its parent.

Whatever a request has changed is on disk, together with the key that it was sent with, before it is answered: killed at
any point, both are there or neither, and a charge that is sent again is never done twice.
"""

import json
import logging
import os
import pickle
import socket
import sys
import threading
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiohttp import web
from localstripe import resources
from localstripe.webhooks import register_webhook

from gateway.payments.standin import differences
from gateway.payments.standin.keys import Handler, Kept, Keys

CONFIGURATION = "STAND_IN"
"""The environment variable that says how to run, secrets among it: arguments can be read by every user."""

STATE = "state"
OURS_ALONE = "/_config"


@dataclass(slots=True)
class State:
    """What localstripe holds and the keys, in one file; in memory alone where there is no folder."""

    folder: Path | None
    keys: Keys = field(default_factory=Keys)

    def load(self) -> None:
        """Read what the last run left."""
        if self.folder is not None and (self.folder / STATE).exists():
            held, kept = pickle.loads((self.folder / STATE).read_bytes())  # noqa: S301 (a file of our own)
            resources.store.clear()
            resources.store.update(held)
            self.keys.kept = {key: Kept(*parts) for key, parts in kept.items()}

    def save(self) -> None:
        """Write everything under another name and rename: a file cut short is never read."""
        if self.folder is None:
            return
        kept = {key: (one.at, one.asked, one.status, one.body) for key, one in self.keys.settled().items()}
        draft = self.folder / f"{STATE}.new"
        draft.write_bytes(pickle.dumps((dict(resources.store), kept), protocol=pickle.HIGHEST_PROTOCOL))
        draft.rename(self.folder / STATE)


def gate(state: State, secret_key: str) -> Any:
    """Around every request: who may send it, once for a key, and saved before it is answered."""

    @web.middleware
    async def around(request: web.Request, handler: Handler) -> web.StreamResponse:
        sent = request.headers.get("Authorization", "").rpartition(" ")[2]
        if sent != secret_key and (sent or request.path.startswith(OURS_ALONE)):
            return web.json_response({"error": {"type": "invalid_request_error"}}, status=401)
        answer = await state.keys.answer(request, handler)
        if request.method != "GET":
            state.save()
        return answer

    return around


def main() -> None:
    """Serve until the parent is gone."""
    told = json.loads(os.environ.pop(CONFIGURATION))
    threading.Thread(target=_end_with_parent, daemon=True).start()
    state = State(Path(told["folder"]) if told["folder"] else None)
    state.load()
    if told["webhook_url"]:
        register_webhook("gateway", told["webhook_url"], told["webhook_secret"], None)
    logging.disable()
    web.run_app(
        application(state, told["secret_key"]),
        sock=socket.socket(fileno=told["socket"]),
        access_log=None,
        print=None,
        handle_signals=False,
    )


def application(state: State, secret_key: str) -> web.Application:
    """localstripe's application, changed. Its own writing to disk, to a path that all users share, is left out."""
    resources.Store.dump_to_disk = lambda _: None
    differences.make_them()
    from localstripe.server import app  # noqa: PLC0415 (it reads what has been changed above)

    app.middlewares.insert(0, gate(state, secret_key))
    return app  # type: ignore[no-any-return]


def _end_with_parent() -> None:
    """The parent holds the other end of our standard input and never writes; however it ends, that is closed."""
    with suppress(OSError):
        while sys.stdin.buffer.read(1):
            pass
    os._exit(0)

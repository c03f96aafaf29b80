"""Idempotency keys as Stripe documents them, which localstripe does not know."""

import hashlib
import json
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from aiohttp import web

HEADER = "Idempotency-Key"
KEPT_SECONDS = 24 * 3600
NOT_BEGUN = {400, 401, 403, 404, 409, 429}
"""Answers of requests that were refused before anything was done: with the same key they may be sent again."""

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass(frozen=True, slots=True)
class Kept:
    """What was asked with a key, and how it was answered; `status` is None for as long as it is being answered."""

    at: float
    asked: str
    status: int | None = None
    body: bytes = b""


@dataclass(slots=True)
class Keys:
    """The keys of a day, by what they are."""

    kept: dict[str, Kept] = field(default_factory=dict)

    async def answer(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Have a request answered, or answer it as the first with its key was."""
        key = request.headers.get(HEADER)
        if request.method != "POST" or not key:
            return await handler(request)
        asked = await _asked(request)
        self._forget_old()
        first = self.kept.get(key)
        if first is not None:
            return _again(first, asked)
        self.kept[key] = Kept(time.time(), asked)
        try:
            answer = await handler(request)
        except BaseException:
            del self.kept[key]
            raise
        body = answer.body if isinstance(answer, web.Response) else None
        if isinstance(body, bytes) and answer.status not in NOT_BEGUN:
            self.kept[key] = Kept(time.time(), asked, answer.status, body)
        else:
            del self.kept[key]
        return answer

    def settled(self) -> dict[str, Kept]:
        """Those that have been answered."""
        return {key: kept for key, kept in self.kept.items() if kept.status is not None}

    def _forget_old(self) -> None:
        oldest = time.time() - KEPT_SECONDS
        self.kept = {key: kept for key, kept in self.kept.items() if kept.at >= oldest}


async def _asked(request: web.Request) -> str:
    """What tells one request from another: where it went, and its body."""
    body = await request.read()
    return hashlib.sha256(b"\n".join((request.path_qs.encode(), body))).hexdigest()


def _again(first: Kept, asked: str) -> web.Response:
    if first.asked != asked:
        return _refusal(400, "idempotency_error", "This key was used with other parameters.")
    if first.status is None:
        return _refusal(409, "idempotency_error", "A request with this key is being answered.")
    replayed = {"Idempotent-Replayed": "true"}
    return web.Response(status=first.status, body=first.body, content_type="application/json", headers=replayed)


def _refusal(status: int, kind: str, message: str) -> web.Response:
    body = json.dumps({"error": {"type": kind, "message": message}}).encode()
    return web.Response(status=status, body=body, content_type="application/json")

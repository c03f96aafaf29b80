"""What every signed link carries: who asked for it, by which credential, and until when it is good.

A link is a sealed token: whoever holds it learns nothing from it, and can make no other. Equal links that are asked for
in one request are equal, so that it never matters which way the request was executed.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from auth.actors import CredentialKind
from resolvers.acting import acting
from resolvers.context import RequestContext, Sealer

LONGEST_TOKEN = 7_000
"""What stands before a web server refuses addresses of more than eight thousand characters or so."""


@dataclass(frozen=True, slots=True)
class Asker:
    """The credential that a link was asked for with, and when the link ends."""

    credential: CredentialKind
    credential_id: UUID
    expires_at: datetime


def asker_of(context: RequestContext, good_for: timedelta) -> Asker:
    """The caller, as whoever asks for a link."""
    actor = acting(context)
    return Asker(actor.credential, actor.credential_id, context.now + good_for)


def sealed(sealer: Sealer, purpose: str, asker: Asker, told: Mapping[str, Any]) -> str:
    """The token of a link that tells this."""
    whole = {
        **told,
        "credential": [asker.credential.name, asker.credential_id.hex],
        "until": int(asker.expires_at.timestamp()),
    }
    return sealer.seal(purpose, json.dumps(whole, separators=(",", ":"), ensure_ascii=False))


def opened(sealer: Sealer, purpose: str, token: str) -> tuple[Asker, dict[str, Any]] | None:
    """Who asked for a link, and what it tells; None where we have sealed none such for this purpose."""
    text = sealer.open(purpose, token)
    if text is None:
        return None
    told: dict[str, Any] = json.loads(text)
    kind, credential_id = told.pop("credential")
    until = datetime.fromtimestamp(told.pop("until"), UTC)
    return Asker(CredentialKind[kind], UUID(hex=credential_id), until), told

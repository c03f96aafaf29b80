"""Sealing anew what was sealed under the previous SECRET_KEY, a batch to a transaction.

Cut off anywhere, it goes on the next time: what is sealed under today's key is passed over.
"""

import json
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from auth.vault import Vault, VaultError
from models.audit import Action
from models.db import Database
from models.jobs import JobKind
from models.queries import audit, operating
from resolvers import mails

BATCH = 200


@dataclass
class Renewed:
    """How much was sealed anew, and how much opens under neither key and was left as it is."""

    secrets: int = 0
    letters: int = 0
    shut: int = 0


async def renew_secrets(db: Database, vault: Vault, now: datetime) -> Renewed:
    """Go through everything that the vault seals."""
    renewed = Renewed()
    after: UUID | None = UUID(int=0)
    while after is not None:
        after = await _second_factors(db, vault, now, after, renewed)
    number: int | None = 0
    while number is not None:
        number = await _letters(db, vault, number, renewed)
    return renewed


async def _second_factors(db: Database, vault: Vault, now: datetime, after: UUID, renewed: Renewed) -> UUID | None:
    """One batch of logins; the last one's id, None at the end."""
    done, last = Renewed(), None
    async with db.write() as session:
        for login in await operating.lock_older_secrets(session, vault.mark, after, BATCH):
            last = login.id
            try:
                login.totp_secret = vault.renewed(login.totp_secret or b"", login.id.bytes)
            except VaultError:
                done.shut += 1
                continue
            done.secrets += 1
            origin = operating.operator(login.account_id, now, login.id)
            await audit.record(session, origin, Action.LOGIN_SECRET_RENEWED)
    _add(renewed, done)
    return last


async def _letters(db: Database, vault: Vault, after: int, renewed: Renewed) -> int | None:
    """One batch of letters that wait to be sent; the last one's number, None at the end."""
    done, last = Renewed(), None
    async with db.write() as session:
        for number, payload in await operating.lock_jobs(session, JobKind.MAIL.value, after, BATCH):
            last = number
            try:
                changed = mails.renewed(vault, json.loads(payload))
            except VaultError:
                done.shut += 1
                continue
            if changed is not None:
                done.letters += 1
                await operating.renew_job(session, number, json.dumps(changed).encode())
    _add(renewed, done)
    return last


def _add(total: Renewed, batch: Renewed) -> None:
    """Count a batch once it is committed."""
    total.secrets += batch.secrets
    total.letters += batch.letters
    total.shut += batch.shut

"""Sending a report: claimed, gathered, written, handed over, and noted."""

import asyncio
from datetime import UTC, datetime
from uuid import UUID

import structlog

from gateway.reports.gathering import gathered
from gateway.reports.letters import CAPTIONS, letter
from gateway.reports.picture import picture
from models.db import Database
from resolvers.mailing_reports import CLAIMED_FOR, Sending, claim_report, note_report_sent, release_report
from resolvers.ports import Mailer

LONGEST = CLAIMED_FOR.total_seconds() * 2 / 3
"""So many seconds a sending may take: it ends well before its claim does."""

_log = structlog.get_logger(__name__)


async def send_report(db: Database, mailer: Mailer, reference: str, sending_id: UUID) -> None:
    """Send a report, unless it is sent already or is not to be sent any more."""
    now = datetime.now(UTC)
    sending = await claim_report(db, sending_id, now)
    if sending is None:
        _log.info("report.not_sent", reference=reference)
        return
    try:
        async with asyncio.timeout(LONGEST):
            await _send(db, mailer, reference, sending, now)
    except BaseException:
        await release_report(db, sending)
        raise
    await note_report_sent(db, sending_id, datetime.now(UTC))


async def _send(db: Database, mailer: Mailer, reference: str, sending: Sending, now: datetime) -> None:
    found = await gathered(db, sending.report, now)
    image = await asyncio.to_thread(picture, CAPTIONS[sending.report.kind], found.bars)
    await mailer.send(letter(sending, found, image, reference))

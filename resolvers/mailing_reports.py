"""Reports that are mailed: found when they are due, claimed by whoever sends one, and checked before each sending.

A sending is one row for a configuration and a period, made together with its job and the next date. So however many
workers look at once, there is one. Whoever sends it holds a claim that runs out, lest a worker that dies keep it for
good; and what is sent is noted. All that can send a report twice is a worker that dies after the mail server has taken
the letter and before that is noted: the second letter then has the first one's Message-ID.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from auth.permissions import PERMISSIONS
from models.audit import Action, Change, Target
from models.db import Database, Transaction
from models.entities import REPORT_CONFIG
from models.jobs import JobKind, enqueue
from models.queries import audit, report_sendings
from models.queries.audit import Origin
from models.queries.report_sendings import Held
from models.tables import ReportConfig
from resolvers.report_times import next_sending, period_of
from resolvers.reports import NEEDED, AskedReport

AT_ONCE = 100
CLAIMED_FOR = timedelta(minutes=3)
"""Sending takes less, or is given up before."""

OURSELVES = "Subscription portal"
"""Who the log says has switched a configuration off."""


class SentElsewhere(Exception):
    """Another worker is about to send this report, or has died with it a moment ago: it is to be looked at again."""


@dataclass(frozen=True, slots=True)
class Sending:
    """A report that may be sent now: to whom, of which account, and what it is."""

    id: UUID
    claimed_until: datetime
    email: str
    account_number: str
    frequency: str
    report: AskedReport


async def schedule_reports(db: Database, now: datetime) -> int:
    """Make sendings and their jobs of what is due; how many configurations that were.

    What was missed while no worker ran is sent late, a sending for each period.
    """
    found = 0
    while True:
        async with db.write() as session:
            due = await report_sendings.due(session, now, AT_ONCE)
            for config, time_zone in due:
                await _schedule(session, config, time_zone, now)
        found += len(due)
        if not due:
            return found


async def _schedule(session: Transaction, config: ReportConfig, time_zone: str, now: datetime) -> None:
    due = config.next_send_at or now
    period = period_of(config.frequency, due, time_zone)
    sending_id = await report_sendings.add(session, config, period, now)
    if sending_id is not None:
        await enqueue(session, JobKind.REPORT, {"sending": sending_id.hex})
    config.next_send_at = next_sending(config.frequency, due, time_zone)
    await session.flush()


async def claim_report(db: Database, sending_id: UUID, now: datetime) -> Sending | None:
    """Claim a sending; None where nothing is to be sent: it is sent, is gone, or is switched off, perhaps just now."""
    async with db.write() as session:
        held = await report_sendings.hold(session, sending_id)
        if held is None or held.sending.sent_at is not None or not held.config.enabled:
            return None
        if held.sending.claimed_until is not None and held.sending.claimed_until > now:
            raise SentElsewhere
        role = await report_sendings.role_of_changer(session, held.config, now)
        if role is None or not NEEDED[held.config.kind] <= PERMISSIONS[role]:
            await _switch_off(session, held.config, now)
            return None
        held.sending.claimed_until = now + CLAIMED_FOR
        await session.flush()
    return _sending(held, now + CLAIMED_FOR)


async def release_report(db: Database, sending: Sending) -> None:
    """Let the next try begin at once: this one has failed."""
    async with db.write() as session:
        await report_sendings.release(session, sending.id, sending.claimed_until)


async def note_report_sent(db: Database, sending_id: UUID, now: datetime) -> None:
    """Note that it is sent, so that no other try sends it again."""
    async with db.write() as session:
        await report_sendings.note_sent(session, sending_id, now)


async def _switch_off(session: Transaction, config: ReportConfig, now: datetime) -> None:
    """Stop sending what nobody answers for any more, until somebody who may see it switches it on again."""
    config.enabled, config.next_send_at = False, None
    await session.flush()
    target = Target(REPORT_CONFIG, config.id, config.email)
    origin = Origin(config.account_id, OURSELVES, now, None)
    changes = [Change("enabled", True, False)]
    await audit.record(session, origin, Action.REPORT_CONFIG_SWITCHED_OFF, target, changes)


def _sending(held: Held, claimed_until: datetime) -> Sending:
    config, sending = held.config, held.sending
    report = AskedReport(
        account_id=config.account_id,
        time_zone=held.time_zone,
        kind=config.kind,
        first=sending.period_from,
        last=sending.period_to,
        product_ids=tuple(config.product_ids),
    )
    return Sending(sending.id, claimed_until, config.email, held.account_number, config.frequency.name.lower(), report)

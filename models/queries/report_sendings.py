"""Sendings of reports: found to be due, claimed by whoever sends one, and noted once it is sent."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import func, or_, update
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from models.enums import LoginState
from models.roles import RoleName
from models.tables import Account, ApiKey, ApiSecretKey, Login, ReportConfig, ReportSending


@dataclass(frozen=True, slots=True)
class Held:
    """A sending that is held, with its configuration and what is said of the account."""

    sending: ReportSending
    config: ReportConfig
    account_number: str
    time_zone: str


async def due(session: AsyncSession, now: datetime, most: int) -> Sequence[tuple[ReportConfig, str]]:
    """Configurations whose time has come, held, each with its account's time zone. Those that others hold are left."""
    statement = (
        select(ReportConfig, col(Account.time_zone))
        .join(Account, col(Account.id) == col(ReportConfig.account_id))
        .where(col(ReportConfig.enabled), col(ReportConfig.next_send_at) <= now)
        .order_by(col(ReportConfig.next_send_at), col(ReportConfig.id))
        .limit(most)
        .with_for_update(of=ReportConfig, skip_locked=True)
    )
    return (await session.exec(statement)).all()


async def add(session: AsyncSession, config: ReportConfig, period: tuple[date, date], now: datetime) -> UUID | None:
    """A new sending's id; None where there is one for this period already."""
    first, last = period
    own = {"account_id": config.account_id, "report_config_id": config.id, "created_at": now}
    statement = insert(ReportSending).values(**own, period_from=first, period_to=last).on_conflict_do_nothing()
    connection = await session.connection()
    added: UUID | None = (await connection.execute(statement.returning(col(ReportSending.id)))).scalar()
    return added


async def hold(session: AsyncSession, sending_id: UUID) -> Held | None:
    """A sending with its configuration, held until the transaction ends; None where both are gone."""
    statement = (
        select(ReportConfig, ReportSending, col(Account.number), col(Account.time_zone))
        .join(ReportSending, col(ReportSending.report_config_id) == col(ReportConfig.id))
        .join(Account, col(Account.id) == col(ReportConfig.account_id))
        .where(col(ReportSending.id) == sending_id)
        .with_for_update(of=[ReportConfig, ReportSending])
    )
    row = (await session.exec(statement)).first()
    return None if row is None else Held(row[1], row[0], row[2], row[3])


async def role_of_changer(session: AsyncSession, config: ReportConfig, now: datetime) -> RoleName | None:
    """The role of whoever changed a configuration last, by now; None where they are gone or switched off.

    The account's API secret key is the same one after it was rotated.
    """
    own, by = config.account_id, config.changed_by
    if config.changed_with == "SESSION":
        login = select(col(Login.role)).where(col(Login.account_id) == own, col(Login.id) == by)
        return (await session.exec(login.where(col(Login.state) == LoginState.ACTIVE))).first()
    if config.changed_with == "API_KEY":
        lasts = or_(col(ApiKey.expires_at).is_(None), col(ApiKey.expires_at) > now)
        key = select(col(ApiKey.role)).where(col(ApiKey.account_id) == own, col(ApiKey.id) == by, lasts)
        return (await session.exec(key)).first()
    lasts = or_(col(ApiSecretKey.expires_at).is_(None), col(ApiSecretKey.expires_at) > now)
    secrets = select(func.count()).select_from(ApiSecretKey).where(col(ApiSecretKey.account_id) == own, lasts)
    known = config.changed_with == "API_SECRET_KEY" and (await session.exec(secrets)).one() > 0
    return RoleName.FULL_ACCESS if known else None


async def release(session: AsyncSession, sending_id: UUID, claimed_until: datetime) -> None:
    """Let others try what could not be sent, unless somebody has taken the claim over since."""
    own = (col(ReportSending.id) == sending_id, col(ReportSending.claimed_until) == claimed_until)
    await session.exec(update(ReportSending).where(*own).values(claimed_until=None))


async def note_sent(session: AsyncSession, sending_id: UUID, now: datetime) -> None:
    """Note that a report is sent."""
    sent = (
        update(ReportSending)
        .where(col(ReportSending.id) == sending_id)
        .values(sent_at=now, claimed_until=None)
        .returning(col(ReportSending.report_config_id))
    )
    config_id = (await session.exec(sent)).scalar()
    await session.exec(update(ReportConfig).where(col(ReportConfig.id) == config_id).values(last_sent_at=now))

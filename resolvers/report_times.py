"""When a report is mailed, and which days it is about: all of it in the account's time zone."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from models.enums import ReportFrequency
from resolvers.criteria import Days

SENT_AT = time(6)
"""The hour of the account's clock at which reports are mailed: every day, on Mondays, or on the first of the month."""

DAY = timedelta(days=1)


def next_sending(frequency: ReportFrequency, after: datetime, time_zone: str) -> datetime:
    """The first moment after another at which a report of this frequency is mailed."""
    zone = ZoneInfo(time_zone)
    today = after.astimezone(zone).date()
    due = _moment(_first_day(frequency, today), zone)
    return due if due > after else _moment(_first_day(frequency, today + DAY), zone)


def period_of(frequency: ReportFrequency, due: datetime, time_zone: str) -> tuple[date, date]:
    """The first and the last day of what a report is about that is mailed then: the day, week or month before."""
    day = due.astimezone(ZoneInfo(time_zone)).date()
    if frequency is ReportFrequency.DAILY:
        return day - DAY, day - DAY
    if frequency is ReportFrequency.WEEKLY:
        monday = day - timedelta(days=day.weekday())
        return monday - 7 * DAY, monday - DAY
    last = day.replace(day=1) - DAY
    return last.replace(day=1), last


def days_of_report(wanted: Days, *, opened: date, today: date) -> tuple[date, date]:
    """The days of a report that was asked for: an open end is the account's first day, or today."""
    last = wanted.last or max(today, wanted.first or today)
    return wanted.first or min(opened, last), last


def _moment(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, SENT_AT, zone).astimezone(UTC)


def _first_day(frequency: ReportFrequency, day: date) -> date:
    """The first day from this one on at which a report of this frequency is mailed."""
    if frequency is ReportFrequency.DAILY:
        return day
    if frequency is ReportFrequency.WEEKLY:
        return day + (-day.weekday() % 7) * DAY
    return day if day.day == 1 else (day.replace(day=1) + 31 * DAY).replace(day=1)

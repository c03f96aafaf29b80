"""`csvUrl`: all rows of a report behind a link. Whether its login may still see them is looked up when it is used."""

from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from models.audit import Action, Change, Target
from models.entities import ACCOUNT
from models.enums import ReportKind
from models.errors import BadInput, Forbidden
from models.queries import accounts, audit
from models.streams import Batches
from resolvers import sealed_links
from resolvers.acting import acting, origin
from resolvers.context import RequestContext, Sealer
from resolvers.reports import NEEDED, AskedReport
from resolvers.sealed_links import LONGEST_TOKEN, Asker, asker_of

PATH = "/exports/reports"
PURPOSE = "report export"
GOOD_FOR = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class ReportLink:
    """A report, and who asked for it."""

    report: AskedReport
    asker: Asker


@dataclass(frozen=True, slots=True)
class ReportExport:
    """A download that may begin: whose report it is, and its rows in batches."""

    account_number: str
    report: AskedReport
    rows: AbstractAsyncContextManager[Batches]


def report_csv_url(context: RequestContext, report: AskedReport) -> str:
    """A link to all rows of a report, for the caller's credential alone."""
    told = {
        "account": report.account_id.hex,
        "zone": report.time_zone,
        "kind": report.kind.name,
        "days": [report.first.isoformat(), report.last.isoformat()],
        "products": [id_.hex for id_ in report.product_ids],
    }
    token = sealed_links.sealed(context.sealer, PURPOSE, asker_of(context, GOOD_FOR), told)
    if len(token) > LONGEST_TOKEN:
        raise BadInput("`productIds` names more than fits into a link: name fewer at once.", "productIds")
    return f"{context.site}{PATH}?token={token}"


def opened(sealer: Sealer, token: str) -> ReportLink | None:
    """The link of a token; None where we have sealed none such."""
    found = sealed_links.opened(sealer, PURPOSE, token)
    if found is None:
        return None
    asker, told = found
    report = AskedReport(
        account_id=UUID(hex=told["account"]),
        time_zone=told["zone"],
        kind=ReportKind[told["kind"]],
        first=date.fromisoformat(told["days"][0]),
        last=date.fromisoformat(told["days"][1]),
        product_ids=tuple(UUID(hex=id_) for id_ in told["products"]),
    )
    return ReportLink(report, asker)


async def begin_report(context: RequestContext, link: ReportLink) -> ReportExport:
    """Note the download in the log, and get its rows ready; Forbidden where the caller may not see them any more."""
    actor, report = acting(context), link.report
    if actor.account_id != report.account_id or not all(actor.may(one) for one in NEEDED[report.kind]):
        raise Forbidden("This report is not yours to see.")
    async with context.db.write() as session:
        number = await accounts.hold(session, report.account_id)
        changes = [Change("kind", None, report.kind), Change("period", None, f"{report.first} to {report.last}")]
        target = Target(ACCOUNT, report.account_id, number)
        await audit.record(session, origin(context), Action.REPORT_EXPORTED, target, changes)
    statement, values = await report.statement(context.db, context.values)
    return ReportExport(number, report, context.db.streams.rows(statement, values))

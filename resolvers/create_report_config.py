"""Making a report configuration: what is mailed from then on, for as long as whoever changed it last may see it."""

from collections.abc import Sequence
from uuid import UUID

from models.audit import Action, Change, Target
from models.entities import REPORT_CONFIG
from models.enums import ReportFrequency, ReportKind
from models.errors import UserFault
from models.queries import accounts, audit, report_configs
from models.queries.report_configs import MOST_REPORT_CONFIGS
from models.tables import ReportConfig
from resolvers.acting import acting, origin
from resolvers.context import RequestContext
from resolvers.faults import Faults
from resolvers.report_forms import changer, named, product_names, read_form
from resolvers.report_times import next_sending


async def create_report_config(
    context: RequestContext,
    email: str,
    kind: ReportKind,
    frequency: ReportFrequency,
    product_ids: Sequence[UUID],
    enabled: bool,
) -> UUID:
    """Add a configuration to the caller's account; its id."""
    faults = Faults()
    form = read_form(faults, email=email, kind=kind, frequency=frequency, product_ids=product_ids, enabled=enabled)
    async with context.db.write() as session:
        account = await accounts.lock(session, acting(context).account_id)
        names = await product_names(session, faults, form)
        faults.stop()
        if await report_configs.count(session, account.id) >= MOST_REPORT_CONFIGS:
            most = f"There are {MOST_REPORT_CONFIGS} report configurations already: delete one first."
            raise UserFault("LIMIT_REACHED", most)
        config = ReportConfig(
            account_id=account.id,
            email=form.email or "",
            kind=kind,
            frequency=frequency,
            product_ids=list(form.products or ()),
            enabled=enabled,
            next_send_at=next_sending(frequency, context.now, account.time_zone) if enabled else None,
            created_at=context.now,
            **changer(context),
        )
        config_id = await report_configs.add(session, config)
        target = Target(REPORT_CONFIG, config_id, config.email)
        changes = _told(config, named(names, config.product_ids))
        await audit.record(session, origin(context), Action.REPORT_CONFIG_CREATED, target, changes)
    return config_id


def _told(config: ReportConfig, products: list[str]) -> list[Change]:
    told = [Change(name, None, getattr(config, name)) for name in ("email", "kind", "frequency", "enabled")]
    return [*told, Change("products", None, products or None)]

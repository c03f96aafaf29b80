"""Changing a report configuration, or switching it off and on. Whoever did it last answers for what is mailed."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from models.audit import Action, Change, Target
from models.entities import REPORT_CONFIG
from models.queries import accounts, audit
from models.tables import ReportConfig
from resolvers.acting import acting, origin
from resolvers.context import RequestContext
from resolvers.faults import Faults
from resolvers.report_forms import ReportForm, changer, held, named, product_names, read_form
from resolvers.report_times import next_sending

MAY_BE_NULL = frozenset({"product_ids"})
FIELDS = {"email": "email", "kind": "kind", "frequency": "frequency", "enabled": "enabled"}


async def update_report_config(context: RequestContext, config_id: UUID, given: Mapping[str, Any]) -> UUID:
    """Change a configuration of the caller's account by what is given of its fields; its id."""
    faults = Faults()
    for name, value in given.items():
        if value is None and name not in MAY_BE_NULL:
            faults.add("REQUIRED", "This may not be null.", name)
    products = (given["product_ids"] or ()) if "product_ids" in given else None
    typed = {name: given.get(name) for name in FIELDS}
    form = read_form(faults, **typed, product_ids=products)
    async with context.db.write() as session:
        account = await accounts.lock(session, acting(context).account_id)
        config = await held(context, session, config_id)
        names = await product_names(session, faults, form, config.product_ids)
        faults.stop()
        changes = _changed(config, form, names)
        if changes:
            _reschedule(context, config, changes, account.time_zone)
            config.sqlmodel_update(changer(context))
            await session.flush()
            target = Target(REPORT_CONFIG, config.id, config.email)
            await audit.record(session, origin(context), Action.REPORT_CONFIG_UPDATED, target, changes)
    return config_id


def _changed(config: ReportConfig, form: ReportForm, names: dict[UUID, str]) -> list[Change]:
    """Change the row, and tell what that changed."""
    wanted = {name: getattr(form, name) for name in FIELDS}
    changes = []
    for name, value in wanted.items():
        if value is not None and value != getattr(config, name):
            changes.append(Change(name, getattr(config, name), value))
            setattr(config, name, value)
    if form.products is not None and set(form.products) != set(config.product_ids):
        changes.append(Change("products", *(_shown(names, ids) for ids in (config.product_ids, list(form.products)))))
        config.product_ids = list(form.products)
    return changes


def _shown(names: dict[UUID, str], ids: Sequence[UUID]) -> list[str] | None:
    return named(names, ids) or None


def _reschedule(context: RequestContext, config: ReportConfig, changes: Sequence[Change], time_zone: str) -> None:
    """Set when it is mailed next, where how often or whether at all has changed."""
    if {change.field for change in changes} & {"frequency", "enabled"}:
        due = next_sending(config.frequency, context.now, time_zone)
        config.next_send_at = due if config.enabled else None

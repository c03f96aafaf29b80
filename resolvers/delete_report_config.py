"""Deleting a report configuration: nothing of it is mailed from the commit on."""

from uuid import UUID

from models.audit import Action, Change, Target
from models.entities import REPORT_CONFIG
from models.queries import accounts, audit, report_configs
from resolvers.acting import acting, origin
from resolvers.context import RequestContext
from resolvers.report_forms import held


async def delete_report_config(context: RequestContext, config_id: UUID) -> UUID:
    """Remove a configuration of the caller's account; the account's id."""
    account_id = acting(context).account_id
    async with context.db.write() as session:
        await accounts.hold(session, account_id)
        config = await held(context, session, config_id)
        await report_configs.remove(session, config)
        changes = [Change(name, getattr(config, name), None) for name in ("email", "kind", "frequency")]
        target = Target(REPORT_CONFIG, config_id, config.email)
        await audit.record(session, origin(context), Action.REPORT_CONFIG_DELETED, target, changes)
    return account_id

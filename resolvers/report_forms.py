"""What is typed about a report configuration: its checks, and who is noted as the last to have changed it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from auth.permissions import Permission
from models.db import Transaction
from models.enums import ReportFrequency, ReportKind
from models.errors import UserFault
from models.queries import report_configs
from models.tables import ReportConfig
from resolvers import checks
from resolvers.acting import acting
from resolvers.context import RequestContext
from resolvers.faults import Faults
from resolvers.id_lists import Places, missing, places

NO_PRODUCT = "There is no such product."


@dataclass(frozen=True, slots=True)
class ReportForm:
    """What a report configuration shall be; None for what stays as it is."""

    email: str | None = None
    kind: ReportKind | None = None
    frequency: ReportFrequency | None = None
    products: Places | None = None
    enabled: bool | None = None


def read_form(
    faults: Faults,
    *,
    email: str | None,
    kind: ReportKind | None,
    frequency: ReportFrequency | None,
    product_ids: Sequence[UUID] | None,
    enabled: bool | None,
) -> ReportForm:
    """What was typed, with its faults gathered."""
    address = None if email is None else faults.read(checks.email, email, "email")
    products = None if product_ids is None else faults.read(lambda ids: places(ids, "productIds"), product_ids)
    return ReportForm(address, kind, frequency, products, enabled)


async def product_names(
    session: Transaction, faults: Faults, form: ReportForm, before: Sequence[UUID] = ()
) -> dict[UUID, str]:
    """The names of all products that are spoken of, in order; those that the form names must be some."""
    named = form.products or {}
    names = await report_configs.product_names(session, {*named, *before})
    faults.found += missing(named, names, "productIds", NO_PRODUCT)
    return names


def named(names: dict[UUID, str], ids: Sequence[UUID]) -> list[str]:
    """The names of products as the log tells them."""
    wanted = set(ids)
    return [name for id_, name in names.items() if id_ in wanted]


def changer(context: RequestContext) -> dict[str, Any]:
    """Who changes a configuration, as it is kept: every sending asks whether they still may see what is sent."""
    actor = acting(context)
    return {"changed_by": actor.login_id or actor.credential_id, "changed_with": actor.credential.name}


def sees_prices(context: RequestContext) -> bool:
    """Whether configurations about costs exist for the caller."""
    return acting(context).may(Permission.VIEW_PRICES)


def no_report() -> UserFault:
    """The fault of an id that is no configuration of the account, or none for the caller."""
    return UserFault("NOT_FOUND", "The account has no such report configuration.", ["id"])


async def held(context: RequestContext, session: Transaction, config_id: UUID) -> ReportConfig:
    """A configuration of the caller's account, held."""
    own = acting(context).account_id
    config = await report_configs.lock(session, own, config_id, sees_prices=sees_prices(context))
    if config is None:
        raise no_report()
    return config

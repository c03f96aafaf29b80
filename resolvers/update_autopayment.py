"""Setting autopayment: its rule, its amounts, and the card that it charges."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any
from uuid import UUID

from models.audit import Action, Change, Target
from models.autopayment import DEFAULT_THRESHOLD_MINOR, Caps
from models.entities import ACCOUNT
from models.enums import AutopaymentMode
from models.queries import accounts, audit, autopayment
from models.tables import Account, PaymentMethod
from resolvers.acting import acting, origin
from resolvers.after_booking import ask_autopayment
from resolvers.amounts import Amount, minor_units, shown
from resolvers.context import RequestContext
from resolvers.faults import Faults

THRESHOLD, TARGET, METHOD = "threshold", "targetBalance", "paymentMethodId"
MODE_COLUMN, METHOD_COLUMN = "autopayment_mode", "autopayment_method_id"
AMOUNT_COLUMNS = {THRESHOLD: "autopayment_threshold_minor", TARGET: "autopayment_target_minor"}


@dataclass(frozen=True, slots=True)
class Wanted:
    """A mode, and by the fields of the input what was given beside it; what was left out is not there."""

    mode: AutopaymentMode
    amounts: Mapping[str, Amount | None]
    method: Mapping[str, UUID | None]


async def update_autopayment(context: RequestContext, wanted: Wanted) -> UUID:
    """Save the settings of the caller's account; its id. What changes nothing writes nothing."""
    account_id = acting(context).account_id
    async with context.db.write() as session:
        account = await accounts.lock(session, account_id)
        cards = await autopayment.cards(session, account_id)
        values = _values(account, wanted, cards, context.autopayment)
        if any(getattr(account, column) != value for column, value in values.items()):
            changes = _changes(account, values, cards)
            account.sqlmodel_update(values)
            await session.flush()
            target = Target(ACCOUNT, account_id, account.number)
            await audit.record(session, origin(context), Action.AUTOPAYMENT_UPDATED, target, changes)
            if wanted.mode is not AutopaymentMode.OFF:
                await ask_autopayment(session, account_id)
    return account_id


def _values(account: Account, wanted: Wanted, cards: Sequence[PaymentMethod], caps: Caps) -> dict[str, Any]:
    """The account's columns as they shall be, or everything that is wrong with that."""
    faults = Faults()
    card = wanted.method.get(METHOD, account.autopayment_method_id)
    values: dict[str, Any] = {MODE_COLUMN: wanted.mode, METHOD_COLUMN: card}
    for field, column in AMOUNT_COLUMNS.items():
        values[column] = getattr(account, column)
        if field in wanted.amounts:
            values[column] = _read(faults, field, wanted.amounts[field], account.currency, caps)
    _judge_amounts(faults, values, wanted.mode)
    _judge_card(faults, values, cards)
    faults.stop()
    return values


def _read(faults: Faults, field: str, given: Amount | None, currency: str, caps: Caps) -> int | None:
    if given is None:
        return None
    return faults.read(partial(minor_units, currency=currency, most=caps.most_minor), given, field)


def _judge_amounts(faults: Faults, values: dict[str, Any], mode: AutopaymentMode) -> None:
    """Adding funds needs a target; without a threshold the usual one is set. Amounts that are faulty are not judged."""
    faulty = {fault.field[0] for fault in faults.found if fault.field}
    adds, threshold, target = mode is AutopaymentMode.AUTO_ADD_FUNDS, AMOUNT_COLUMNS[THRESHOLD], AMOUNT_COLUMNS[TARGET]
    if adds and values[threshold] is None and THRESHOLD not in faulty:
        values[threshold] = DEFAULT_THRESHOLD_MINOR
    if faulty:
        return
    if adds and values[target] is None:
        faults.add("REQUIRED", "Adding funds needs a target balance.", TARGET)
    elif None not in {values[threshold], values[target]} and values[target] < values[threshold]:
        faults.add("INVALID", "The target balance may not be less than the threshold.", TARGET)


def _judge_card(faults: Faults, values: dict[str, Any], cards: Sequence[PaymentMethod]) -> None:
    """A card that is named must be the account's own; one must be there, named or default, for anything but OFF."""
    named = values[METHOD_COLUMN]
    if named is not None and named not in {card.id for card in cards}:
        faults.add("NOT_FOUND", "The account has no such payment method.", METHOD)
    elif named is None and values[MODE_COLUMN] is not AutopaymentMode.OFF and not any(c.is_default for c in cards):
        faults.add("PAYMENT_METHOD_REQUIRED", "There is no payment method to charge: add one first.", METHOD)


def _changes(account: Account, values: Mapping[str, Any], cards: Sequence[PaymentMethod]) -> list[Change]:
    """The settings before and after, in the log's words."""
    before = {column: getattr(account, column) for column in values}
    labels = {card.id: f"{card.brand} {card.last4}" for card in cards}
    amounts = [
        Change(f"autopayment.{field}", *(shown(values_[column], account.currency) for values_ in (before, values)))
        for field, column in AMOUNT_COLUMNS.items()
    ]
    card = Change("autopayment.paymentMethod", *(labels.get(values_[METHOD_COLUMN]) for values_ in (before, values)))
    return [Change("autopayment.mode", before[MODE_COLUMN], values[MODE_COLUMN]), *amounts, card]

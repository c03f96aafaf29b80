"""Changing an activation key: its limit, its note, and the networks that servers may register from."""

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from models.audit import Action, Change, Target, masked_key
from models.db import Transaction
from models.entities import ACTIVATION_KEY
from models.errors import UserFault
from models.queries import activation_keys
from models.tables import ActivationKey
from resolvers import key_fields
from resolvers.context import RequestContext
from resolvers.faults import Faults
from resolvers.tenants import tell, tenant_of

FIELDS: Mapping[str, tuple[str, Callable[[Any], Any]]] = {
    "limit": ("seat_limit", key_fields.limit),
    "note": ("note", key_fields.note),
    "allowedAddresses": ("allowed_addresses", key_fields.networks),
}
"""The column and the check of each field."""


async def update_activation_key(context: RequestContext, key_id: UUID, given: Mapping[str, Any]) -> UUID:
    """Change a key of the caller's account or a customer's by what is given; its id."""
    faults = Faults()
    wanted = {name: faults.read(FIELDS[name][1], value, name) for name, value in given.items()}
    faults.stop()
    return await context.db.transact(lambda session: _change(context, session, key_id, wanted))


async def _change(context: RequestContext, session: Transaction, key_id: UUID, wanted: Mapping[str, Any]) -> UUID:
    """The key's row is what registrations hold too: none slips in between the look at its use and its new limit."""
    missing = UserFault("NOT_FOUND", "There is no such activation key.", ["id"])
    tenant = await tenant_of(context, session, ActivationKey, key_id, missing)
    key = await activation_keys.lock(session, tenant.id, key_id)
    if key is None:
        raise missing
    limit = wanted.get("limit")
    if limit is not None and limit < key.used:
        raise UserFault("LIMIT_BELOW_USE", "More servers than that are registered with the key.", ["limit"])
    changes = [Change(name, _now(key, name), value) for name, value in wanted.items() if _now(key, name) != value]
    if changes:
        key.sqlmodel_update({FIELDS[change.field][0]: change.after for change in changes})
        await session.flush()
        target = Target(ACTIVATION_KEY, key.id, masked_key(key.key))
        await tell(context, session, tenant, Action.ACTIVATION_KEY_UPDATED, target, changes)
    return key_id


def _now(key: ActivationKey, name: str) -> Any:
    """What the key has of a field. Networks are text here, whatever the driver makes of them."""
    value = getattr(key, FIELDS[name][0])
    return [str(network) for network in value] if name == "allowedAddresses" else value

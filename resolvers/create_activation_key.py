"""Creating an activation key: of its product's shape, the default one where its license type has none yet."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from auth.activation_keys import new_activation_key
from models.audit import Action, Change, Target, masked_key
from models.db import Transaction
from models.entities import ACTIVATION_KEY
from models.enums import EventKind
from models.queries import activation_keys, events
from models.queries.activation_keys import NewKey, Offer
from models.queries.events import Happening
from models.queries.tenants import Tenant
from resolvers import key_fields
from resolvers.acting import acting
from resolvers.context import RequestContext
from resolvers.faults import Faults
from resolvers.tenants import tell, tenant_named

MOST_TRIES = 10
"""How often a text may be taken, or the default be made by another: at random once in longer than anybody waits."""


@dataclass(frozen=True, slots=True)
class WantedKey:
    """What a new key shall be, as it was typed. The license type is None where it was left out."""

    product_id: UUID
    license_type_id: UUID | None
    limit: int | None
    note: str | None
    allowed_addresses: Sequence[str] | None


async def create_activation_key(context: RequestContext, customer_id: UUID | None, wanted: WantedKey) -> UUID:
    """Create a key for the caller's account or a customer's, or raise all that is wrong with the input; its id."""
    faults = Faults()
    most = faults.read(key_fields.limit, wanted.limit, "limit")
    note = faults.read(key_fields.note, wanted.note, "note")
    networks = faults.read(key_fields.networks, wanted.allowed_addresses, "allowedAddresses")
    async with context.db.write() as session:
        tenant = await tenant_named(context, session, customer_id)
        offer = _chosen(await activation_keys.offers(session, wanted.product_id), wanted.license_type_id, faults)
        faults.stop()
        new = NewKey(
            account_id=tenant.id,
            product_id=wanted.product_id,
            license_type_id=offer.license_type_id,
            seat_limit=most,
            note=note,
            allowed_addresses=networks or [],
            created_at=context.now,
            created_by=acting(context).login_id,
        )
        return await _made(context, session, tenant, new, offer)


def _chosen(offers: Sequence[Offer], wanted: UUID | None, faults: Faults) -> Offer:
    """The license type that was named, or a product's only one. With a fault any stands in: nothing is made of it."""
    nothing = Offer(UUID(int=0), None, 0)
    if not offers:
        faults.add("NOT_FOUND", "There is no such product.", "productId")
        return nothing
    if wanted is None:
        if len(offers) > 1:
            faults.add("REQUIRED", "The product has several license types: name one.", "licenseTypeId")
        return offers[0]
    found = next((offer for offer in offers if offer.license_type_id == wanted), None)
    if found is None:
        faults.add("NOT_FOUND", "The product has no such license type.", "licenseTypeId")
    return found or nothing


async def _made(context: RequestContext, session: Transaction, tenant: Tenant, new: NewKey, offer: Offer) -> UUID:
    """Store the key under the first text that is free, and tell of it."""
    for _ in range(MOST_TRIES):
        key = new_activation_key(offer.key_prefix, offer.key_length)
        key_id = await activation_keys.add(session, new, key)
        if key_id is not None:
            changes = [
                Change("limit", None, new.seat_limit),
                Change("note", None, new.note),
                Change("allowedAddresses", None, list(new.allowed_addresses) or None),
            ]
            target = Target(ACTIVATION_KEY, key_id, masked_key(key))
            await tell(context, session, tenant, Action.ACTIVATION_KEY_CREATED, target, changes)
            created = Happening(EventKind.ACTIVATION_KEY_CREATED, activation_key_id=key_id)
            await events.record(session, tenant.id, context.now, [created])
            return key_id
    raise RuntimeError("no text for an activation key was free")

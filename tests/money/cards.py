"""Stored cards, made row by row."""

from datetime import date
from itertools import count
from typing import Any
from uuid import UUID

from models.db import Database
from models.tables import PaymentMethod
from tests import factories

_SERIAL = count(1)
LATER = date(2031, 12, 31)


async def make_card(db: Database, account_id: UUID, **values: Any) -> PaymentMethod:
    """A card that is the default one, unless told otherwise."""
    defaults = {
        "brand": "Visa",
        "last4": f"{next(_SERIAL):04}",
        "expires_on": LATER,
        "is_default": True,
        "provider_reference": f"pm_{next(_SERIAL)}",
    }
    return await factories.add(db, PaymentMethod, account_id=account_id, **(defaults | values))

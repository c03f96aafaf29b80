"""Rows about access: what the audit log holds."""

from typing import Any

from models.audit import Action
from tests.rules.rows import Maker

ACTIONS = (Action.API_KEY_CREATED, Action.LOGIN_SIGNED_IN, Action.SUBLOGIN_CREATED)
ACTORS = ("first@example.com", "First@example.com", "API key nightly (spkey_0a1b2c3d…)")


def add_audit_events(maker: Maker, account: dict[str, Any], zone: str, how_many: int) -> None:
    """Note what was done, several times at one moment."""
    for _ in range(how_many):
        maker.add(
            "audit_events",
            account_id=account["id"],
            at=maker.instant(zone),
            actor=maker.one_of(ACTORS),
            action=maker.one_of(ACTIONS).value,
            changes={"name": [None, "new"]},
        )

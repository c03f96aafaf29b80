"""The audit log: rows are added, in the transaction of what they tell about, and never changed."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import DateTime, Text, and_, bindparam, text
from sqlmodel.ext.asyncio.session import AsyncSession

from models import tables
from models.audit import Action, Change, Target, kept
from models.entities import AUDIT_CHANGE, AUDIT_EVENT, Entity
from models.queries.bounds import Bound
from models.queries.children import Children
from models.queries.pages import Order, Pages


@dataclass(frozen=True, slots=True)
class Origin:
    """Who did something, when and from where. A login goes by its e-mail, an API key by its name."""

    account_id: UUID
    actor: str | None
    at: datetime
    ip: str | None
    login_id: UUID | None = None
    credential_kind: str | None = None
    api_key_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Deed:
    """What was done to something of an account: the caller's own, or a customer's."""

    account_id: UUID
    action: Action
    target: Target | None = None
    changes: Sequence[Change] = ()


API_SECRET_KEY = "API secret key"  # noqa: S105 (who did something, not a secret)
"""How the log names the account's own machine credential, which has no name."""

REVOKED_KEY = "API key"
"""How the log names an API key that is gone by the time that the row is written."""


def written(deeds: str) -> str:
    """SQL that adds the rows of deeds, which are a query of a deed's columns in the order that the log has them in.

    It takes what `by` gives. The caller's own log tells everything. A customer's tells beside it that the reseller did
    it, and not which of the reseller's logins from where: that is the reseller's own.
    """
    return f"""
    WITH deed AS ({deeds}), caller AS (
        SELECT own.number, coalesce(
            (SELECT 'API key ' || name || ' (' || prefix || '…)' FROM api_keys WHERE id = :api_key_id),
            CAST(:actor AS text)
        ) AS name
        FROM accounts own WHERE own.id = :me
    )
    INSERT INTO audit_events (account_id, at, actor, login_id, credential_kind, ip, action,
                              target_type, target_id, target_label, changes)
    SELECT :me, CAST(:at AS timestamptz), caller.name, CAST(:login_id AS uuid), :credential_kind, CAST(:ip AS inet),
           action, target_type, target_id, target_label, changes
    FROM deed, caller
    UNION ALL
    SELECT account_id, CAST(:at AS timestamptz), 'Reseller ' || caller.number, NULL, NULL, NULL,
           action, target_type, target_id, target_label, changes
    FROM deed, caller WHERE account_id <> :me
    """


def lost(source: str, action: Action, entity: Entity, field: str) -> str:
    """The deeds of rows that are gone, as a query for `written`: each row of `source`, in the order of their ids.

    They go by the value of this field, whose column has the same name, and which is nothing from now on. What is hidden
    in the log is not told in this way.
    """
    if Change(field, field).shown() != [field, None]:
        raise ValueError(f"{field} is hidden in the log")
    return f"""
    SELECT account_id, '{action.value}' AS action, '{entity.name}' AS target_type, id AS target_id,
           {field} AS target_label, jsonb_build_object('{field}', jsonb_build_array({field}, NULL)) AS changes
    FROM {source} ORDER BY id
    """


DEEDS = text(
    written(
        """
        SELECT * FROM jsonb_to_recordset(CAST(:deeds AS jsonb)) AS deed (
            account_id uuid, action text, target_type text, target_id uuid, target_label text, changes jsonb
        )
        """
    )
)

FAILED_SIGN_IN = text(
    """
    INSERT INTO audit_events (account_id, at, actor, login_id, ip, action)
    SELECT account_id, :at, email, id, CAST(:ip AS inet), :action
    FROM logins WHERE lower(email) = lower(:email)
    """
)


async def record(
    session: AsyncSession,
    origin: Origin,
    action: Action,
    target: Target | None = None,
    changes: Sequence[Change] = (),
) -> None:
    """Add a row: one statement."""
    await record_all(session, origin, [Deed(origin.account_id, action, target, changes)])


async def record_all(session: AsyncSession, origin: Origin, deeds: Sequence[Deed]) -> None:
    """Add a row for each: one statement, or none where nothing was done."""
    if not deeds:
        return
    values = by(origin) | {"deeds": json.dumps([_deed(deed) for deed in deeds])}
    await (await session.connection()).execute(DEEDS, values)


def by(origin: Origin) -> dict[str, Any]:
    """Who did something, as `written` takes it. An API key is named as it is when the row is written."""
    return {
        "me": origin.account_id,
        "at": origin.at,
        "actor": origin.actor or (API_SECRET_KEY if origin.api_key_id is None else REVOKED_KEY),
        "api_key_id": origin.api_key_id,
        "login_id": origin.login_id,
        "credential_kind": origin.credential_kind,
        "ip": origin.ip,
    }


def _deed(deed: Deed) -> dict[str, Any]:
    target = deed.target
    named = {} if target is None else {"target_type": target.entity.name, "target_label": target.label}
    return {
        "account_id": str(deed.account_id),
        "action": deed.action.value,
        **named,
        "target_id": None if target is None else str(target.id),
        "changes": kept(deed.changes),
    }


async def record_failed_sign_in(session: AsyncSession, email: str, at: datetime, ip: str | None) -> None:
    """Note a failed sign-in for the login of an address. For an unknown address the same statement adds nothing.

    Whoever waits for the answer must not learn from its time which of the two it was, so the commit does not wait for
    the disk.
    """
    connection = await session.connection()
    await connection.execute(text("SET LOCAL synchronous_commit = off"))
    values = {"email": email, "at": at, "ip": ip, "action": Action.LOGIN_SIGN_IN_FAILED.value}
    await connection.execute(FAILED_SIGN_IN, values)


_event = tables.AuditEvent.__table__
_instant_type = DateTime(timezone=True)

EVENTS_OF_ACCOUNT = Pages(
    "audit_events_of_account",
    AUDIT_EVENT,
    source=_event,
    id=_event.c.id,
    scope=lambda parent: _event.c.account_id == parent.id,
    orders={"AT": (_event.c.at, _instant_type)},
    default=Order("AT", descending=True),
    conditions={
        "actor": lambda: _event.c.actor == bindparam("actor", type_=Text()),
        "action": lambda: _event.c.action == bindparam("action", type_=Text()),
        "at_from": lambda: Bound(_event.c.at, bindparam("at_from", type_=_instant_type)),
        "at_until": lambda: Bound(_event.c.at, bindparam("at_until", type_=_instant_type), upper=True),
    },
)

CHANGES_OF_EVENT = Children(
    "changes_of_audit_event",
    AUDIT_CHANGE,
    on=lambda parent: and_(
        AUDIT_CHANGE.source.c.account_id == parent.account_id, AUDIT_CHANGE.source.c.event_id == parent.id
    ),
    order=(AUDIT_CHANGE.source.c.field,),
)

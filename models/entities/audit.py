"""The audit log's rows, and what changed in each."""

from sqlalchemy import Text, column, func, select
from sqlalchemy.dialects.postgresql import JSONB

from models import tables
from models.columns import address_text, instant
from models.entities.base import Entity, own_account

_event = tables.AuditEvent.__table__.c

AUDIT_EVENT = Entity(
    "AuditEvent",
    tables.AuditEvent.__table__,
    {
        "id": _event.id,
        "account_id": _event.account_id,
        "at": instant(_event.at),
        "actor": _event.actor,
        "action": _event.action,
        "target_type": _event.target_type,
        "target_id": _event.target_id,
        "target_label": _event.target_label,
        "ip": address_text(_event.ip),
    },
    reach=own_account,
)

_pairs = func.jsonb_each(_event.changes).table_valued(column("key", Text()), column("value", JSONB()))
_pair = _pairs.render_derived(name="pair").c

_changes = (
    select(
        _event.id.label("event_id"),
        _event.account_id,
        _pair.key.label("field"),
        _pair.value[0].astext.label("before"),
        _pair.value[1].astext.label("after"),
    )
    .select_from(tables.AuditEvent.__table__, _pair.key.table)
    .subquery("changes")
)

AUDIT_CHANGE = Entity(
    "AuditChange",
    _changes,
    {"id": _changes.c.event_id, "field": _changes.c.field, "before": _changes.c.before, "after": _changes.c.after},
    reach=own_account,
)

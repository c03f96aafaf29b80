"""What the demo's own account asked for and what was noted about it: reports, requests to Sales, audit, events."""

import json
from datetime import timedelta
from typing import Any
from uuid import UUID

from gateway.demo.fleet import Fleet
from gateway.demo.stage import Tenant
from models import tables
from models.audit import Action, Change, Target, kept, masked_key
from models.entities import ACCOUNT, ACTIVATION_KEY, SERVER_GROUP
from models.enums import ReportFrequency
from resolvers.report_times import next_sending

REPORTS = (("SERVERS", "DAILY"), ("LICENSES", "WEEKLY"), ("COSTS", "MONTHLY"), ("SERVERS", "MONTHLY"))
PAUSED = ("SERVERS", "MONTHLY")
SPANS = {"DAILY": timedelta(days=1), "WEEKLY": timedelta(days=7), "MONTHLY": timedelta(days=30)}

REQUESTS = (
    ("LICENSE_QUANTITY", "CLOSED", "Please add 200 licenses from next month on."),
    ("PRODUCT_QUOTA", "ANSWERED", "How far can our quota be raised this year?"),
    ("BILLING_CYCLE", "OPEN", "We would like to pay for this product by the year."),
    ("OTHER", "OPEN", "Who is our contact while the usual one is away?"),
)


def add_records(tenant: Tenant, fleet: Fleet, last_invoice_id: UUID | None) -> None:
    """Add what only the demo's own account has."""
    _add_reports(tenant, fleet)
    _add_requests(tenant, fleet)
    _add_audit(tenant, fleet)
    _add_events(tenant, fleet, last_invoice_id)


def _add_reports(tenant: Tenant, fleet: Fleet) -> None:
    products = sorted({pool.offer.product_id for pool in fleet.pools})
    made = tenant.start + timedelta(days=2)
    for kind, frequency in REPORTS:
        enabled, span = (kind, frequency) != PAUSED, SPANS[frequency]
        due = next_sending(ReportFrequency[frequency], tenant.stage.now, tenant.profile.time_zone)
        tenant.stage.rows.add(
            tables.ReportConfig,
            id=tenant.chance.id_at(made),
            account_id=tenant.id,
            email=f"reports@{tenant.profile.domain}",
            kind=kind,
            frequency=frequency,
            product_ids=products[:2] if kind == "SERVERS" else [],
            enabled=enabled,
            last_sent_at=due - span if enabled else None,
            next_send_at=due if enabled else None,
            changed_by=tenant.master_id,
            changed_with="SESSION",
            created_at=made,
        )


def _add_requests(tenant: Tenant, fleet: Fleet) -> None:
    for place, (topic, state, message) in enumerate(REQUESTS):
        made = tenant.stage.now - timedelta(days=40 - 12 * place)
        tenant.stage.rows.add(
            tables.SalesRequest,
            id=tenant.chance.id_at(made),
            account_id=tenant.id,
            topic=topic,
            product_id=None if topic == "OTHER" else fleet.pools[place].offer.product_id,
            message=message,
            state=state,
            created_at=made,
            created_by=tenant.master_id,
        )


def _add_audit(tenant: Tenant, fleet: Fleet) -> None:
    key, group = fleet.pools[0].keys[1], fleet.groups[0]
    of_key = Target(ACTIVATION_KEY, key.id, masked_key(key.text))
    _note(tenant, 50, Action.ACTIVATION_KEY_CREATED, of_key, Change("note", None, "Web servers"))
    of_group = Target(SERVER_GROUP, group.id, group.name)
    _note(tenant, 30, Action.SERVER_GROUP_CREATED, of_group, Change("name", None, group.name))
    of_account = Target(ACCOUNT, tenant.id, tenant.number)
    phone = Change("personalInformation.phone", "+1 555 0100", "+1 555 0142")
    _note(tenant, 3, Action.ACCOUNT_UPDATED, of_account, phone)
    website = Change("companyInformation.website", f"https://old.{tenant.profile.domain}/", None)
    _note(tenant, 2, Action.ACCOUNT_UPDATED, of_account, website)


def _note(tenant: Tenant, days: int, action: Action, target: Target, change: Change) -> None:
    at = tenant.stage.now - timedelta(days=days)
    tenant.stage.rows.add(
        tables.AuditEvent,
        id=tenant.chance.id_at(at),
        account_id=tenant.id,
        at=at,
        actor=f"master@{tenant.profile.domain}",
        login_id=tenant.master_id,
        credential_kind="SESSION",
        ip="192.0.2.10",
        action=action.value,
        target_type=target.entity.name,
        target_id=target.id,
        target_label=target.label,
        changes=json.dumps(kept([change])),
    )


def _add_events(tenant: Tenant, fleet: Fleet, last_invoice_id: UUID | None) -> None:
    pool = fleet.pools[0]
    server_id = fleet.first_server[0] if fleet.first_server else None
    about: dict[str, dict[str, UUID | None]] = {
        "ACTIVATION_KEY_CREATED": {"activation_key_id": pool.keys[0].id},
        "SERVER_REGISTERED": {"server_id": server_id},
        "KEY_LIMIT_REACHED": {"activation_key_id": pool.keys[1].id},
        "LICENSES_CHANGED": {"product_subscription_id": pool.subscription_id},
        "INVOICE_ISSUED": {"invoice_id": last_invoice_id},
        "SERVER_SILENT": {"server_id": server_id},
    }
    for place, (kind, targets) in enumerate(about.items()):
        at = tenant.stage.now - timedelta(days=20 - 3 * place)
        names = ("server_id", "activation_key_id", "product_subscription_id", "invoice_id")
        ids: dict[str, Any] = {name: targets.get(name) for name in names}
        tenant.stage.rows.add(
            tables.Event, id=tenant.chance.id_at(at), account_id=tenant.id, kind=kind, at=at, **ids, payload="{}"
        )

"""Sublogins, machine credentials, report configurations and requests to Sales."""

from typing import Any

from sqlalchemy import Boolean, ColumnElement, DateTime, Uuid, bindparam, literal_column, or_, select, union_all

from models import tables
from models.columns import address_text, instant
from models.entities.base import Entity, own_account
from models.roles import RoleName

_login = tables.Login.__table__.c
_invitation = tables.Invitation.__table__.c
_api_key = tables.ApiKey.__table__.c
_secret = tables.ApiSecretKey.__table__.c
_report = tables.ReportConfig.__table__.c
_request = tables.SalesRequest.__table__.c

SEES_PRICES = bindparam("sees_prices", type_=Boolean())
"""Whether the caller may see prices: a report about costs does not exist for the others."""

_no_time = literal_column("NULL::timestamptz", DateTime(timezone=True))

_sublogins = union_all(
    select(
        _login.id,
        _login.account_id,
        _login.email,
        _login.role,
        _login.state,
        _login.totp_confirmed_at.is_not(None).label("two_factor_enabled"),
        _login.created_at,
        _login.last_sign_in_at,
    ).where(_login.role != literal_column(f"'{RoleName.MASTER.value}'")),
    select(
        _invitation.id,
        _invitation.account_id,
        _invitation.email,
        _invitation.role,
        _invitation.state,
        literal_column("false", Boolean()).label("two_factor_enabled"),
        _invitation.created_at,
        _no_time.label("last_sign_in_at"),
    ),
).subquery("sublogins")

SUBLOGIN = Entity(
    "Sublogin",
    _sublogins,
    {
        "id": _sublogins.c.id,
        "account_id": _sublogins.c.account_id,
        "email": _sublogins.c.email,
        "role": _sublogins.c.role,
        "state": _sublogins.c.state,
        "two_factor_enabled": _sublogins.c.two_factor_enabled,
        "created_at": instant(_sublogins.c.created_at),
        "last_sign_in_at": instant(_sublogins.c.last_sign_in_at),
    },
    reach=own_account,
)

API_KEY = Entity(
    "ApiKey",
    tables.ApiKey.__table__,
    {
        "id": _api_key.id,
        "account_id": _api_key.account_id,
        "name": _api_key.name,
        "prefix": _api_key.prefix,
        "role": _api_key.role,
        "created_at": instant(_api_key.created_at),
        "expires_at": instant(_api_key.expires_at),
        "last_used_at": instant(_api_key.last_used_at),
    },
    reach=own_account,
)

API_SECRET_KEY = Entity(
    "ApiSecretKey",
    tables.ApiSecretKey.__table__,
    {
        "id": _secret.id,
        "account_id": _secret.account_id,
        "prefix": _secret.prefix,
        "rotated_at": instant(_secret.created_at),
        "last_used_at": instant(_secret.last_used_at),
    },
    reach=own_account,
)


def own_report(columns: Any) -> ColumnElement[bool]:
    """The account's report configurations, those about costs only for who sees prices."""
    return own_account(columns) & or_(SEES_PRICES, columns.kind != literal_column("'COSTS'"))


REPORT_CONFIG = Entity(
    "ReportConfig",
    tables.ReportConfig.__table__,
    {
        "id": _report.id,
        "account_id": _report.account_id,
        "email": _report.email,
        "kind": _report.kind,
        "frequency": _report.frequency,
        "enabled": _report.enabled,
        "last_sent_at": instant(_report.last_sent_at),
        "next_send_at": instant(_report.next_send_at),
    },
    reach=own_report,
)

SALES_REQUEST = Entity(
    "SalesRequest",
    tables.SalesRequest.__table__,
    {
        "id": _request.id,
        "account_id": _request.account_id,
        "topic": _request.topic,
        "product_id": _request.product_id,
        "message": _request.message,
        "created_at": instant(_request.created_at),
        "state": _request.state,
    },
    reach=own_account,
)

_session = tables.Session.__table__.c
LOGIN = bindparam("login", type_=Uuid())
CREDENTIAL = bindparam("credential", type_=Uuid())


def _own_login(columns: Any) -> ColumnElement[bool]:
    found: ColumnElement[bool] = columns.login_id == LOGIN
    return found


SESSION = Entity(
    "Session",
    tables.Session.__table__,
    {
        "id": _session.id,
        "account_id": _session.account_id,
        "created_at": instant(_session.created_at),
        "last_seen_at": instant(_session.last_seen_at),
        "expires_at": instant(_session.expires_at),
        "ip": address_text(_session.ip),
        "user_agent": _session.user_agent,
        "is_current": _session.id == CREDENTIAL,
    },
    reach=_own_login,
)

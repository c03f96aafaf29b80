"""Activation keys, servers, their registrations and groups."""

from typing import Any

from sqlalchemy import DateTime, Text, bindparam, case, func, literal_column, select

from models import tables
from models.columns import NOW, address_list, address_text, instant, server_state
from models.entities.base import ME, Entity

_key = tables.ActivationKey.__table__.c
_group = tables.ServerGroup.__table__.c
_login = tables.Login.__table__.c

AT = bindparam(NOW, type_=DateTime(timezone=True))

_NEVER: Any = literal_column("'infinity'::timestamptz")
"""The last check-in of a server that never had one, as lists are sorted by it. What a server shows is made of that very
column, so that a page which is sorted by it need not look it up."""


def _with_check_in(table: Any, check_ins: Any, reference: str, *names: str) -> Any:
    """A table's rows with what their last check-in wrote. Where no column of that is asked for, it is not read."""
    told = [column for column in check_ins.c if column.name in names]
    joined = table.outerjoin(check_ins, check_ins.c[reference] == table.c.id)
    return select(*table.c, *told).select_from(joined).subquery(table.name.removesuffix("s"))


_servers = _with_check_in(
    tables.Server.__table__, tables.ServerCheckIn.__table__, "server_id", "last_check_in", "last_check_in_sort"
)
_registrations = _with_check_in(
    tables.Registration.__table__,
    tables.RegistrationCheckIn.__table__,
    "registration_id",
    "last_check_in",
    "version",
)
_server, _registration = _servers.c, _registrations.c


def _masked() -> Any:
    """A key as those see it who may not use it: its prefix, and four characters at either end."""
    dash = func.strpos(_key.key, literal_column("'-'"))
    prefix = func.left(_key.key, dash)
    secret_part = func.substr(_key.key, dash + literal_column("1"))
    ends: Any = literal_column("4")
    return func.concat(prefix, func.left(secret_part, ends), literal_column("'…'"), func.right(secret_part, ends))


def _creator() -> Any:
    """The e-mail of the login that made a key, for the key's own account alone."""
    email = select(_login.email).where(_login.id == _key.created_by, _login.account_id == ME).scalar_subquery()
    return case((_key.account_id == ME, email), else_=literal_column("NULL", Text()))


ACTIVATION_KEY = Entity(
    "ActivationKey",
    tables.ActivationKey.__table__,
    {
        "id": _key.id,
        "account_id": _key.account_id,
        "number": _key.number,
        "key": _key.key,
        "masked_key": _masked(),
        "product_id": _key.product_id,
        "license_type_id": _key.license_type_id,
        "license_id": _key.license_id,
        "note": _key.note,
        "is_default": _key.is_default,
        "used": _key.used,
        "limit": _key.seat_limit,
        "allowed_addresses": address_list(_key.allowed_addresses),
        "created_at": instant(_key.created_at),
        "created_by": _creator(),
    },
)

SERVER = Entity(
    "Server",
    _servers,
    {
        "id": _server.id,
        "account_id": _server.account_id,
        "hostname": _server.hostname,
        "ip": address_text(_server.ip),
        "registered_at": instant(_server.registered_at),
        "last_check_in": instant(func.nullif(_server.last_check_in_sort, _NEVER)),
        "state": server_state(_server.last_check_in_sort, AT),
        "group_id": _server.group_id,
    },
)

INSTALLED_PRODUCT = Entity(
    "InstalledProduct",
    _registrations,
    {
        "id": _registration.id,
        "account_id": _registration.account_id,
        "server_id": _registration.server_id,
        "product_id": _registration.product_id,
        "license_type_id": _registration.license_type_id,
        "activation_key_id": _registration.activation_key_id,
        "activated_at": instant(_registration.activated_at),
        "last_check_in": instant(_registration.last_check_in),
        "version": _registration.version,
    },
)

SERVER_GROUP = Entity(
    "ServerGroup",
    tables.ServerGroup.__table__,
    {"id": _group.id, "account_id": _group.account_id, "number": _group.number, "name": _group.name},
)

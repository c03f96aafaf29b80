"""Sublogins and credentials of an account, its report configurations, requests to Sales, and customers."""

from sqlalchemy import DateTime, Text, any_, bindparam, func, or_

from models import tables
from models.entities import (
    API_KEY,
    API_SECRET_KEY,
    CUSTOMER,
    PRODUCT,
    REPORT_CONFIG,
    SALES_REQUEST,
    SESSION,
    SUBLOGIN,
)
from models.entities.access import own_report
from models.queries.children import Children
from models.queries.pages import Order, Pages

_account = tables.Account.__table__
_api_key = tables.ApiKey.__table__
_secret = tables.ApiSecretKey.__table__
_session = tables.Session.__table__
_report = tables.ReportConfig.__table__
_product = tables.Product.__table__
_request = tables.SalesRequest.__table__
_sublogin = SUBLOGIN.source

_search = func.lower(bindparam("search", type_=Text()))
_instant_type = DateTime(timezone=True)

SUBLOGINS_OF_ACCOUNT = Children(
    "sublogins_of_account",
    SUBLOGIN,
    on=lambda parent: _sublogin.c.account_id == parent.id,
    order=(func.lower(_sublogin.c.email), _sublogin.c.id),
)

API_KEYS_OF_ACCOUNT = Children(
    "api_keys_of_account",
    API_KEY,
    on=lambda parent: _api_key.c.account_id == parent.id,
    order=(_api_key.c.created_at, _api_key.c.id),
)

SECRET_KEY_OF_ACCOUNT = Children(
    "secret_key_of_account",
    API_SECRET_KEY,
    on=lambda parent: (_secret.c.account_id == parent.id) & _secret.c.expires_at.is_(None),
    order=(_secret.c.created_at.desc(),),
)

SESSIONS_OF_LOGIN = Children(
    "sessions_of_login",
    SESSION,
    on=lambda parent: (
        (_session.c.account_id == parent.account_id)
        & (_session.c.login_id == parent.id)
        & (_session.c.expires_at > bindparam("now", type_=_instant_type))
    ),
    order=(_session.c.created_at.desc(), _session.c.id),
    conditions={"seen_after": lambda: _session.c.last_seen_at > bindparam("seen_after", type_=_instant_type)},
)

REPORTS_OF_ACCOUNT = Children(
    "reports_of_account",
    REPORT_CONFIG,
    on=lambda parent: (_report.c.account_id == parent.id) & own_report(_report.c),
    order=(_report.c.created_at, _report.c.id),
)

PRODUCTS_OF_REPORT = Children(
    "products_of_report",
    PRODUCT,
    on=lambda parent: (_report.c.id == parent.id) & (_report.c.account_id == parent.account_id),
    source=_report.join(_product, _product.c.id == any_(_report.c.product_ids)),
    order=(_product.c.position,),
)

REQUESTS_OF_ACCOUNT = Pages(
    "requests_of_account",
    SALES_REQUEST,
    source=_request,
    id=_request.c.id,
    scope=lambda parent: _request.c.account_id == parent.id,
    orders={"CREATED_AT": (_request.c.created_at, _instant_type)},
    default=Order("CREATED_AT", descending=True),
)

CUSTOMERS_OF_ACCOUNT = Pages(
    "customers_of_account",
    CUSTOMER,
    source=_account,
    id=_account.c.id,
    scope=lambda parent: _account.c.reseller_id == parent.id,
    orders={"NAME": (func.lower(_account.c.company_name).collate("C"), Text())},
    default=Order("NAME"),
    conditions={
        "search": lambda: or_(
            func.lower(_account.c.company_name).like(_search), func.lower(_account.c.number).like(_search)
        )
    },
)

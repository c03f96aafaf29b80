"""Accounts as their own logins see them, and as their resellers do."""

from typing import Any

from sqlalchemy import ColumnElement

from models import tables
from models.columns import instant, money
from models.entities.base import ME, Entity

_account = tables.Account.__table__.c

_COMMON = {
    "id": _account.id,
    "account_id": _account.id,
    "number": _account.number,
    "state": _account.state,
    "registered_at": instant(_account.registered_at),
    "time_zone": _account.time_zone,
    "currency": _account.currency,
    "company_name": _account.company_name,
    "company_street": _account.company_street,
    "company_city": _account.company_city,
    "company_region": _account.company_region,
    "company_postal_code": _account.company_postal_code,
    "company_country": _account.company_country,
    "company_vat_number": _account.vat_number,
    "company_website": _account.website,
}

_OWN = {
    "kind": _account.kind,
    "personal_first_name": _account.personal_first_name,
    "personal_last_name": _account.personal_last_name,
    "personal_email": _account.personal_email,
    "personal_phone": _account.personal_phone,
    "personal_im_upgrade_url": _account.im_upgrade_url,
    "billing_first_name": _account.billing_first_name,
    "billing_last_name": _account.billing_last_name,
    "billing_email": _account.billing_contact_email,
    "billing_phone": _account.billing_phone,
    "billing_street": _account.billing_street,
    "billing_city": _account.billing_city,
    "billing_region": _account.billing_region,
    "billing_postal_code": _account.billing_postal_code,
    "billing_country": _account.billing_country,
    "money_id": _account.id,
    "money_account_id": _account.id,
    "money_email": _account.billing_email,
    **money("money_balance", _account.balance_minor, _account.currency),
    "money_autopayment_mode": _account.autopayment_mode,
    "money_autopayment_payment_method_id": _account.autopayment_method_id,
    **money("money_autopayment_threshold", _account.autopayment_threshold_minor, _account.currency),
    **money("money_autopayment_target_balance", _account.autopayment_target_minor, _account.currency),
}


def _itself(columns: Any) -> ColumnElement[bool]:
    found: ColumnElement[bool] = columns.id == ME
    return found


def _a_customer(columns: Any) -> ColumnElement[bool]:
    found: ColumnElement[bool] = columns.reseller_id == ME
    return found


ACCOUNT = Entity("Account", tables.Account.__table__, {**_COMMON, **_OWN}, reach=_itself)

CUSTOMER = Entity(
    "Customer",
    tables.Account.__table__,
    {
        **_COMMON,
        "name": _account.company_name,
        **money("balance", _account.balance_minor, _account.currency),
    },
    reach=_a_customer,
)

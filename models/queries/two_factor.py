"""Whether a login has a second factor, and how many recovery codes are left of it."""

from sqlalchemy import func, select

from models import tables
from models.columns import instant
from models.queries.children import Totals

_login = tables.Login.__table__.c
_code = tables.RecoveryCode.__table__.c

TWO_FACTOR_OF_LOGIN = Totals(
    "two_factor_of_login",
    lambda parent: select(
        _login.totp_confirmed_at.is_not(None).label("enabled"),
        instant(_login.totp_confirmed_at).label("confirmed_at"),
        select(func.count())
        .where(_code.login_id == _login.id, _code.used_at.is_(None))
        .correlate(tables.Login.__table__)
        .scalar_subquery()
        .label("recovery_codes_left"),
    ).where(_login.account_id == parent.account_id, _login.id == parent.id),
)

"""The roles a login can have, as the subscription portal's manual names them."""

from models.enums import Single


class RoleName(Single):
    """A login's role. MASTER is the account's own login; the other six are given to sublogins."""

    MASTER = "MASTER"
    FULL_ACCESS = "FULL_ACCESS"
    BILLING = "BILLING"
    SERVER_AND_LICENSE_MANAGEMENT = "SERVER_AND_LICENSE_MANAGEMENT"
    SERVER_MANAGEMENT = "SERVER_MANAGEMENT"
    READ_ONLY_BILLING = "READ_ONLY_BILLING"
    READ_ONLY_SERVER_MANAGEMENT = "READ_ONLY_SERVER_MANAGEMENT"


SUBLOGIN_ROLES = tuple(role for role in RoleName if role is not RoleName.MASTER)

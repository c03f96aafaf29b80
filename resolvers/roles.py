"""Which roles can be given away."""

from collections.abc import Iterator

from models.errors import UserFault
from models.roles import RoleName


def not_the_master(role: RoleName) -> Iterator[UserFault]:
    """The fault of a role that only the account's own login has."""
    if role is RoleName.MASTER:
        yield UserFault("INVALID", "Only the account's own login is its master. Choose one of the six roles.", ["role"])

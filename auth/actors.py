"""The caller of one request, as its credential proved it."""

from dataclasses import dataclass
from uuid import UUID

from auth.permissions import PERMISSIONS, Permission
from models.enums import Single
from models.roles import RoleName


class CredentialKind(Single):
    """How a caller came in: a person's session, an API key, or the account's API secret key."""

    SESSION = "SESSION"
    API_KEY = "API_KEY"
    API_SECRET_KEY = "API_SECRET_KEY"  # noqa: S105 (a kind of credential, not one)


@dataclass(frozen=True, slots=True)
class Actor:
    """Who is calling, for which account, in which role and by which credential.

    `credential_id` is the session's, the API key's or the API secret key's row; `login_id` and `email` are None for
    machine credentials.
    """

    account_id: UUID
    role: RoleName
    credential: CredentialKind
    credential_id: UUID
    login_id: UUID | None = None
    email: str | None = None

    def may(self, permission: Permission) -> bool:
        """Whether the actor's role has the permission."""
        return permission in PERMISSIONS[self.role]

"""The error family: everything that can go wrong on purpose.

    PortalError
    ├── BadInput          a value that cannot be read at all; `path` names the argument
    ├── Unauthenticated   no credential, or one that does not hold
    ├── Forbidden         the role or the kind of credential may not
    ├── TooManyRows       the operation has read more rows than one may
    ├── Contended         others changed the same rows meanwhile: the transaction begins anew
    ├── UserFault         what the user can mend; becomes an entry of `userErrors`
    └── UserFaults        several of these, such as all that is wrong with a form

Anything else that is raised is a defect: it is logged with the request id and masked.
"""

from collections.abc import Sequence


class PortalError(Exception):
    """The root of the family. Its message is written for the caller and may be shown."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class BadInput(PortalError):
    """A malformed value: a scalar that does not parse, a bad cursor, a page size out of range."""

    def __init__(self, message: str, path: str | None = None) -> None:
        super().__init__(message)
        self.path = path


class Unauthenticated(PortalError):
    """The operation needs a credential."""


class Forbidden(PortalError):
    """The caller is known and may not."""


class TooManyRows(PortalError):
    """The operation has read more rows than one may: it is stopped."""


class Contended(PortalError):
    """Others have changed meanwhile what a transaction had read before it could hold it: it has to begin anew."""

    def __init__(self) -> None:
        super().__init__("Others are changing the same things just now.")


class UserFault(PortalError):
    """Something the user can mend. `code` is a UserErrorCode's name, `field` the path inside `input`."""

    def __init__(
        self,
        code: str,
        message: str,
        field: Sequence[str] | None = None,
        retry_after_ms: int | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.field = None if field is None else tuple(field)
        self.retry_after_ms = retry_after_ms


class UserFaults(PortalError):
    """Several things that the user can mend, told at once."""

    def __init__(self, faults: Sequence[UserFault]) -> None:
        super().__init__(" ".join(fault.message for fault in faults))
        self.faults = tuple(faults)

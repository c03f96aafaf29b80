"""What `can` answers, over a small schema."""

import pytest

from auth.actors import CredentialKind
from auth.permissions import Permission
from models.roles import RoleName
from tests.access.small import actor, small_guards

P = Permission


@pytest.mark.parametrize(
    ("coordinate", "missing"),
    [
        ("Account", []),
        ("Account.number", []),
        ("Account.invoices", [P.VIEW_INVOICES]),
        ("Account.latest", [P.VIEW_INVOICES]),
        ("Invoice", [P.VIEW_INVOICES]),
        ("Invoice.total", [P.VIEW_INVOICES]),
        ("Invoice.price", [P.VIEW_INVOICES, P.VIEW_PRICES]),
        ("Account.owner", [P.MANAGE_ACCESS]),
        ("Mutation.topUp", [P.EDIT_BILLING]),
        ("Mutation.changePassword", [P.CHANGE_PASSWORD]),
        ("Mutation.signOut", []),
        ("Kind", []),
        ("Kind.SERVERS", []),
        ("Kind.COSTS", [P.VIEW_PRICES]),
        ("Filter.kinds", []),
        ("Node.id", []),
        ("Int", []),
    ],
)
def test_a_coordinate_is_allowed_when_every_guard_on_the_way_holds(coordinate: str, missing: list[P]) -> None:
    capability = small_guards().capability(coordinate, actor(RoleName.SERVER_MANAGEMENT))
    assert capability.coordinate == coordinate
    assert list(capability.missing) == missing
    assert capability.allowed is not bool(missing)
    assert small_guards().capability(coordinate, actor(RoleName.MASTER)).allowed


@pytest.mark.parametrize(
    "coordinate", ["", ".", "Nothing", "Account.", "Account.nothing", "Kind.NOTHING", "Int.max", "Filter.x", "account"]
)
def test_what_the_schema_does_not_hold_is_not_allowed_and_misses_nothing(coordinate: str) -> None:
    capability = small_guards().capability(coordinate, actor(RoleName.MASTER))
    assert (capability.allowed, capability.missing) == (False, ())


@pytest.mark.parametrize("kind", [CredentialKind.API_KEY, CredentialKind.API_SECRET_KEY])
def test_no_permission_would_help_a_machine_with_what_is_a_sessions(kind: CredentialKind) -> None:
    for name in ("signOut", "changePassword"):
        capability = small_guards().capability(f"Mutation.{name}", actor(RoleName.FULL_ACCESS, kind))
        assert (capability.allowed, capability.missing) == (False, ())


def test_without_a_credential_every_guard_is_missing() -> None:
    guards = small_guards()
    assert guards.capability("Account.number", None).allowed
    assert guards.capability("Account.invoices", None).missing == (P.VIEW_INVOICES,)
    assert guards.view(None) is guards.view(None)

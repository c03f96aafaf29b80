"""Values for arguments, as literals or in variables: mostly good ones, and some that are wrong at run time alone."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from random import Random
from typing import Any

from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    is_list_type,
    is_non_null_type,
    is_required_input_field,
)

from tests.client import DEMO_PASSWORD
from tests.fuzz.pool import Pool

WRONG, NULL = 0.08, 0.07

IDS_OF = {
    "productIds": "Product",
    "licenseTypeIds": "LicenseType",
    "activationKeyIds": "ActivationKey",
    "groupIds": "ServerGroup",
    "productId": "Product",
    "licenseTypeId": "LicenseType",
    "customerId": "Customer",
    "activationKeyId": "ActivationKey",
    "groupId": "ServerGroup",
    "serverIds": "Server",
    "addServerIds": "Server",
    "removeServerIds": "Server",
    "keepId": "Server",
    "duplicateIds": "Server",
    "paymentMethodId": "PaymentMethod",
    "licenseId": "License",
}
DATES = ("2026-03-01", "2026-05-31", "2026-06-01", "2025-10-26", "2024-02-29", "0001-01-01", "9999-12-31")
COORDINATES = (
    "Invoice.total",
    "Invoice",
    "ReportKind.COSTS",
    "Account.servers",
    "Query.customer",
    "Mutation.signOut",
    "Nothing",
    "Account.nothing",
    "",
)
IDS_IN = {
    "RevokeApiKeyInput": "ApiKey",
    "RevokeSessionInput": "Session",
    "UpdateSubloginInput": "Sublogin",
    "DeleteSubloginInput": "Sublogin",
    "UpdateActivationKeyInput": "ActivationKey",
    "RemoveActivationKeysInput": "ActivationKey",
    "UpdateServerInput": "Server",
    "RemoveServersInput": "Server",
    "UpdateServerGroupInput": "ServerGroup",
    "DeleteServerGroupInput": "ServerGroup",
    "UpdateReportConfigInput": "ReportConfig",
    "DeleteReportConfigInput": "ReportConfig",
    "SetDefaultPaymentMethodInput": "PaymentMethod",
    "RemovePaymentMethodInput": "PaymentMethod",
}
"""What the `id`, or the `ids`, of an input are of."""

TEXTS: Mapping[str, tuple[Any, ...]] = {
    "email": ("master@demo.example.com", "MASTER@demo.example.com", "nobody@demo.example.com", "new@demo.example.com"),
    "newEmail": ("another@demo.example.com", "new@demo.example.com", "a@localhost"),
    "currentPassword": (DEMO_PASSWORD, "wrong"),
    "password": (DEMO_PASSWORD, DEMO_PASSWORD, "wrong"),
    "code": ("000000", ""),
    "timeZone": ("Europe/Berlin", "UTC", "Nowhere/Atlantis"),
    "phone": ("+49 30 000000", "none"),
    "country": ("DE", "NL", "Atlantis"),
    "overlapHours": (0, 1, 24, 1000, -1),
    "at": ("2026-05-31T10:00:00Z", "2026-05-31T12:00:00.5+02:00"),
    "expiresAt": ("2026-08-01T00:00:00Z", "2026-12-31T23:59:59.5+02:00", "2020-01-01T00:00:00Z"),
    "website": ("https://www.example.com", "http://example.org/path"),
    "returnUrl": ("https://www.example.com/cards", "http://example.org"),
    "imUpgradeUrl": ("https://upgrade.example.com",),
    "coordinates": COORDINATES,
    "limit": (1, 3, 500, 0, -1),
    "note": ("Rack 12", " ", "x" * 101),
    "allowedAddresses": ("192.0.2.0/24", "2001:db8::1", "none"),
    "name": ("QA", "qa", "Another group", ""),
    "hostname": ("Web-1.demo.example.com", "web-2", "not a host"),
    "ip": ("192.0.2.7", "2001:db8::7"),
    "message": ("More licenses, please.", ""),
    "amount": ("1.00", "20", "0.01", "0", "-5.00", "999999999999.99"),
    "currency": ("USD", "USD", "EUR", "usd", ""),
    "quantity": (1, 5, 0, -1, 100_000, 2_147_483_647),
}
"""Values for arguments and input fields of a name."""

FORGED = ("", "x", "Viewer:1", "AAAAAAAAAAAAAAAAAAAAAAA", "____", "é")


class Word(str):
    """A value that a document writes without quotes: an enum's, or a variable."""

    __slots__ = ()


def literal(value: Any) -> str:
    """A value as a document writes it."""
    if isinstance(value, Word):
        return str(value)
    if isinstance(value, dict):
        return "{" + ", ".join(f"{name}: {literal(inner)}" for name, inner in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(literal(item) for item in value) + "]"
    return json.dumps(value, ensure_ascii=False)


@dataclass
class Values:
    """Makes values of input types."""

    random: Random
    pool: Pool

    def of(self, kind: Any, name: str) -> Any:
        """A value of the type, for an argument or input field of the name."""
        if is_non_null_type(kind):
            return self._present(kind.of_type, name)
        return None if self.random.random() < NULL else self._present(kind, name)

    def _present(self, kind: Any, name: str) -> Any:
        if is_list_type(kind):
            return self._listed(kind.of_type, name)
        if isinstance(kind, GraphQLInputObjectType):
            return self._object(kind)
        if isinstance(kind, GraphQLEnumType):
            return Word(self.random.choice(list(kind.values)))
        return self._scalar(kind.name, name)

    def _listed(self, kind: Any, name: str) -> Any:
        """A list, or a single item, which counts as a list of itself."""
        if self.random.random() < 0.1:
            return self.of(kind, name)
        return [self.of(kind, name) for _ in range(self.random.choice((0, 1, 1, 2, 3)))]

    def _object(self, kind: GraphQLInputObjectType) -> dict[str, Any]:
        """An input object with what it requires and some of the rest, in any order."""
        fields = list(kind.fields.items())
        self.random.shuffle(fields)
        return {
            name: self._ids(kind.name, name) if name in {"id", "ids"} else self.of(field.type, name)
            for name, field in fields
            if is_required_input_field(field) or self.random.random() < 0.4
        }

    def _ids(self, of_input: str, name: str) -> str | list[str]:
        """The id that an input is about, or up to three of them."""
        found = [self.id_of(IDS_IN[of_input]) for _ in range(self.random.choice((1, 1, 2, 3)))]
        return found if name == "ids" else found[0]

    def _scalar(self, kind: str, name: str) -> Any:
        if name in TEXTS:
            return self.random.choice(TEXTS[name])
        if kind == "ID":
            return self.id_of(IDS_OF.get(name, self.random.choice(list(self.pool.ids))))
        if kind == "Boolean":
            return self.random.random() < 0.5
        return self.random.choice(DATES if kind == "Date" else self.pool.words)

    def id_of(self, type_name: str) -> str:
        """An id of the type, now and then one of another or none at all."""
        if self.random.random() < WRONG:
            return self.random.choice((*FORGED, *self.pool.ids[self.random.choice(list(self.pool.ids))]))
        return self.random.choice(self.pool.ids[type_name])

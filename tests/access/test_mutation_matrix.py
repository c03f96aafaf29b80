"""Every mutation for every kind of caller over HTTP: who may, who is refused how, and that refusals change nothing."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

import httpx
import pytest

from models.db import Database
from models.roles import RoleName
from tests.access.manual import MASTERS_ALONE, TABLE
from tests.access.people import make_api_key, make_secret_key, utc
from tests.access.test_every_field import INPUTS, email_of
from tests.access.unchanged import everything
from tests.access.ways import sdl_schema
from tests.client import ask, post, sign_in
from tests.databases import StatementLog

CALLERS = (
    "MASTER",
    "FULL_ACCESS",
    "BILLING",
    "SERVER_AND_LICENSE_MANAGEMENT",
    "SERVER_MANAGEMENT",
    "READ_ONLY_BILLING",
    "READ_ONLY_SERVER_MANAGEMENT",
    "an API key with Full Access",
    "the API secret key",
    "nobody",
)
"""The columns below: the seven roles' sessions in the manual's order, both machine credentials, and no credential."""

MAY, LACKS, NO_SESSION, UNKNOWN = "x.-?"
"""May; is FORBIDDEN for want of the permission; is FORBIDDEN as a machine; is UNAUTHENTICATED."""

# fmt: off
MATRIX: Mapping[str, tuple[str | None, str]] = {
    "signIn":                    (None,                     "x xxxxxx xx x"),
    "signOut":                   (None,                     "x xxxxxx -- ?"),
    "register":                  (None,                     "x xxxxxx xx x"),
    "requestPasswordReset":      (None,                     "x xxxxxx xx x"),
    "resetPassword":             (None,                     "x xxxxxx xx x"),
    "confirmLoginEmail":         (None,                     "x xxxxxx xx x"),
    "changePassword":            ("CHANGE_PASSWORD",        "x x..... -- ?"),
    "changeLoginEmail":          (None,                     "x xxxxxx -- ?"),
    "beginTwoFactor":            (None,                     "x xxxxxx -- ?"),
    "confirmTwoFactor":          (None,                     "x xxxxxx -- ?"),
    "disableTwoFactor":          (None,                     "x xxxxxx -- ?"),
    "revokeSession":             (None,                     "x xxxxxx -- ?"),
    "updatePersonalInformation": ("EDIT_ACCOUNT",           "x xx.... xx ?"),
    "updateCompanyInformation":  ("EDIT_ACCOUNT",           "x xx.... xx ?"),
    "updateBillingContact":      ("EDIT_ACCOUNT",           "x xx.... xx ?"),
    "beginPaymentMethod":        ("EDIT_CREDIT_CARDS",      "x xx.... xx ?"),
    "addPaymentMethod":          ("EDIT_CREDIT_CARDS",      "x xx.... xx ?"),
    "setDefaultPaymentMethod":   ("EDIT_CREDIT_CARDS",      "x xx.... xx ?"),
    "removePaymentMethod":       ("EDIT_CREDIT_CARDS",      "x xx.... xx ?"),
    "updateBillingEmail":        ("EDIT_BILLING",           "x xx.... xx ?"),
    "createSublogin":            ("MANAGE_ACCESS",          "x ...... .. ?"),
    "updateSublogin":            ("MANAGE_ACCESS",          "x ...... .. ?"),
    "deleteSublogin":            ("MANAGE_ACCESS",          "x ...... .. ?"),
    "createApiKey":              ("MANAGE_ACCESS",          "x ...... .. ?"),
    "revokeApiKey":              ("MANAGE_ACCESS",          "x ...... .. ?"),
    "rotateApiSecretKey":        ("MANAGE_ACCESS",          "x ...... .. ?"),
    "createActivationKey":       ("CREATE_ACTIVATION_KEYS", "x x.xx.. xx ?"),
    "updateActivationKey":       ("CREATE_ACTIVATION_KEYS", "x x.xx.. xx ?"),
    "removeActivationKeys":      ("CREATE_ACTIVATION_KEYS", "x x.xx.. xx ?"),
    "addServer":                 ("MANAGE_SERVERS",         "x x.xx.. xx ?"),
    "updateServer":              ("MANAGE_SERVERS",         "x x.xx.. xx ?"),
    "mergeServers":              ("MANAGE_SERVERS",         "x x.xx.. xx ?"),
    "removeServers":             ("MANAGE_SERVERS",         "x x.xx.. xx ?"),
    "createServerGroup":         ("MANAGE_SERVERS",         "x x.xx.. xx ?"),
    "updateServerGroup":         ("MANAGE_SERVERS",         "x x.xx.. xx ?"),
    "deleteServerGroup":         ("MANAGE_SERVERS",         "x x.xx.. xx ?"),
    "createReportConfig":        ("VIEW_REPORTS",           "x x.xxxx xx ?"),
    "updateReportConfig":        ("VIEW_REPORTS",           "x x.xxxx xx ?"),
    "deleteReportConfig":        ("VIEW_REPORTS",           "x x.xxxx xx ?"),
    "orderLicenses":             ("ORDER_LICENSES",         "x x.x... xx ?"),
    "deleteLicenses":            ("ORDER_LICENSES",         "x x.x... xx ?"),
    "contactSales":              ("VIEW_PRODUCTS",          "x xxxxxx xx ?"),
    "createCustomer":            ("EDIT_ACCOUNT",           "x xx.... xx ?"),
    "inviteCustomer":            ("EDIT_ACCOUNT",           "x xx.... xx ?"),
    "topUp":                     ("EDIT_BILLING",           "x xx.... xx ?"),
    "transferFunds":             ("EDIT_BILLING",           "x xx.... xx ?"),
    "updateAutopayment":         ("EDIT_BILLING",           "x xx.... xx ?"),
    "registerServer":            (None,                     "x xxxxxx xx x"),
    "checkIn":                   (None,                     "x xxxxxx xx x"),
    "unregisterServer":          (None,                     "x xxxxxx xx x"),
}
# fmt: on

GIVEN = INPUTS | {"signIn": 'email: "nobody@example.com", password: "wrong"', "signOut": ""}


@dataclass
class Matrix:
    """The demo, asked by one kind of caller after the other."""

    client: httpx.AsyncClient
    db: Database
    statements: StatementLog

    async def token_of(self, caller: str) -> str | None:
        """A credential of the demo's own account, which counts as one of its own."""
        if caller in RoleName.__members__:
            return await sign_in(self.client, email_of(caller))
        async with self.db.read() as reader:
            rows = await reader.fetch("SELECT account_id FROM logins WHERE email = $1", email_of("MASTER"))
        account_id = rows[0]["account_id"]
        if caller == "an API key with Full Access":
            return (await make_api_key(self.db, account_id, RoleName.FULL_ACCESS)).text
        if caller == "the API secret key":
            return (await make_secret_key(self.db, account_id, expires_at=utc() + timedelta(hours=1))).text
        return None

    async def send(self, mutation: str, token: str | None) -> httpx.Response:
        """Send a mutation that is harmless wherever it is allowed, with no tries counted yet."""
        async with self.db.read() as reader:
            await reader.fetch("DELETE FROM throttles")
        field = f"{mutation}(input: {{ {GIVEN[mutation]} }}){key_for(mutation)}"
        document = f"mutation {{ {field} {{ __typename userErrors {{ code }} }} }}"
        self.statements.clear()
        response = await post(self.client, document, token=token)
        self.client.cookies.clear()
        return response


def key_for(mutation: str) -> str:
    """The directive that a machine must send with it, where it must."""
    kind = sdl_schema().mutation_type
    assert kind is not None
    return ' @idempotent(key: "one")' if "Keys must send it" in (kind.fields[mutation].description or "") else ""


@pytest.fixture
def matrix(demo_client: httpx.AsyncClient, demo_db: Database, statements: StatementLog) -> Matrix:
    return Matrix(demo_client, demo_db, statements)


def mark(mutation: str, caller: str) -> str:
    """What the matrix says."""
    return MATRIX[mutation][1].replace(" ", "")[CALLERS.index(caller)]


def test_the_matrix_has_every_mutation_and_every_caller() -> None:
    kind = sdl_schema().mutation_type
    assert kind is not None
    assert set(MATRIX) == set(kind.fields)
    assert {len(marks.replace(" ", "")) for _, marks in MATRIX.values()} == {len(CALLERS)}


def test_the_matrix_agrees_with_the_manuals_table() -> None:
    for mutation, (permission, marks) in MATRIX.items():
        if permission == MASTERS_ALONE:
            assert marks.startswith("x ......"), mutation
        elif permission is not None:
            assert marks.split()[1] == TABLE[permission], mutation


@pytest.mark.parametrize("caller", CALLERS)
async def test_a_caller_may_what_the_matrix_says_and_changes_nothing_else(matrix: Matrix, caller: str) -> None:
    token = await matrix.token_of(caller)
    for mutation, (permission, _) in MATRIX.items():
        expected = mark(mutation, caller)
        before = {} if expected == MAY else await everything(matrix.db)
        response = await matrix.send(mutation, token)
        sent = len(matrix.statements)
        if expected == MAY:
            assert_done(response, mutation)
            if mutation == "signOut":
                token = await matrix.token_of(caller)
            continue
        assert_refused(response, mutation, expected, permission)
        assert sent == 0, (mutation, matrix.statements.texts)
        assert await everything(matrix.db) == before, mutation


def assert_done(response: httpx.Response, mutation: str) -> None:
    """The mutation ran, whatever it had to say about its input."""
    answer = response.json()
    assert "errors" not in answer, (mutation, answer)
    assert answer["data"][mutation]["userErrors"] is not None


def assert_refused(response: httpx.Response, mutation: str, expected: str, permission: str | None) -> None:
    """The mutation did not run, and the refusal says why."""
    answer = response.json()
    (error,) = answer["errors"]
    assert (answer.get("data") or {mutation: None}) == {mutation: None}
    code = "UNAUTHENTICATED" if expected == UNKNOWN else "FORBIDDEN"
    wanted = (code, None if expected == NO_SESSION else permission, f"Mutation.{mutation}")
    found = tuple(error["extensions"][name] for name in ("code", "permission", "coordinate"))
    assert found == wanted, mutation


CAN = "query ($c: [String!]!) { viewer { can(coordinates: $c) { coordinate allowed missing } } }"


@pytest.mark.parametrize("caller", [caller for caller in CALLERS if caller != "nobody"])
async def test_can_says_the_same(matrix: Matrix, caller: str) -> None:
    token = await matrix.token_of(caller)
    coordinates = [f"Mutation.{mutation}" for mutation in MATRIX]
    found = (await ask(matrix.client, CAN, {"c": coordinates}, token=token))["viewer"]["can"]
    for one in found:
        mutation = one["coordinate"].removeprefix("Mutation.")
        expected = mark(mutation, caller)
        assert one["allowed"] is (expected == MAY), one
        assert one["missing"] == ([MATRIX[mutation][0]] if expected == LACKS else []), one

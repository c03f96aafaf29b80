"""What people do with their own accounts and logins, as documents, and links that are in their mail."""

from datetime import timedelta
from typing import Any

import httpx
from starlette.applications import Starlette

from auth.links import new_link
from models.db import Database
from models.kinds import LinkPurpose
from models.roles import RoleName
from models.tables import Invitation, LoginLink
from resolvers.ports import Mail
from tests.access.people import Person, utc
from tests.client import ask
from tests.mailbox import deliver

NEW_PASSWORD = "purple lamp orbit 42"
FORM = {
    "email": "New.Person@Example.com",
    "firstName": "First",
    "lastName": "Person",
    "companyName": "Applicant Ltd",
    "country": "gb",
}

REGISTER = """mutation ($input: RegisterInput!) {
  register(input: $input) { accepted userErrors { code field message } } }"""
REQUEST_RESET = """mutation ($input: RequestPasswordResetInput!) {
  requestPasswordReset(input: $input) { accepted userErrors { code field message } } }"""
RESET = """mutation ($input: ResetPasswordInput!) {
  resetPassword(input: $input) { accepted userErrors { code field message } } }"""
CHANGE_PASSWORD = """mutation ($input: ChangePasswordInput!) {
  changePassword(input: $input) { viewer { login } userErrors { code field message } } }"""
CHANGE_EMAIL = """mutation ($input: ChangeLoginEmailInput!) {
  changeLoginEmail(input: $input) { accepted userErrors { code field message } } }"""
CONFIRM_EMAIL = """mutation ($input: ConfirmLoginEmailInput!) {
  confirmLoginEmail(input: $input) { accepted userErrors { code field message } } }"""

ACCEPTED = {"accepted": True, "userErrors": []}


async def tell(client: httpx.AsyncClient, document: str, bearer: str | None = None, **given: Any) -> dict[str, Any]:
    """The payload of a mutation."""
    data = await ask(client, document, {"input": given}, token=bearer)
    (payload,) = data.values()
    found: dict[str, Any] = payload
    return found


def faults(payload: dict[str, Any]) -> list[tuple[str, list[str] | None]]:
    """What a payload refuses; then nothing was accepted and nobody is shown."""
    assert payload.get("accepted", False) is False
    assert payload.get("viewer") is None
    return [(error["code"], error["field"]) for error in payload["userErrors"]]


async def only_mail(app: Starlette, template: str) -> Mail:
    """The one letter that waits, which is of this kind."""
    (mail,) = await deliver(app)
    assert mail.template == template
    return mail


async def make_link(db: Database, person: Person, purpose: LinkPurpose, **columns: Any) -> str:
    """A link of a login, as if it had been mailed; its token."""
    link = new_link()
    values: dict[str, Any] = {"expires_at": utc() + timedelta(hours=1), **columns}
    row = LoginLink(account_id=person.account_id, login_id=person.id, purpose=purpose, token_hash=link.digest, **values)
    async with db.write() as session:
        session.add(row)
    return link.text


async def make_reset(db: Database, person: Person, **columns: Any) -> str:
    """A link to set a new password."""
    return await make_link(db, person, LinkPurpose.SET_PASSWORD, **columns)


async def make_confirmation(db: Database, person: Person, new_email: str, **columns: Any) -> str:
    """A link that confirms a new address."""
    return await make_link(db, person, LinkPurpose.CONFIRM_EMAIL, new_email=new_email, **columns)


async def make_invitation(db: Database, master: Person, email: str = "colleague@example.com", **columns: Any) -> str:
    """An invitation that can be accepted; its token."""
    link = new_link()
    values: dict[str, Any] = {"expires_at": utc() + timedelta(days=7), "role": RoleName.BILLING, **columns}
    invitation = Invitation(account_id=master.account_id, email=email, token_hash=link.digest, **values)
    async with db.write() as session:
        session.add(invitation)
    return link.text


async def rows(db: Database, statement: str, *arguments: Any) -> list[Any]:
    """What a statement finds."""
    async with db.read() as reader:
        return list(await reader.fetch(statement, *arguments))

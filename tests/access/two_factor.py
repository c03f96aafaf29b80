"""The mutations of the second factor as documents, and codes of an authenticator that is ahead of time."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
from pyotp import TOTP

from tests.client import ask

FAULTS = "userErrors { code field message retryAfterMs }"
BEGIN = f"""mutation ($input: BeginTwoFactorInput!) {{
  beginTwoFactor(input: $input) {{ secret otpauthUri qrCodeSvg {FAULTS} }} }}"""
CONFIRM = f"""mutation ($input: ConfirmTwoFactorInput!) {{
  confirmTwoFactor(input: $input) {{
    recoveryCodes viewer {{ twoFactor {{ enabled recoveryCodesLeft }} }} {FAULTS} }} }}"""
DISABLE = f"""mutation ($input: DisableTwoFactorInput!) {{
  disableTwoFactor(input: $input) {{ viewer {{ twoFactor {{ enabled recoveryCodesLeft }} }} {FAULTS} }} }}"""
STATE = "{ viewer { twoFactor { enabled confirmedAt recoveryCodesLeft } } }"


async def tell(client: httpx.AsyncClient, document: str, token: str | None, **given: Any) -> dict[str, Any]:
    """The payload of a mutation."""
    data = await ask(client, document, {"input": given}, token=token)
    (payload,) = data.values()
    found: dict[str, Any] = payload
    return found


def refusal(payload: dict[str, Any]) -> tuple[str, list[str] | None]:
    """Why a payload is one of nulls."""
    assert all(value is None for name, value in payload.items() if name != "userErrors")
    (error,) = payload["userErrors"]
    return error["code"], error["field"]


def code_now(secret: str, steps: int = 0) -> str:
    """What an authenticator shows, or will show so many steps from now."""
    return TOTP(secret).at(datetime.now(UTC) + timedelta(seconds=30 * steps))


async def begin(client: httpx.AsyncClient, token: str, password: str) -> str:
    """Begin a second factor; its secret."""
    payload = await tell(client, BEGIN, token, password=password)
    assert payload["userErrors"] == []
    secret: str = payload["secret"]
    return secret


async def set_up(client: httpx.AsyncClient, token: str, password: str) -> tuple[str, list[str]]:
    """Switch a second factor on; its secret and recovery codes. The present code is spent."""
    secret = await begin(client, token, password)
    payload = await tell(client, CONFIRM, token, code=code_now(secret))
    assert payload["userErrors"] == []
    return secret, payload["recoveryCodes"]

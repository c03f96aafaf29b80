"""The demo fills every field: each nullable one is filled somewhere, each value of an enum is in use somewhere."""

import httpx

from schema.types.user_errors import UserErrorCode
from tests.api.demo_walk import Walk, printed_values, reachable
from tests.client import sign_in

PRINTED_CODES = {
    "PAYMENT_DECLINED",
    "ACCOUNT_LOCKED",
    "ADDRESS_NOT_ALLOWED",
    "KEY_LIMIT_REACHED",
    "UNKNOWN_KEY",
}
"""Why a payment failed, and why registrations would be refused."""

NEVER_FILLED = {
    "AutopaymentPreview.now": "the demo account's balance is above its threshold, and charged only below",
    "Capability.missing": "the master misses no permission",
    "TwoFactor.confirmedAt": "who signs in with the demo's printed password has no second factor to show",
    "UserError.retryAfterMs": "fields print what time mends only where somebody calls too often",
}
NEVER_USED = {
    "AccountKind.DIRECT": "an account sees its own kind alone, and the demo's is a reseller",
    "AccountKind.CUSTOMER": "an account sees its own kind alone, and the demo's is a reseller",
    "AutopaymentMode.AUTO_REPAY": "an account has one mode, and a reseller does not see its customers'",
    "AutopaymentMode.OFF": "an account has one mode, and a reseller does not see its customers'",
    "CredentialKind.API_KEY": "who walks has signed in",
    "CredentialKind.API_SECRET_KEY": "who walks has signed in",
    **{
        f"UserErrorCode.{code.name}": "what mutations answer, and no field of the demo prints"
        for code in UserErrorCode
        if code.name not in PRINTED_CODES
    },
}


async def test_the_demo_fills_every_field_and_uses_every_value(demo_client: httpx.AsyncClient) -> None:
    walk = Walk(demo_client, await sign_in(demo_client, "master@demo.example.com"))
    await walk.everything()
    every_field = {f"{kind.name}.{name}" for kind in reachable() for name in kind.fields}
    assert every_field - walk.filled == set(NEVER_FILLED)
    assert printed_values() - walk.values == set(NEVER_USED)

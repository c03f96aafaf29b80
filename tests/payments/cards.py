"""What a card's holder does in a browser, with the provider alone: give a card, confirm a card, confirm a payment."""

from typing import Any

import httpx

GOOD, OTHER_GOOD = "4242424242424242", "5555555555554444"
DECLINED_AT_ONCE = "4000000000000002"
DECLINED_LATER = "4000000000000341"
"""Can be stored; every charge is declined."""

CONFIRMS = "4000002500003155"
"""Asks its holder, when it is given and with every charge."""

CONFIRMS_AND_DECLINES = "4000008260003178"
HOLDERS = {"key": "pk_test_holder"}


async def _sent(base: str, path: str, client_secret: str, said: dict[str, str]) -> dict[str, Any]:
    body = {**HOLDERS, "client_secret": client_secret, **said}
    async with httpx.AsyncClient(base_url=base, trust_env=False, timeout=60) as holder:
        answer = (await holder.post(path, data=body)).json()
    assert isinstance(answer, dict)
    return answer


async def give_card(
    base: str, client_secret: str, number: str = GOOD, *, year: int = 2034, month: int = 12
) -> dict[str, Any]:
    """Give the provider a card for what was begun; its intent then, or its error."""
    card = {"number": number, "exp_month": str(month), "exp_year": str(year), "cvc": "123"}
    said = {"payment_method_data[type]": "card"}
    said |= {f"payment_method_data[card][{name}]": value for name, value in card.items()}
    return await _sent(base, f"/v1/setup_intents/{token_of(client_secret)}/confirm", client_secret, said)


async def confirm_card(base: str, client_secret: str) -> dict[str, Any]:
    """Confirm a card that asks for it."""
    return await _sent(base, f"/v1/setup_intents/{token_of(client_secret)}/confirm", client_secret, {})


async def confirm_payment(base: str, client_secret: str, *, success: bool = True) -> dict[str, Any]:
    """Confirm a payment that waits for it, or fail to."""
    said = {"success": str(success).lower()}
    return await _sent(base, f"/v1/payment_intents/{token_of(client_secret)}/_authenticate", client_secret, said)


def token_of(client_secret: str) -> str:
    """The intent that a client secret is of: what a page knows after its holder has confirmed."""
    return client_secret.partition("_secret_")[0]

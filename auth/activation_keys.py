"""The shape of activation keys: secrets that stand in servers' configurations, so each begins with its product."""

import secrets
import string

ALPHABET = string.ascii_letters + string.digits


def new_activation_key(prefix: str | None, length: int) -> str:
    """A key nobody can guess: a prefix up to the first dash, if the product has one, and random letters and digits."""
    drawn = "".join(secrets.choice(ALPHABET) for _ in range(length))
    return drawn if prefix is None else f"{prefix}-{drawn}"

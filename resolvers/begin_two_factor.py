"""Beginning a second factor: a secret that waits to be confirmed by its first code, and changes nothing before."""

from dataclasses import dataclass, field

from auth import second_factor as codes
from models.audit import Action
from models.errors import UserFault
from models.queries import audit, second_factor
from resolvers.acting import acting_login, origin
from resolvers.context import RequestContext
from resolvers.proving import hold_proved, own_login, password_fault

REFUSAL = "Only a signed-in session can set up its login's second factor."


@dataclass(frozen=True, slots=True)
class Begun:
    """A new secret in the three ways that authenticators take one. It is told here and never again."""

    secret: str = field(repr=False)
    otpauth_uri: str = field(repr=False)
    qr_code_svg: str = field(repr=False)


def already_on() -> UserFault:
    """Whoever wants another authenticator switches the present one off first, which takes a code of it."""
    return UserFault("CONFLICT", "Two-factor authentication is on already. Switch it off first.")


async def begin_two_factor(context: RequestContext, password: str) -> Begun:
    """Make a secret for the caller's login, in the place of one that was not confirmed."""
    login = await own_login(context, acting_login(context, REFUSAL))
    fault = await password_fault(context, login, password, "password")
    if fault is not None:
        raise fault
    secret, sealed = context.authority.second_factor.new_secret(login.id)
    async with context.db.write() as session:
        row = await hold_proved(context, session, login)
        if row.totp_confirmed_at is not None:
            raise already_on()
        await second_factor.begin(session, row, sealed, context.now)
        await audit.record(session, origin(context), Action.LOGIN_TWO_FACTOR_BEGUN)
    uri = codes.uri(secret, login.email)
    return Begun(secret, uri, codes.qr_code(uri))

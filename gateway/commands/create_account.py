"""`gateway create-account`: an account with a master login, for an operator."""

import asyncio
import secrets
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer
from pydantic import EmailStr, TypeAdapter, ValidationError

if TYPE_CHECKING:
    from gateway.database import Ground

GENERATED_BYTES = 15


def _email(value: str) -> str:
    try:
        return TypeAdapter(EmailStr).validate_python(value)
    except ValidationError:
        raise typer.BadParameter("it is not an e-mail address") from None


def _country(value: str) -> str:
    if not (len(value) == 2 and value.isascii() and value.isalpha()):
        raise typer.BadParameter("it is a code of two letters, like DE")
    return value.upper()


def _currency(value: str) -> str:
    if not (len(value) == 3 and value.isascii() and value.isalpha()):
        raise typer.BadParameter("it is a code of three letters, like USD")
    return value.upper()


def create_account(
    email: Annotated[str, typer.Argument(help="The master login's e-mail address.", callback=_email)],
    first_name: Annotated[str, typer.Option(help="The person's first name.")],
    last_name: Annotated[str, typer.Option(help="The person's last name.")],
    company: Annotated[str, typer.Option(help="The company's name.")],
    country: Annotated[str, typer.Option(help="The company's country, ISO 3166-1 alpha-2.", callback=_country)],
    currency: Annotated[str, typer.Option(help="What it is billed in, ISO 4217.", callback=_currency)] = "USD",
    ask_password: Annotated[bool, typer.Option("--ask-password", help="Ask for a password, not make one.")] = False,
) -> None:
    """Create an account with its master login; prints a generated password once."""
    from gateway.database import database
    from gateway.settings import load_settings

    generated = secrets.token_urlsafe(GENERATED_BYTES)
    password = _asked_password([email, first_name, last_name, company]) if ask_password else generated
    person = {"email": email, "first_name": first_name, "last_name": last_name}
    place = {"company": company, "country": country, "currency": currency}
    with database(load_settings(), join=True) as ground:
        number = asyncio.run(_create(ground, password, person | place))
    if number is None:
        typer.echo(f"The e-mail address {email} belongs to a login already.", err=True)
        raise typer.Exit(1)
    typer.echo(f"Account {number} is open, with the master login {email}.")
    if not ask_password:
        typer.echo(f"Its password, shown this once: {password}")


def _asked_password(words: list[str]) -> str:
    """Ask twice, without an echo, for a password that the portal would take."""
    from auth.strength import weakness

    password: str = typer.prompt("Password", hide_input=True, confirmation_prompt=True)
    fault = weakness(password, words)
    if fault is not None:
        raise typer.BadParameter(fault.message)
    return password


async def _create(ground: "Ground", password: str, details: dict[str, str]) -> str | None:
    """Hash first, outside the transaction, then write everything in one; None where the e-mail is taken."""
    from auth.passwords import PasswordHasher
    from gateway.commands.migrate import require_current
    from models.db import Database
    from models.queries.accounts import Opener, Opening, open_account

    await require_current(ground)
    hasher = PasswordHasher()
    opening = Opening(**details, password_hash=await hasher.hash(password))
    hasher.close()
    db = await Database.connect(ground.settings.dsn)
    try:
        async with db.write() as session:
            opened = await open_account(session, opening, Opener("operator", datetime.now(UTC)))
    finally:
        await db.close()
    return None if opened is None else opened.number

"""What may be typed into a form: each check gives the text as it is stored, or a UserFault that says what is wrong."""

import re
import unicodedata
from collections.abc import Callable
from functools import lru_cache
from importlib.resources import files
from urllib.parse import urlsplit
from zoneinfo import available_timezones

from email_validator import EmailNotValidError, validate_email
from stdnum import get_cc_module
from stdnum.exceptions import ValidationError

from models.errors import UserFault

Check = Callable[[str], str]

_PHONE = re.compile(r"\+?[0-9 ()./-]+( ?(?:x|ext\.?) ?[0-9]{1,6})?", re.IGNORECASE)
FEWEST_DIGITS = 5
NO_PLACES = frozenset({"Factory", "localtime"})
"""Entries of the time zone database that are no zones to live in."""
_LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?")
MOST_OF_A_HOST_NAME = 253
MOST_OF_A_URL = 2_000
MOST_OF_A_VAT_NUMBER = 30


def invalid(message: str) -> UserFault:
    """A value that is not possible."""
    return UserFault("INVALID", message)


def line(most: int) -> Check:
    """One line of text of at most so many characters."""

    def check(text: str) -> str:
        if any(unicodedata.category(character) in {"Cc", "Cs", "Zl", "Zp"} for character in text):
            raise invalid("Line breaks and control characters are not possible here.")
        if len(text) > most:
            raise UserFault("TOO_LONG", f"This is longer than {most} characters.")
        return unicodedata.normalize("NFC", text)

    return check


def prose(most: int) -> Check:
    """Text of several lines and at most so many characters."""

    def check(text: str) -> str:
        lines = text.replace("\r\n", "\n").replace("\t", " ").split("\n")
        joined = "\n".join(line(most)(one).rstrip() for one in lines)
        if len(joined) > most:
            raise UserFault("TOO_LONG", f"This is longer than {most} characters.")
        return joined

    return check


def email(text: str) -> str:
    """An address that mail can be sent to, as far as its spelling tells."""
    try:
        return validate_email(text, check_deliverability=False).normalized
    except EmailNotValidError:
        raise invalid("This is not an e-mail address that mail can be sent to.") from None


def host_name(text: str) -> str:
    """A machine's name as the network spells it: in lower case, with or without its domain, without a last dot."""
    name = text.strip().lower().removesuffix(".")
    if not name:
        raise UserFault("REQUIRED", "This may not be empty.")
    if len(name) > MOST_OF_A_HOST_NAME:
        raise UserFault("TOO_LONG", f"A host name has at most {MOST_OF_A_HOST_NAME} characters.")
    if not all(_LABEL.fullmatch(label) for label in name.split(".")):
        raise invalid("A host name has letters, digits, hyphens and dots, such as web-1.example.com.")
    return name


def phone(text: str) -> str:
    """A telephone number as people write it."""
    number = line(40)(text)
    if not _PHONE.fullmatch(number) or sum(character.isdigit() for character in number) < FEWEST_DIGITS:
        raise invalid("This is not a telephone number, such as +49 30 123456.")
    return number


@lru_cache(maxsize=1)
def countries() -> frozenset[str]:
    """The codes of ISO 3166-1, alpha-2, as the time zone database lists them."""
    table = files("tzdata").joinpath("zoneinfo", "iso3166.tab").read_text(encoding="utf-8")
    return frozenset(row.partition("\t")[0] for row in table.splitlines() if row and not row.startswith("#"))


def country(text: str) -> str:
    """A country's code, in capitals."""
    code = text.upper()
    if code not in countries():
        raise invalid("This is not a country's two-letter code of ISO 3166-1, such as DE.")
    return code


@lru_cache(maxsize=1)
def zones() -> frozenset[str]:
    """The names of time zones."""
    return frozenset(available_timezones()) - NO_PLACES


def time_zone(text: str) -> str:
    """A time zone's IANA name, spelt exactly."""
    if text not in zones():
        raise invalid("This is not the IANA name of a time zone, such as Europe/Berlin.")
    return text


def web_address(*schemes: str) -> Check:
    """A URL of these schemes. One with a user's name or password in it is refused: it would be shown to others."""

    def check(text: str) -> str:
        address = line(MOST_OF_A_URL)(text)
        parts = urlsplit(address)
        if parts.scheme not in schemes:
            raise invalid(f"The address must begin with {' or '.join(f'{scheme}://' for scheme in schemes)}.")
        if parts.username is not None or parts.password is not None:
            raise invalid("The address must not hold a user's name or password.")
        return address

    return check


def vat_number(text: str) -> str:
    """A VAT number as far as it can be judged without its country: in capitals, without blanks."""
    number = re.sub(r"\s", "", text).upper()
    if len(number) > MOST_OF_A_VAT_NUMBER:
        raise UserFault("TOO_LONG", f"This is longer than {MOST_OF_A_VAT_NUMBER} characters.")
    if not re.fullmatch(r"[A-Z0-9./+*-]+", number):
        raise invalid("A VAT number has letters and digits only.")
    return number


def has_form(code: str) -> bool:
    """Whether the form of a country's VAT numbers is known."""
    return get_cc_module(code.lower(), "vat") is not None


def fits_country(number: str, code: str) -> bool:
    """Whether a VAT number can be one of the country; true where the country's form of them is not known."""
    module = get_cc_module(code.lower(), "vat")
    if module is None:
        return True
    try:
        module.validate(number)
    except ValidationError:
        return False
    return True

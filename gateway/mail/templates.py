"""Every letter's words. Text and HTML are made of the same sentences, so neither says what the other does not."""

from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from string import Template
from textwrap import fill
from urllib.parse import quote

from resolvers.mails import Letter, MailTemplate
from resolvers.ports import Mail

TEXT_WIDTH = 76
SET_PASSWORD = "/set-password"  # noqa: S105 (a page)
CONFIRM_EMAIL = "/confirm-email"
NOT_YOU = "If it was not you, reset your password at once, and sign out everywhere."
GREETING, FAREWELL = "Hello,", "The subscription portal"

PAGE = Template(
    """<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>$subject</title></head>
<body style="margin:0;padding:24px;background:#f4f5f7;color:#1c2430;font:16px/1.5 system-ui,sans-serif">
<div style="max-width:560px;margin:auto;padding:24px 32px;background:#ffffff;border-radius:8px">
$body
</div>
</body>
</html>
"""
)
BUTTON = (
    "display:inline-block;padding:10px 20px;background:#1456b8;color:#ffffff;border-radius:6px;text-decoration:none"
)


@dataclass(frozen=True, slots=True)
class Draft:
    """A letter before its values: a subject, sentences, and for some a link between them. `$name` is a value's place.

    `quotes` names a value that stands behind the first sentences as it was written, line by line.
    """

    subject: str
    before: tuple[str, ...]
    label: str = ""
    page: str = ""
    after: tuple[str, ...] = ()
    quotes: str = ""


DRAFTS: Mapping[MailTemplate, Draft] = {
    MailTemplate.WELCOME: Draft(
        "Welcome to the subscription portal",
        ("One thing is left: choose a password, and your account is open. You then sign in with this address.",),
        "Choose a password",
        SET_PASSWORD,
        (
            "The link works once, within $hours hours. Afterwards please register again.",
            "If you did not register, do nothing: without the link no account is opened.",
        ),
    ),
    MailTemplate.INVITATION: Draft(
        "You are invited to the subscription portal",
        ("$invited_by invites you to sign in to an account of theirs, with the role $role.",),
        "Accept and choose a password",
        SET_PASSWORD,
        (
            "The link works once, within $hours hours. Afterwards ask $invited_by for a new invitation.",
            "If you do not know who that is, do nothing, and the invitation will end by itself.",
        ),
    ),
    MailTemplate.CUSTOMER_INVITATION: Draft(
        "An account is ready for you",
        (
            "A reseller of ours has opened the account $account for your company.",
            "One thing is left: choose a password. You then sign in with this address as the account's master.",
        ),
        "Accept and choose a password",
        SET_PASSWORD,
        (
            "The link works once, within $hours hours. Afterwards ask the reseller for a new invitation.",
            "If you do not know who that is, do nothing, and the invitation will end by itself.",
        ),
    ),
    MailTemplate.PASSWORD_RESET: Draft(
        "Set a new password",
        ("Somebody, we hope you, asked for a new password for this address.",),
        "Set a new password",
        SET_PASSWORD,
        (
            "The link works once, within $hours hours.",
            "If you did not ask, do nothing: your password stays as it is.",
        ),
    ),
    MailTemplate.ADDRESS_TAKEN: Draft(
        "This address can sign in already",
        (
            "Somebody, perhaps you, has just entered this address for a new login. It has one: nothing was changed.",
            "If it was you, sign in with this address; if the password is lost, ask for a new one there.",
        ),
        "Go to the portal",
        "/",
        ("If it was not you, do nothing: whoever it was has learnt nothing from us.",),
    ),
    MailTemplate.CONFIRM_EMAIL: Draft(
        "Confirm your new address",
        ("You asked to sign in with this address from now on. Please confirm that it is yours.",),
        "Confirm this address",
        CONFIRM_EMAIL,
        (
            "The link works once, within $hours hours. Until then the old address signs in.",
            "If you did not ask, do nothing, and nothing changes.",
        ),
    ),
    MailTemplate.EMAIL_CHANGING: Draft(
        "Your sign-in address is to be changed",
        (
            "Somebody who knows your password asked to sign in with $new_email instead of this address.",
            "It takes effect once the new address is confirmed.",
            NOT_YOU,
        ),
    ),
    MailTemplate.EMAIL_CHANGED: Draft(
        "Your sign-in address was changed",
        (
            "The new address was confirmed: from now on your login signs in with $new_email, not this address.",
            "If that was not you, tell us at once.",
        ),
    ),
    MailTemplate.PASSWORD_CHANGED: Draft(
        "Your password was changed", ("The password of your login was changed a moment ago.", NOT_YOU)
    ),
    MailTemplate.TWO_FACTOR_ON: Draft(
        "Two-factor authentication is on",
        (
            "From now on signing in takes a code from your authenticator besides the password.",
            "Keep the recovery codes somewhere safe: each of them replaces a code once.",
            NOT_YOU,
        ),
    ),
    MailTemplate.TWO_FACTOR_OFF: Draft(
        "Two-factor authentication is off",
        ("From now on the password alone signs in to your login.", NOT_YOU),
    ),
    MailTemplate.SALES_REQUEST: Draft(
        "A request to Sales",
        (
            "$company (account $account) asks about: $topic. It is about $product.",
            "$sender writes:",
        ),
        after=("`gateway sales` shows all requests, and notes which are answered.",),
        quotes="message",
    ),
    MailTemplate.INVOICE_ISSUED: Draft(
        "Invoice $number",
        (
            "Invoice $number has been issued to account $account, for the period that begins on $period.",
            "It comes to $total, and the balance was $balance after it; what is negative is owed.",
        ),
        "See the invoice in the portal",
        "/",
        ("Under Billing, Invoices it can be viewed and downloaded.",),
    ),
    MailTemplate.RECEIPT: Draft(
        "Receipt $number",
        ("$deed", "The balance of account $account was $balance afterwards. The receipt has the number $number."),
        "See the receipt in the portal",
        "/",
        ("Under Billing, Invoices it can be viewed and downloaded.",),
    ),
    MailTemplate.PAYMENT_FAILED: Draft(
        "A payment has failed",
        (
            "The balance of account $account was to be filled automatically, and $card could not be charged $amount.",
            "$reason",
        ),
        "Pay, or choose another card",
        "/",
        ("The same card is charged again on $again at the earliest. Another card is charged as soon as it is chosen.",),
    ),
    MailTemplate.BALANCE_LOW: Draft(
        "Your balance is low",
        ("The balance of account $account has fallen below $threshold. It is $balance now; what is negative is owed.",),
        "Top up",
        "/",
        (
            "With autopayment on, a card fills the balance without being asked.",
            "We write this once, and again only after the balance has been higher in between.",
        ),
    ),
    MailTemplate.CARD_EXPIRES: Draft(
        "Your card expires soon",
        ("$card, which account $account pays with, is good until $day.",),
        "Add the new card",
        "/",
        ("If you have added another one already, remove this one, and nothing else is to be done.",),
    ),
}


def render(letter: Letter, public_url: str, reference: str) -> Mail:
    """A letter as it is sent. Links lead to `public_url`, never to where some request said that it came in."""
    draft = DRAFTS[letter.template]
    link = _link(draft, public_url, letter.values.get("token"))
    (subject,) = _filled((draft.subject,), letter.values)
    before, after = _filled(draft.before, letter.values), _filled(draft.after, letter.values)
    before += [written for written in letter.values.get(draft.quotes, "").splitlines() if written]
    return Mail(
        to=letter.to,
        subject=subject,
        text=_text([GREETING, *before], draft.label, link, [*after, FAREWELL]),
        html=_html(subject, [GREETING, *before], draft.label, link, [*after, FAREWELL]),
        template=letter.template.value,
        reference=reference,
    )


def _link(draft: Draft, public_url: str, token: str | None) -> str:
    """The address of the draft's page. A token goes behind the hash, which browsers send to no server."""
    if not draft.page:
        return ""
    return f"{public_url}{draft.page}" + (f"#token={quote(token, safe='')}" if token else "")


def _filled(sentences: tuple[str, ...], values: Mapping[str, str]) -> list[str]:
    return [" ".join(Template(sentence).substitute(values).split()) for sentence in sentences]


def _text(before: list[str], label: str, link: str, after: list[str]) -> str:
    """Paragraphs of plain text; the link alone on a line, whole, however long it is."""
    wrapped = [fill(sentence, TEXT_WIDTH, break_long_words=False, break_on_hyphens=False) for sentence in before]
    ended = [fill(sentence, TEXT_WIDTH, break_long_words=False, break_on_hyphens=False) for sentence in after]
    return "\n\n".join([*wrapped, *([f"{label}:\n{link}"] if link else []), *ended]) + "\n"


def _html(subject: str, before: list[str], label: str, link: str, after: list[str]) -> str:
    """The same as a page; whatever a value holds is text in it."""
    paragraphs = [f"<p>{escape(sentence)}</p>" for sentence in before]
    if link:
        address = escape(link)
        paragraphs.append(f'<p><a href="{address}" style="{BUTTON}">{escape(label)}</a></p>')
        paragraphs.append(f'<p style="font-size:13px;color:#5a6472;word-break:break-all">{address}</p>')
    paragraphs += [f"<p>{escape(sentence)}</p>" for sentence in after]
    return PAGE.substitute(subject=escape(subject), body="\n".join(paragraphs))

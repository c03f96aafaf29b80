"""The letters' words: each renders, says the same in text and HTML, and lets no value be markup."""

import re
from html import unescape

import pytest

from gateway.mail.templates import DRAFTS, render
from resolvers.mails import VALUES, Letter, MailTemplate
from resolvers.ports import Mail

SAMPLES = {
    "token": "portal_link_AbC-123",
    "hours": "24",
    "invited_by": "another@example.com",
    "role": "Billing",
    "new_email": "first.new@example.com",
    "account": "100001",
    "number": "100001-12",
    "period": "2026-03-01",
    "total": "20.00 USD",
    "deed": "We received your payment of 20.00 USD. Thank you.",
    "amount": "134.20 USD",
    "balance": "-15.00 USD",
    "threshold": "100.00 USD",
    "card": "Visa 4242",
    "reason": "The card's bank declined it.",
    "again": "2026-03-02 06:30 UTC",
    "day": "2026-03-31",
    "company": "Engines & Sons",
    "sender": "first@example.com",
    "topic": "product quota",
    "product": "KernelCare Enterprise",
    "message": "We need <more> licenses.\n\nPlease raise the $quota of ours.",
}
SITE = "https://portal.example.com"
PAGES = {
    MailTemplate.WELCOME: "/set-password",
    MailTemplate.INVITATION: "/set-password",
    MailTemplate.CUSTOMER_INVITATION: "/set-password",
    MailTemplate.PASSWORD_RESET: "/set-password",
    MailTemplate.CONFIRM_EMAIL: "/confirm-email",
}


def rendered(template: MailTemplate, **changed: str) -> Mail:
    """A letter with samples for its values."""
    values = {name: SAMPLES[name] for name in VALUES[template]} | changed
    return render(Letter(template, "first@example.com", values), SITE, "20260301-120000-7")


def words(text: str) -> str:
    """Text without line breaks."""
    return " ".join(text.split())


def test_there_is_a_draft_for_every_letter() -> None:
    assert DRAFTS.keys() == set(MailTemplate)


@pytest.mark.parametrize("template", MailTemplate)
def test_a_letter_says_the_same_in_text_and_html(template: MailTemplate) -> None:
    mail = rendered(template)
    paragraphs = re.findall(r"<p[^>]*>(.*?)</p>", mail.html, re.DOTALL)
    plain = words(re.sub(r"<[^>]+>", "", " ".join(paragraphs)))
    assert unescape(plain) == words(re.sub(r":\n(?=https?://)", "\n", mail.text))
    assert (mail.to, mail.template, mail.reference) == ("first@example.com", template.value, "20260301-120000-7")
    assert "$" not in (mail.subject + mail.text + mail.html).replace("$quota", "")
    assert all(len(line) <= 76 or line.startswith(SITE) for line in mail.text.splitlines())


@pytest.mark.parametrize("template", MailTemplate)
def test_the_link_is_the_only_secret_and_stands_behind_the_hash(template: MailTemplate) -> None:
    mail = rendered(template)
    if template not in PAGES:
        assert SAMPLES["token"] not in mail.text + mail.html
        return
    link = f"{SITE}{PAGES[template]}#token={SAMPLES['token']}"
    assert mail.text.splitlines().count(link) == 1
    assert mail.text.count(SAMPLES["token"]) == 1
    assert f'href="{link}"' in mail.html


def test_no_value_is_markup_or_breaks_a_link() -> None:
    mail = rendered(MailTemplate.INVITATION, role="<b>\nBcc: eve</b>", token='a b&<">#')
    assert "<b>" not in mail.html
    assert "&lt;b&gt; Bcc: eve&lt;/b&gt;" in mail.html
    assert f"{SITE}/set-password#token=a%20b%26%3C%22%3E%23" in mail.text.splitlines()


def test_what_a_letter_needs_is_what_its_draft_names() -> None:
    for template, draft in DRAFTS.items():
        named = set(re.findall(r"\$(\w+)", " ".join((draft.subject, *draft.before, *draft.after, f"${draft.quotes}"))))
        assert named | ({"token"} if template in PAGES else set()) == VALUES[template]


def test_what_was_written_to_sales_keeps_its_lines() -> None:
    mail = rendered(MailTemplate.SALES_REQUEST)
    assert "\n\nWe need <more> licenses.\n\nPlease raise the $quota of ours.\n\n" in mail.text
    assert "<p>We need &lt;more&gt; licenses.</p>\n<p>Please raise the $quota of ours.</p>" in mail.html

"""From the registration form to a colleague's sign-in, as people do it: by forms, mail and links."""

import json
import re
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Request, expect
from pyotp import TOTP, parse_uri

from auth.throttling import RULES, Guarded, Scope
from tests.browser.letters import Letters
from tests.browser.qr import read, seen
from tests.browser.visit import Visit

pytestmark = pytest.mark.browser

PASSWORD = "purple lamp orbit 42"
INVITE = """mutation { createSublogin(input: { email: "%s", role: BILLING }) { userErrors { message } } }"""
BEGIN = """mutation { beginTwoFactor(input: { password: "%s" }) { qrCodeSvg userErrors { message } } }"""
CONFIRM = """mutation { confirmTwoFactor(input: { code: "%s" }) { recoveryCodes userErrors { message } } }"""
WHO = """{ viewer { login role { name } account {
  companyInformation { name } invoices { totalCount } sublogins { email } } } }"""


class Sent:
    """What the page sends to the API."""

    def __init__(self, visit: Visit) -> None:
        self.requests: list[Request] = []
        visit.page.on("request", self._see)

    def _see(self, request: Request) -> None:
        if request.url.endswith("/graphql"):
            self.requests.append(request)


def register(visit: Visit, email: str, company: str = "Orbit Ltd") -> None:
    """Fill in the form by keyboard alone, from the sign-in page on."""
    visit.open()
    visit.link("Register").click()
    expect(visit.page).to_have_title("Register your company · Subscription portal")
    expect(visit.field("E-mail")).to_be_focused()
    for text in (email, "First", "Person", company, "Portug"):
        visit.page.keyboard.type(text)
        visit.page.keyboard.press("Tab")
    visit.page.keyboard.press("Enter")


def set_password(visit: Visit, link: str, password: str = PASSWORD) -> None:
    """Open a link and set a password."""
    visit.page.goto(link)
    expect(visit.field("New password")).to_be_focused()
    visit.page.keyboard.type(password)
    visit.page.keyboard.press("Enter")


def sign_in(visit: Visit, email: str, password: str = PASSWORD) -> None:
    """Go on to the sign-in form, and through it."""
    visit.link("Sign in").click()
    visit.fill_in(email, password)
    visit.expect_workbench()
    expect(visit.person).to_contain_text(email)


def switch_on_second_factor(visit: Visit) -> tuple[TOTP, list[str]]:
    """Let an authenticator see the QR code, and confirm with what it shows; it, and the recovery codes."""
    visit.replace_operation(BEGIN % PASSWORD)
    begun = visit.run()["data"]["beginTwoFactor"]
    authenticator = parse_uri(read(seen(visit.page, begun["qrCodeSvg"])))
    assert isinstance(authenticator, TOTP)
    visit.replace_operation(CONFIRM % authenticator.now())
    confirmed = visit.run()["data"]["confirmTwoFactor"]
    return authenticator, confirmed["recoveryCodes"]


def sign_in_with_code(visit: Visit, email: str, code: str) -> None:
    """Sign in again; the form asks for a code."""
    visit.fill_in(email, PASSWORD)
    expect(visit.field("Code")).to_be_focused()
    visit.page.keyboard.type(code)
    visit.page.keyboard.press("Enter")


def test_a_company_registers_takes_a_second_factor_and_invites_a_colleague_who_sees_what_the_role_shows(
    visit: Visit, letters: Letters
) -> None:
    sent = Sent(visit)
    master, colleague = "owner@orbit.example.com", "colleague@orbit.example.com"
    register(visit, master)
    expect(visit.heading("Look into your mail")).to_be_focused()
    expect(visit.page.get_by_text(master)).to_be_visible()

    sent.requests.clear()
    visit.page.goto(letters.link("welcome", master))
    expect(visit.heading("Choose a password")).to_be_visible()
    expect(visit.page).to_have_url(f"{visit.url}/set-password")
    expect(visit.link("Ask for a new link")).to_have_count(0)
    assert sent.requests == [], "opening a link does nothing"
    visit.field("New password").fill("Orbit-Person-2026")
    visit.button("Set the password").click()
    expect(visit.page.get_by_text("This password is easy to guess")).to_be_visible()
    expect(visit.field("New password")).to_be_focused()
    expect(visit.field("New password")).to_have_attribute("aria-invalid", "true")
    visit.field("New password").fill(PASSWORD)
    visit.field("Show the password").check()
    expect(visit.field("New password")).to_have_attribute("type", "text")
    visit.button("Set the password").click()
    expect(visit.heading("Your password is set")).to_be_focused()
    assert visit.context.cookies() == [], "nobody is signed in by a link"

    sign_in(visit, master)
    expect(visit.person).to_contain_text("Master")
    authenticator, recovery_codes = switch_on_second_factor(visit)
    visit.button("Sign out").click()
    later = authenticator.at(datetime.now(UTC) + timedelta(seconds=30))
    sign_in_with_code(visit, master, later)
    expect(visit.person).to_contain_text(master)
    visit.button("Sign out").click()
    sign_in_with_code(visit, master, later)
    expect(visit.page.get_by_text("The code is wrong or was used before.")).to_be_visible()
    assert visit.context.cookies() == []
    visit.field("Code").fill(recovery_codes[0])
    visit.page.keyboard.press("Enter")
    expect(visit.editor).to_contain_text("confirmTwoFactor")

    visit.replace_operation(INVITE % colleague)
    assert visit.run()["data"]["createSublogin"]["userErrors"] == []
    visit.button("Sign out").click()

    set_password(visit, letters.link("invitation", colleague))
    expect(visit.heading("Your password is set")).to_be_visible()
    sign_in(visit, colleague)
    expect(visit.person).to_contain_text("Billing")
    visit.replace_operation(WHO)
    answer = visit.run()
    account = answer["data"]["viewer"]["account"]
    assert account["companyInformation"] == {"name": "Orbit Ltd"}
    assert account["invoices"] == {"totalCount": 0}
    assert account["sublogins"] is None
    assert [error["extensions"]["permission"] for error in answer["errors"]] == ["MANAGE_ACCESS"]


def test_a_lost_password_is_replaced_and_its_link_is_good_once(visit: Visit, letters: Letters) -> None:
    email = "reset@orbit.example.com"
    register(visit, email)
    set_password(visit, letters.link("welcome", email), "a first password to lose")
    visit.link("Sign in").click()
    visit.link("Forgot your password?").click()
    expect(visit.field("E-mail")).to_be_focused()
    visit.page.keyboard.type(email)
    visit.page.keyboard.press("Enter")
    expect(visit.heading("Look into your mail")).to_be_focused()
    link = letters.link("password_reset", email)
    set_password(visit, link)
    expect(visit.heading("Your password is set")).to_be_visible()
    set_password(visit, link, "another password to set")
    expect(visit.page.get_by_role("alert")).to_have_text("This link has run out or was used. Ask for a new one.")
    expect(visit.link("Ask for a new link")).to_be_visible()
    visit.open()
    visit.fill_in(email, PASSWORD)
    visit.expect_workbench()


def test_another_address_is_confirmed_by_a_click(visit: Visit, letters: Letters) -> None:
    sent = Sent(visit)
    old, new = "old@orbit.example.com", "new@orbit.example.com"
    register(visit, old)
    set_password(visit, letters.link("welcome", old))
    sign_in(visit, old)
    change = 'mutation { changeLoginEmail(input: { newEmail: "%s", password: "%s" }) { accepted } }'
    visit.replace_operation(change % (new, PASSWORD))
    assert visit.run()["data"]["changeLoginEmail"] == {"accepted": True}
    sent.requests.clear()
    link = letters.link("confirm_email", new)
    visit.page.goto(link)
    expect(visit.heading("Confirm your new address")).to_be_focused()
    expect(visit.page).to_have_url(f"{visit.url}/confirm-email")
    assert sent.requests == []
    visit.button("Confirm this address").click()
    expect(visit.heading("Your address is confirmed")).to_be_focused()
    assert [request.all_headers().get("cookie") for request in sent.requests] == [None]
    visit.link("Go to the portal").click()
    expect(visit.person).to_contain_text(new)
    visit.page.goto(link)
    visit.button("Confirm this address").click()
    expect(visit.page.get_by_role("alert")).to_contain_text("This link has run out or was used.")


@pytest.mark.parametrize("page", ["set-password", "confirm-email"])
def test_without_a_link_a_page_says_what_it_needs(visit: Visit, page: str) -> None:
    for path in (f"/{page}", f"/{page}#token=", f"/{page}#other=x"):
        visit.open(path)
        expect(visit.heading("Open the link in your mail")).to_be_focused()
        expect(visit.page.get_by_role("button")).to_have_count(0)


def test_a_second_link_in_the_same_tab_is_the_one_that_counts(visit: Visit) -> None:
    sent = Sent(visit)
    visit.open("/set-password#token=first")
    expect(visit.field("New password")).to_be_focused()
    visit.page.evaluate("location.hash = 'token=second%2B'")
    expect(visit.page).to_have_url(f"{visit.url}/set-password")
    visit.field("New password").fill(PASSWORD)
    visit.button("Set the password").click()
    expect(visit.page.get_by_role("alert")).not_to_be_empty()
    told = [json.loads(request.post_data or "{}") for request in sent.requests]
    assert [operation["variables"]["input"]["token"] for operation in told] == ["second+"]


def test_a_wrong_form_is_told_field_by_field_and_where_to_begin(visit: Visit) -> None:
    register(visit, "person@localhost", company=" ")
    expect(visit.field("E-mail")).to_be_focused()
    for label, words in (("E-mail", "not an e-mail address"), ("Company", "may not be empty")):
        field = visit.field(label)
        expect(field).to_have_attribute("aria-invalid", "true")
        expect(visit.page.locator(f"#{field.get_attribute('id')}-refusal")).to_contain_text(words)
    expect(visit.field("Country")).to_have_value("PT")
    expect(visit.field("First name")).not_to_have_attribute("aria-invalid", re.compile(".*"))


def test_a_portal_that_does_not_answer_is_said_and_the_form_stays_filled(visit: Visit) -> None:
    visit.page.route("**/graphql", lambda route: route.abort())
    visit.open("/forgot-password")
    visit.field("E-mail").fill("person@orbit.example.com")
    visit.button("Mail me a link").click()
    expect(visit.page.get_by_role("alert")).to_have_text("The portal does not answer. Try again in a moment.")
    expect(visit.field("E-mail")).to_have_value("person@orbit.example.com")
    visit.forgive("net::ERR_FAILED")
    visit.page.unroute("**/graphql")
    visit.button("Mail me a link").click()
    expect(visit.heading("Look into your mail")).to_be_visible()


def test_too_many_letters_are_refused_with_a_time(visit: Visit) -> None:
    for _ in range(RULES[Guarded.LETTER][Scope.HERE].free + 1):
        visit.open("/forgot-password")
        visit.field("E-mail").fill("impatient@orbit.example.com")
        visit.button("Mail me a link").click()
        expect(visit.page.locator("#done h1, #refusal:not(:empty)").first).to_be_visible()
    expect(visit.page.get_by_role("alert")).to_have_text(re.compile(r"Too many attempts\. Try again in \d+ seconds\."))

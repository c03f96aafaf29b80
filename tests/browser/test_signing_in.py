"""Coming in, staying, and leaving."""

import json

import pytest
from playwright.sync_api import Route, expect

from tests.browser.visit import Visit

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("path", ["/", "/graphql", "/graphiql"])
def test_every_door_leads_to_the_page(visit: Visit, path: str) -> None:
    visit.open(path)
    expect(visit.page).to_have_url(f"{visit.url}/graphiql")
    expect(visit.page.get_by_role("heading", name="Sign in")).to_be_visible()
    expect(visit.page).to_have_title("Sign in · GraphiQL")


def test_a_wrong_password_is_said_and_signs_nobody_in(visit: Visit) -> None:
    visit.open()
    visit.fill_in("master", password="not the password")
    expect(visit.page.get_by_role("alert")).not_to_be_empty()
    expect(visit.field("Password")).to_be_focused()
    expect(visit.field("Password")).to_have_attribute("aria-invalid", "true")
    assert visit.context.cookies() == []
    visit.page.reload()
    expect(visit.field("E-mail")).to_be_visible()


def test_the_bar_says_who_is_signed_in_with_which_role_and_account(visit: Visit) -> None:
    visit.sign_in("billing")
    expect(visit.person).to_contain_text("billing@demo.example.com")
    expect(visit.person).to_contain_text("Billing")
    expect(visit.person).to_contain_text("Account ")
    expect(visit.page).to_have_title("billing@demo.example.com · GraphiQL")


def test_a_reload_keeps_the_session_which_no_script_can_read(visit: Visit) -> None:
    visit.sign_in("read-only-billing")
    visit.page.reload()
    visit.expect_workbench()
    expect(visit.person).to_contain_text("read-only-billing@demo.example.com")
    [cookie] = visit.context.cookies()
    assert cookie["httpOnly"]
    assert cookie["sameSite"] in {"Lax", "Strict"}
    stored = visit.page.evaluate("JSON.stringify(localStorage) + JSON.stringify(sessionStorage) + document.cookie")
    assert cookie["value"] not in stored


def test_signing_out_ends_the_session(visit: Visit) -> None:
    visit.sign_in("master")
    cookies = visit.context.cookies()
    visit.button("Sign out").click()
    expect(visit.page.get_by_role("status")).to_have_text("You are signed out.")
    expect(visit.field("E-mail")).to_be_focused()
    assert visit.context.cookies() == []
    visit.context.add_cookies([{"name": c["name"], "value": c["value"], "url": visit.url} for c in cookies])
    visit.page.reload()
    expect(visit.field("E-mail")).to_be_visible()


def test_a_session_that_ended_elsewhere_leads_back_to_the_form(visit: Visit) -> None:
    visit.sign_in("master")
    visit.context.clear_cookies()
    visit.button("Execute query (Ctrl-Enter)").click()
    expect(visit.page.get_by_role("status")).to_contain_text("Your session has ended.")


def test_the_second_factor_is_asked_for_when_the_api_wants_it(visit: Visit) -> None:
    """The API's demand is played here: no login of the demo has a second factor. The rest is the real API."""
    codes = []

    def demand(route: Route) -> None:
        operation = json.loads(route.request.post_data or "{}")
        if operation["operationName"] != "SignIn":
            route.continue_()
            return
        codes.append(operation["variables"]["input"].pop("code", None))
        if codes[-1] is None:
            error = {"code": "TWO_FACTOR_REQUIRED", "message": "", "field": ["code"], "retryAfterMs": None}
            route.fulfill(json={"data": {"signIn": {"userErrors": [error]}}})
        else:
            route.continue_(post_data=json.dumps(operation))

    visit.page.route("**/graphql", demand)
    visit.open()
    visit.fill_in("master")
    expect(visit.field("Code")).to_be_focused()
    visit.page.keyboard.type("123456")
    visit.page.keyboard.press("Enter")
    visit.expect_workbench()
    assert codes == [None, "123456"]


def test_an_api_that_does_not_answer_is_said_and_tried_again(visit: Visit) -> None:
    visit.page.route("**/graphql", lambda route: route.abort())
    visit.open()
    expect(visit.page.get_by_role("heading", name="The API cannot be reached")).to_be_visible()
    visit.forgive("net::ERR_FAILED")
    visit.page.unroute("**/graphql")
    visit.button("Try again").click()
    expect(visit.field("E-mail")).to_be_visible()

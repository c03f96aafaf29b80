"""Working in GraphiQL: the examples, the documentation, and what a role may not see."""

import pytest
from playwright.sync_api import expect

from tests.browser.visit import Visit

pytestmark = pytest.mark.browser


def test_the_dashboard_example_answers_with_servers(visit: Visit) -> None:
    visit.sign_in("master")
    answer = visit.run()
    assert "errors" not in answer
    subscriptions = answer["data"]["viewer"]["account"]["subscriptions"]
    keys = [key for subscription in subscriptions for key in subscription["activationKeys"]["nodes"]]
    servers = [server for key in keys for server in key["servers"]["nodes"]]
    assert {"hostname", "ip", "state", "installedProducts"} <= servers[0].keys()


@pytest.mark.parametrize("name", ["FindServers", "Invoices", "Permissions"])
def test_the_other_examples_answer_too(visit: Visit, name: str) -> None:
    visit.sign_in("master")
    visit.open_tab(name)
    answer = visit.run()
    assert "errors" not in answer
    assert answer["data"]["viewer"] is not None


def test_the_documentation_names_the_permission_of_a_field(visit: Visit) -> None:
    visit.sign_in("read-only-billing")
    visit.button("Show Documentation Explorer").click()
    docs = visit.page.locator(".graphiql-doc-explorer")
    for name in ["Query", "Viewer", "Account", "invoices"]:
        docs.get_by_role("link", name=name, exact=True).first.click()
        expect(docs.locator(".graphiql-doc-explorer-title")).to_have_text(name)
    expect(docs).to_contain_text("VIEW_INVOICES")


def test_billing_sees_why_a_report_is_refused(visit: Visit) -> None:
    visit.sign_in("billing")
    visit.replace_operation("{ viewer { account { number reportConfigs { email } } } }")
    answer = visit.run()
    expect(visit.result).to_contain_text("FORBIDDEN")
    account = answer["data"]["viewer"]["account"]
    assert account["reportConfigs"] is None
    assert account["number"]
    [error] = answer["errors"]
    assert error["path"] == ["viewer", "account", "reportConfigs"]
    assert error["extensions"]["permission"] == "VIEW_REPORTS"


def test_server_management_sees_why_invoices_are_refused(visit: Visit) -> None:
    visit.sign_in("server-management")
    visit.open_tab("Invoices")
    answer = visit.run()
    expect(visit.result).to_contain_text("FORBIDDEN")
    assert answer["data"]["viewer"]["account"]["invoices"] is None
    assert {error["extensions"]["permission"] for error in answer["errors"]} == {"VIEW_INVOICES"}


def test_without_a_session_the_public_fields_answer(visit: Visit) -> None:
    visit.open()
    visit.button("Explore without signing in").click()
    visit.expect_workbench()
    visit.replace_operation("{ viewer { id } roles { title } }")
    answer = visit.run()
    assert answer["data"]["viewer"] is None
    assert len(answer["data"]["roles"]) == 6
    visit.button("Sign in").click()
    expect(visit.field("E-mail")).to_be_focused()


def test_the_next_login_does_not_find_the_tabs_of_the_last(visit: Visit) -> None:
    visit.sign_in("master")
    visit.replace_operation("query Mine { viewer { id } }")
    expect(visit.page.get_by_role("tab", name="Mine")).to_be_visible()
    visit.button("Sign out").click()
    visit.fill_in("billing")
    visit.expect_workbench()
    expect(visit.page.get_by_role("tab", name="Mine")).to_have_count(0)
    visit.button("Sign out").click()
    visit.fill_in("master")
    expect(visit.page.get_by_role("tab", name="Mine")).to_be_visible()


def test_a_missing_asset_is_said_where_the_workbench_would_be(visit: Visit) -> None:
    visit.page.route("**/workbench-*.js", lambda route: route.abort())
    visit.open()
    visit.fill_in("master")
    expect(visit.page.get_by_role("heading", name="GraphiQL cannot be shown")).to_be_visible()
    expect(visit.person).to_contain_text("master@demo.example.com")
    visit.forgive("net::ERR_FAILED")
    visit.forgive("workbench")
    visit.page.unroute("**/workbench-*.js")
    visit.button("Load again").click()
    visit.expect_workbench()


def test_what_the_editor_gives_up_itself_is_no_error_and_all_else_is(visit: Visit) -> None:
    visit.sign_in("master")
    reject = "([name, words]) => { Promise.reject(Object.assign(new Error(words), { name })); }"
    visit.page.evaluate(reject, ["Canceled", "Canceled"])
    with visit.page.expect_event("pageerror"):
        visit.page.evaluate(reject, ["Error", "Canceled by somebody else"])
    visit.forgive("Canceled by somebody else")

"""The master's menu: trying on a role by keyboard, and what changes while it is on."""

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.visit import Visit

pytestmark = pytest.mark.browser

REPORTS = "{ viewer { role { name } account { number reportConfigs { email } } } }"
CHANGE = 'mutation { updatePersonalInformation(input: { phone: "+49 30 1" }) { userErrors { code } } }'


def menu(visit: Visit) -> Locator:
    """The menu of roles."""
    return visit.page.get_by_role("combobox", name="View as")


def choose(visit: Visit, letter: str, role: str | None) -> None:
    """Choose a role by typing its first letter; GraphiQL then asks for the schema anew, as that role."""
    with visit.page.expect_request(lambda request: "__schema" in (request.post_data or "")) as asked:
        menu(visit).focus()
        visit.page.keyboard.press(letter)
    assert asked.value.headers.get("x-view-as") == role


def test_the_master_tries_on_a_role_and_takes_it_off_again(visit: Visit) -> None:
    visit.sign_in("master")
    visit.replace_operation(REPORTS)
    assert "errors" not in visit.run()
    choose(visit, "b", "BILLING")
    expect(menu(visit)).to_be_focused()
    expect(visit.page.get_by_text("You see the API as Billing: mutations do not run")).to_be_visible()
    expect(visit.person).to_contain_text("master@demo.example.com")
    answer = visit.run()
    assert answer["data"]["viewer"]["role"] == {"name": "BILLING"}
    assert answer["data"]["viewer"]["account"]["reportConfigs"] is None
    assert answer["errors"][0]["extensions"]["code"] == "FORBIDDEN"
    choose(visit, "y", None)
    expect(visit.page.get_by_text("You see the API as")).to_have_count(0)
    assert "errors" not in visit.run()


def test_the_documentation_is_the_roles(visit: Visit) -> None:
    visit.sign_in("master")
    choose(visit, "b", "BILLING")
    visit.button("Show Documentation Explorer").click()
    docs = visit.page.locator(".graphiql-doc-explorer")
    for name in ["Query", "Viewer", "Account"]:
        docs.get_by_role("link", name=name, exact=True).first.click()
    expect(docs.get_by_role("link", name="invoices", exact=True)).to_be_visible()
    expect(docs.get_by_role("link", name="reportConfigs", exact=True)).to_have_count(0)


def test_no_mutation_runs_while_a_role_is_on(visit: Visit) -> None:
    visit.sign_in("master")
    choose(visit, "b", "BILLING")
    visit.replace_operation(CHANGE)
    with visit.page.expect_response("**/graphql") as response:
        visit.button("Execute query (Ctrl-Enter)").click()
    assert response.value.status == 403
    expect(visit.result).to_contain_text("No mutation runs while you view the API as")
    visit.forgive("403")


def test_only_the_master_has_the_menu(visit: Visit) -> None:
    visit.sign_in("billing")
    expect(menu(visit)).to_have_count(0)

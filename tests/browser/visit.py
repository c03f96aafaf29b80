"""What a person does on the page, by the names and labels that a person reads there."""

import json
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, ConsoleMessage, Locator, Page, Request, expect

from tests.client import DEMO_PASSWORD

OWN = {"data", "blob", "chrome", "chrome-extension"}
"""Addresses that lead to no host: Chromium has its viewer of PDFs behind the last two."""


class Visit:
    """One person's browser at the gateway. Notes whatever the page should not do."""

    def __init__(self, context: BrowserContext, url: str) -> None:
        self.context = context
        self.url = url
        self.complaints: list[str] = []
        self.foreign: list[str] = []
        context.on("request", self._see_request)
        context.on("console", self._see_console)
        context.on("weberror", lambda error: self.complaints.append(f"uncaught: {error.error}"))
        self.page: Page = context.new_page()

    def _see_request(self, request: Request) -> None:
        parts = urlsplit(request.url)
        ours = f"{parts.scheme}://{parts.netloc}" == self.url
        if not ours and parts.scheme not in OWN:
            self.foreign.append(request.url)

    def _see_console(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self.complaints.append(f"{message.type}: {message.text}")

    def forgive(self, words: str) -> None:
        """Take back the complaints with these words, of which there must be one: a test that causes them says so."""
        rest = [complaint for complaint in self.complaints if words not in complaint]
        assert len(rest) < len(self.complaints), f"nobody complained of {words!r}: {self.complaints}"
        self.complaints = rest

    def open(self, path: str = "/graphiql") -> None:
        """Go to an address of the gateway."""
        self.page.goto(f"{self.url}{path}")

    def field(self, label: str) -> Locator:
        """A field of the form."""
        return self.page.get_by_label(label, exact=True)

    def button(self, name: str) -> Locator:
        """A button by what it says."""
        return self.page.get_by_role("button", name=name, exact=True)

    def link(self, name: str) -> Locator:
        """A link by what it says."""
        return self.page.get_by_role("link", name=name, exact=True)

    def heading(self, name: str) -> Locator:
        """A heading by what it says."""
        return self.page.get_by_role("heading", name=name, exact=True)

    def fill_in(self, login: str, password: str = DEMO_PASSWORD) -> None:
        """Fill in the form and send it off with the keyboard alone, beginning where the page puts the cursor."""
        expect(self.field("E-mail")).to_be_focused()
        self.page.keyboard.type(login if "@" in login else f"{login}@demo.example.com")
        self.page.keyboard.press("Tab")
        self.page.keyboard.type(password)
        self.page.keyboard.press("Enter")

    def sign_in(self, login: str) -> None:
        """Open the page and sign in as one of the demo's logins."""
        self.open()
        self.fill_in(login)
        self.expect_workbench()

    def expect_workbench(self) -> None:
        """GraphiQL is there, its editor too."""
        expect(self.page.get_by_role("tab", name="Dashboard")).to_be_visible()
        expect(self.editor).to_contain_text("Dashboard")

    @property
    def editor(self) -> Locator:
        """The lines of the operation's editor."""
        return self.page.locator(".graphiql-query-editor .view-lines")

    @property
    def person(self) -> Locator:
        """The part of the bar that says who is signed in."""
        return self.page.get_by_label("Signed in as")

    @property
    def result(self) -> Locator:
        """The lines of the result pane that are in sight."""
        return self.page.locator(".graphiql-response .view-lines")

    def open_tab(self, name: str) -> None:
        """Turn to one of the example operations."""
        self.page.get_by_role("tab", name=name).click()
        expect(self.editor).to_contain_text(name)

    def replace_operation(self, document: str) -> None:
        """Paste another operation over what the editor holds."""
        self.context.grant_permissions(["clipboard-read", "clipboard-write"])
        self.page.evaluate("text => navigator.clipboard.writeText(text)", document)
        self.editor.click()
        self.page.keyboard.press("ControlOrMeta+a")
        self.page.keyboard.press("ControlOrMeta+v")

    def run(self) -> dict[str, Any]:
        """Run what the editor holds; answer with the whole of what the result pane then shows."""
        with self.page.expect_response("**/graphql"):
            self.button("Execute query (Ctrl-Enter)").click()
        expect(self.result).to_contain_text("data")
        text = self.page.evaluate(
            "__MONACO.editor.getModels().find(({uri}) => uri.path.endsWith('response.json')).getValue()"
        )
        answer: dict[str, Any] = json.loads(text)
        return answer

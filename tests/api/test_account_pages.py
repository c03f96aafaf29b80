"""The pages behind mailed links as they are served: where they are, under which policy, and what they load."""

import re
from html.parser import HTMLParser

import httpx
import pytest

from gateway.account_pages import NAMES
from gateway.mail.templates import CONFIRM_EMAIL, DRAFTS, SET_PASSWORD
from gateway.pages import POLICY, STATIC
from resolvers.checks import countries
from schema.build import build_schema, graphql_schema

FOLDER = STATIC / "pages"


class Tags(HTMLParser):
    """The tags of a page with their attributes."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a tag."""
        self.found.append((tag, dict(attrs)))

    def of(self, *names: str) -> list[dict[str, str | None]]:
        """The attributes of tags of these names."""
        return [attributes for tag, attributes in self.found if tag in names]


@pytest.mark.parametrize("name", NAMES)
async def test_a_page_comes_under_the_policy_of_the_others_and_asks_this_origin_alone(
    client: httpx.AsyncClient, name: str
) -> None:
    response = await client.get(f"/{name}")
    assert response.status_code == 200
    assert response.headers["content-type"] == "text/html; charset=utf-8"
    assert response.headers["content-security-policy"] == POLICY
    assert response.headers["cache-control"] == "no-cache"
    assert response.headers["referrer-policy"] == "no-referrer"
    assert response.headers["x-frame-options"] == "DENY"
    tags = Tags(response.text)
    loaded = [tag["src"] for tag in tags.of("script")] + [
        tag["href"] for tag in tags.of("link") if tag["rel"] == "stylesheet"
    ]
    assert loaded == [f"static/pages/{name}.js", "static/pages/pages.css"]
    for address in [*loaded, "static/pages/pages.js"]:
        file = await client.get(f"/{address}")
        assert file.status_code == 200
        assert file.headers["cache-control"] == "no-cache"
        assert file.headers["cross-origin-resource-policy"] == "same-origin"
    leading = {str(tag["href"]) for tag in tags.of("a")}
    assert leading <= {"graphiql", *NAMES}
    assert not re.search(r"https?://(?!www\.w3\.org/2000/svg)", response.text)
    assert not [attribute for _, given in tags.found for attribute in given if attribute.startswith("on")]


@pytest.mark.parametrize("name", NAMES)
def test_every_field_has_a_label_and_a_place_for_what_is_wrong_with_it(name: str) -> None:
    tags = Tags((FOLDER / f"{name}.html").read_text())
    ids = {given["id"] for _, given in tags.found if "id" in given}
    labelled = {tag["for"] for tag in tags.of("label") if "for" in tag}
    fields = [tag for tag in tags.of("input", "select") if tag.get("type") != "checkbox"]
    for field in fields:
        assert field["id"] in labelled
        described = str(field["aria-describedby"]).split()
        assert f"{field['id']}-refusal" in described
        assert set(described) <= ids
        assert field["autocomplete"]
    (form,) = tags.of("form")
    assert form["method"] == "post", "a form that is sent without its script puts nothing into an address"
    assert form["aria-labelledby"] in ids
    assert {"refusal", "done"} <= ids


def test_the_links_of_letters_lead_to_pages_that_there_are() -> None:
    assert {draft.page for draft in DRAFTS.values()} - {""} == {SET_PASSWORD, CONFIRM_EMAIL, "/"}
    assert {SET_PASSWORD, CONFIRM_EMAIL} <= {f"/{name}" for name in NAMES}


def test_the_form_offers_the_countries_that_the_portal_takes() -> None:
    text = (FOLDER / "register.js").read_text()
    listed = re.search(r"COUNTRIES =(.*?);", text, re.DOTALL)
    assert listed is not None
    assert set(re.findall(r"\b[A-Z]{2}\b", listed[1])) == countries()


@pytest.mark.parametrize("name", NAMES)
def test_a_page_sends_a_mutation_that_the_schema_takes(name: str) -> None:
    from graphql import parse, validate  # noqa: PLC0415 (one test's)

    document = re.search(r"`(mutation .*?)`", (FOLDER / f"{name}.js").read_text(), re.DOTALL)
    assert document is not None
    assert validate(graphql_schema(build_schema()), parse(document[1])) == []


async def test_nothing_else_is_served_from_there(client: httpx.AsyncClient) -> None:
    for path in (
        "static/pages/",
        "static/pages/absent.js",
        "static/pages/..%2f..%2fsettings.py",
        "pages",
    ):
        assert (await client.get(f"/{path}")).status_code == 404
    assert (await client.post("/set-password")).status_code == 405

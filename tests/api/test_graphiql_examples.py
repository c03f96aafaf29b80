"""GraphiQL's example operations run as they stand, for every role."""

import json
from pathlib import Path

import httpx
import pytest

from tests.client import post, sign_in

FOLDER = Path(__file__).parents[2] / "frontend" / "src" / "examples"
EXAMPLES = sorted(path.stem for path in FOLDER.glob("*.graphql"))
LOGINS = (
    "full-access",
    "billing",
    "server-and-license-management",
    "server-management",
    "read-only-billing",
    "read-only-server-management",
)


def example(name: str) -> tuple[str, dict[str, object]]:
    """An example's document and variables."""
    variables = FOLDER / f"{name}.variables.json"
    return (FOLDER / f"{name}.graphql").read_text(), json.loads(variables.read_text()) if variables.exists() else {}


def test_the_examples_are_found() -> None:
    assert EXAMPLES == ["dashboard", "invoices", "permissions", "servers"]


@pytest.mark.parametrize("name", EXAMPLES)
async def test_the_master_gets_a_whole_answer(demo_client: httpx.AsyncClient, name: str) -> None:
    token = await sign_in(demo_client, "master@demo.example.com")
    answer = (await post(demo_client, *example(name), token=token)).json()
    assert "errors" not in answer
    assert answer["data"]["viewer"]["account"] is not None


async def test_the_server_search_finds_servers(demo_client: httpx.AsyncClient) -> None:
    token = await sign_in(demo_client, "master@demo.example.com")
    answer = (await post(demo_client, *example("servers"), token=token)).json()
    assert answer["data"]["viewer"]["account"]["servers"]["totalCount"] > 0


@pytest.mark.parametrize("login", LOGINS)
async def test_every_other_role_gets_the_rest_beside_what_is_refused(
    demo_client: httpx.AsyncClient, login: str
) -> None:
    token = await sign_in(demo_client, f"{login}@demo.example.com")
    for name in EXAMPLES:
        answer = (await post(demo_client, *example(name), token=token)).json()
        assert answer["data"]["viewer"]["account"] is not None
        assert {error["extensions"]["code"] for error in answer.get("errors", [])} <= {"FORBIDDEN"}

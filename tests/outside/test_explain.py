"""`gateway explain`: what an operation would do for a role, told without a database."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from gateway.cli import app

NESTED = """
query Nested($keys: Int!, $search: String) { viewer { login account { number
  billing { balance { amount } }
  subscriptions { product { name } activationKeys(first: $keys) { totalCount nodes { key
    servers(first: 20) { nodes { ...Shown } } } } }
  servers(first: 5, filter: {search: $search}) { totalCount edges { cursor node { ...Shown } } } } } }
fragment Shown on Server { id hostname group { name serverCount } installedProducts { version product { name } } }
"""


@pytest.fixture
def document(tmp_path: Path) -> Path:
    """A file with one nested operation."""
    file = tmp_path / "nested.graphql"
    file.write_text(NESTED)
    return file


def explained(document: Path, *options: str) -> Result:
    """Run the command as wide as its tree."""
    return CliRunner(env={"COLUMNS": "160"}).invoke(app, ["explain", str(document), *options])


def parts(text: str) -> dict[str, str]:
    """What was printed, by heading."""
    found: dict[str, list[str]] = {}
    headings = {"Plan", "Statements", "Generated code", "Cost", "Permissions"}
    for line in text.splitlines():
        if line in headings:
            found[line] = []
        elif found:
            found[list(found)[-1]].append(line)
    assert set(found) == headings
    return {heading: "\n".join(lines) for heading, lines in found.items()}


def line_of(tree: str, key: str, above: str = "") -> str:
    """The first line of a place below another."""
    below = tree[tree.index(above) :]
    return next(line for line in below.splitlines() if f" {key}  " in line)


def test_the_plan_is_a_tree_of_places_with_their_kinds_relations_and_columns(document: Path) -> None:
    tree = parts(explained(document, "--variables", '{"keys": 50}').output)["Plan"]
    assert "Nested for MASTER" in tree
    assert "told by its resolver" in line_of(tree, "viewer")
    assert "beside a row of subscriptions" in line_of(tree, "account")
    assert "list subscriptions_of_account" in line_of(tree, "subscriptions")
    assert "computed by server_count_of_group" in line_of(tree, "serverCount")
    assert "page keys_of_subscription" in line_of(tree, "activationKeys")
    servers = line_of(tree, "servers", "activationKeys")
    assert "page servers_of_key" in servers
    assert servers.endswith("account_id, group_id, hostname, id")
    assert "sealed cursor" in line_of(tree, "cursor")
    assert "global id of Server" in line_of(tree, "id")
    assert "column" in line_of(tree, "hostname")


def test_what_no_list_brings_is_looked_up(document: Path) -> None:
    document.write_text("{ viewer { account { number servers(first: 1) { totalCount } } } }")
    shown = parts(explained(document).output)
    assert "look-up of Account by account_id" in line_of(shown["Plan"], "account")
    assert "FROM accounts" in shown["Statements"]


def test_each_statement_is_shown_once_with_the_columns_that_are_read_and_no_others(document: Path) -> None:
    statements = parts(explained(document, "--variables", '{"keys": 50}').output)["Statements"]
    products = [line for line in statements.splitlines() if '"Product.product_id.name"' in line]
    assert len(products) == 2, "beside subscriptions, and beside what is installed"
    assert '"Product.product_id.code"' not in statements
    assert "JOIN LATERAL" in statements
    read = [line for line in statements.splitlines() if line.startswith("SELECT ") and " server.hostname AS" in line]
    assert len(read) == 2
    assert [line for line in read if " server.ip AS" in line or "last_check_in" in line] == []


def test_a_filter_is_in_the_statement_only_where_it_is_given(document: Path) -> None:
    without = parts(explained(document, "--variables", '{"keys": 50}').output)["Statements"]
    with_it = parts(explained(document, "--variables", '{"keys": 50, "search": "web"}').output)["Statements"]
    assert " LIKE " not in without
    assert " LIKE " in with_it


def test_the_generated_code_is_the_functions_that_build_the_objects(document: Path) -> None:
    code = parts(explained(document, "--variables", '{"keys": 50}').output)["Generated code"]
    assert "def build(rows, all_v0" in code
    assert "row['hostname']" in code
    compile("\n".join(line for line in code.splitlines() if line.startswith(("def ", "    "))), "<shown>", "exec")


def test_the_cost_follows_the_variables(document: Path) -> None:
    costs = []
    for keys in (1, 50):
        cost, _, limit = parts(explained(document, "--variables", json.dumps({"keys": keys})).output)["Cost"].partition(
            " of "
        )
        costs.append(int(cost.replace(",", "")))
        assert int(limit.strip().replace(",", "")) >= 100_000
    assert costs[0] < costs[1]


def test_permissions_are_named_with_the_fields_that_take_them_and_what_a_role_is_refused(document: Path) -> None:
    everything = parts(explained(document, "--variables", '{"keys": 50}').output)["Permissions"]
    assert "needs VIEW_BILLING: Account.billing" in everything
    assert "refused" not in everything
    output = explained(document, "--role", "server_management", "--variables", '{"keys": 50}').output
    permissions = parts(output)["Permissions"]
    assert "needs VIEW_BILLING: Account.billing" in permissions
    assert "refused: viewer.account.billing is null: Account.billing needs VIEW_BILLING" in permissions
    assert "null, for it is refused" in line_of(parts(output)["Plan"], "billing")
    assert "balance" not in output


@pytest.mark.parametrize(
    ("text", "options", "sentence"),
    [
        ("{ nothing }", [], "Cannot query field 'nothing' on type 'Query'."),
        ("{ viewer { login }", [], "Syntax Error"),
        ("query A { viewer { login } } query B { viewer { id } }", [], "several operations"),
        (NESTED, [], "a value is required"),
        (NESTED, ["--variables", '{"keys": "many"}'], "expected a whole number"),
        (NESTED, ["--variables", "{"], "this is no JSON"),
        (NESTED, ["--variables", "[]"], "they are written as a JSON object"),
        (NESTED, ["--role", "OWNER"], "there is no role OWNER"),
    ],
)
def test_what_would_be_refused_is_a_sentence(tmp_path: Path, text: str, options: list[str], sentence: str) -> None:
    file = tmp_path / "bad.graphql"
    file.write_text(text)
    result = explained(file, *options)
    assert result.exit_code in {1, 2}
    assert sentence in " ".join(result.output.replace("│", " ").split())


def test_an_operation_of_several_is_chosen_by_name(tmp_path: Path) -> None:
    file = tmp_path / "two.graphql"
    file.write_text("query A { viewer { login } } query B { viewer { id } }")
    assert "B for MASTER" in explained(file, "--operation", "B").output

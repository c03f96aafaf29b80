"""One document is one try: a second authentication field is refused before anything runs, however it is hidden."""

import httpx
import pytest
from graphql import GraphQLInputObjectType, GraphQLObjectType, get_named_type

from models.db import Database
from schema.limits import AUTHENTICATION_FIELDS
from tests.access.people import make_master, make_session
from tests.access.unchanged import everything
from tests.access.ways import sdl_schema
from tests.client import post
from tests.databases import StatementLog

PROOFS = frozenset({"password", "currentPassword", "newPassword", "code", "token"})
LETTERS = frozenset({"register", "requestPasswordReset"})
"""Mutations that make us write to an address that anybody may give."""

ONE = 'signIn(input: { email: "a@example.com", password: "p" }) { token }'
OTHER = 'signIn(input: { email: "a@example.com", password: "q" }) { token }'
TWICE = {
    "aliases": f"mutation {{ a: {ONE} b: {OTHER} }}",
    "the same once more": f"mutation {{ {ONE} {ONE} }}",
    "a fragment spread under another's alias": f"mutation {{ a: {ONE} ...F }} fragment F on Mutation {{ b: {OTHER} }}",
    "one fragment within another, twice": (
        f"mutation {{ ...F ...G }} fragment F on Mutation {{ ...H }} fragment G on Mutation {{ ...H }}"
        f" fragment H on Mutation {{ {ONE} }}"
    ),
    "inline fragments": f"mutation {{ ... on Mutation {{ a: {ONE} }} ... {{ b: {OTHER} }} }}",
    "conditions on constants": f'mutation {{ a: {ONE} b: signIn(input: {{ email: "a@example.com", password: "q" }})'
    " @skip(if: true) { token } }",
    "variables": "mutation ($i: SignInInput!, $j: SignInInput!) { a: signIn(input: $i) { token } b: signIn(input: $j)"
    " { token } }",
    "a variable's condition": "mutation ($i: SignInInput!, $yes: Boolean!) { a: signIn(input: $i) @include(if: $yes)"
    " { token } b: signIn(input: $i) @skip(if: $yes) { token } }",
    "another operation beside it": f"mutation A {{ {ONE} }} mutation B {{ {OTHER} }}",
    "another field": f'mutation {{ {ONE} beginTwoFactor(input: {{ password: "p" }}) {{ secret }} }}',
}
INPUT = {"email": "a@example.com", "password": "p"}
VARIABLES = {"i": INPUT, "j": INPUT, "yes": True}


def inputs() -> dict[str, set[str]]:
    """The fields of each mutation's input."""
    mutation = sdl_schema().mutation_type
    assert isinstance(mutation, GraphQLObjectType)
    found = {}
    for name, field in mutation.fields.items():
        kind = get_named_type(field.args["input"].type)
        assert isinstance(kind, GraphQLInputObjectType)
        found[name] = set(kind.fields)
    return found


def test_every_mutation_that_takes_a_proof_or_sends_letters_is_one() -> None:
    guessing = {name for name, fields in inputs().items() if fields & PROOFS or name in LETTERS}
    assert guessing == AUTHENTICATION_FIELDS & set(inputs())


@pytest.mark.parametrize("hidden", TWICE)
async def test_two_in_a_document_are_refused_before_anything_runs(
    client: httpx.AsyncClient, db: Database, statements: StatementLog, hidden: str
) -> None:
    token = await make_session(db, await make_master(db))
    before = await everything(db)
    statements.clear()
    operation = {"operationName": "A"} if "mutation A" in TWICE[hidden] else {}
    body = {"query": TWICE[hidden], "variables": VARIABLES, **operation}
    response = await client.post("/graphql", json=body)
    assert len(statements) == 0
    (error,) = response.json()["errors"]
    assert error["extensions"]["code"] == "LIMIT_EXCEEDED"
    assert (error["extensions"]["limit"], error["extensions"]["value"]) == ("authenticationFields", 1)
    assert "data" not in response.json()
    assert (await post(client, TWICE[hidden], VARIABLES, token=token.text)).json()["errors"][0] == error
    assert await everything(db) == before


@pytest.mark.parametrize("field", sorted(AUTHENTICATION_FIELDS))
async def test_each_of_them_counts(client: httpx.AsyncClient, field: str) -> None:
    document = f"mutation {{ a: {field}(input: {{}}) {{ __typename }} b: {field}(input: {{}}) {{ __typename }} }}"
    extensions = [error["extensions"] for error in (await post(client, document)).json()["errors"]]
    assert [(one["code"], one.get("limit")) for one in extensions] == [("LIMIT_EXCEEDED", "authenticationFields")]

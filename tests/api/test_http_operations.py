"""Operations that fail: with which code, at which place, and in which words."""

import logging
from typing import Any

import httpx
import pytest

from schema.errors import CODES
from tests.api import protocol

Errors = list[dict[str, Any]]


async def errors_of(http: httpx.AsyncClient, query: str, variables: dict[str, Any] | None = None) -> Errors:
    """The errors of an answer."""
    response = await http.post("/graphql", json={"query": query, "variables": variables})
    found: Errors = response.json()["errors"]
    return found


def codes(errors: Errors) -> list[str]:
    """The codes of some errors."""
    return [error["extensions"]["code"] for error in errors]


def test_the_list_of_codes_is_closed() -> None:
    assert sorted(CODES) == [
        "BAD_USER_INPUT",
        "COST_LIMIT_EXCEEDED",
        "FORBIDDEN",
        "GRAPHQL_PARSE_FAILED",
        "GRAPHQL_VALIDATION_FAILED",
        "INTERNAL",
        "LIMIT_EXCEEDED",
        "PERSISTED_QUERY_NOT_FOUND",
        "RATE_LIMITED",
        "TIMEOUT",
        "UNAUTHENTICATED",
    ]


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("{", "GRAPHQL_PARSE_FAILED"),
        ("", "GRAPHQL_PARSE_FAILED"),
        ('{ hello(name: "\\uD800") }', "GRAPHQL_PARSE_FAILED"),
        ('{ hello(name: "open) }', "GRAPHQL_PARSE_FAILED"),
        ("{ nothing }", "GRAPHQL_VALIDATION_FAILED"),
        ("{ hello { name } }", "GRAPHQL_VALIDATION_FAILED"),
        ("{ thing }", "GRAPHQL_VALIDATION_FAILED"),
        ("{ ...Missing }", "GRAPHQL_VALIDATION_FAILED"),
        ("{ ...A } fragment A on Query { ...B } fragment B on Query { ...A hello }", "GRAPHQL_VALIDATION_FAILED"),
        ("{ hello } query B { hello }", "GRAPHQL_VALIDATION_FAILED"),
        ("query ($unused: Int) { hello }", "GRAPHQL_VALIDATION_FAILED"),
        ("type Query { own: Int }", "GRAPHQL_VALIDATION_FAILED"),
        ("{ count }", "GRAPHQL_VALIDATION_FAILED"),
    ],
)
async def test_documents_that_cannot_run_say_why(http: httpx.AsyncClient, query: str, code: str) -> None:
    errors = await errors_of(http, query)
    assert set(codes(errors)) == {code}
    assert all(error["message"] for error in errors)


async def test_validation_never_suggests_names(http: httpx.AsyncClient) -> None:
    errors = await errors_of(http, "{ hell acount: acc person(person: {emal: 1}) thing { nam } ...X }")
    assert not any("mean" in error["message"] for error in errors)


async def test_an_unknown_operation_is_told(http: httpx.AsyncClient) -> None:
    response = await http.post("/graphql", json={"query": "query A {hello} query B {hello}", "operationName": "C"})
    several = await http.post("/graphql", json={"query": "query A {hello} query B {hello}"})
    assert codes(response.json()["errors"]) == codes(several.json()["errors"]) == ["BAD_USER_INPUT"]
    assert "no operation of the name" in response.json()["errors"][0]["message"]
    assert "name one in operationName" in several.json()["errors"][0]["message"]


NINES = "9" * 5_000


@pytest.mark.parametrize(
    ("argument", "path", "says"),
    [
        ('person(person: {email: "x"})', "person.email", "an e-mail address like name@example.com"),
        ("person(person: {email: 5})", "person.email", "an e-mail address"),
        ('person(person: {email: "a@b", age: "old"})', "person.age", "a whole number"),
        ('person(person: {email: "a@b", age: 99999999999})', "person.age", "a whole number"),
        (f'person(person: {{email: "a@b", age: {NINES}}})', "person.age", "a whole number"),
        ('person(person: {email: "a@b", tags: ["x", 1]})', "person.tags.1", "a string"),
        ('person(person: {email: "a@b", colour: BLUE})', "person.colour", "a value of the enum Colour"),
        ('person(person: {email: "a@b", password: 12345})', "person.password", "a string"),
        ('person(person: {email: "a@b", nothing: 12345})', "person.nothing", "has no such field"),
        ('person(person: {password: "12345"})', "person.email", "a value is required"),
        ("person(person: {email: null})", "person.email", "must not be null"),
        ('person(person: "12345")', "person", "an object of type Person"),
        ("count(to: 1.5)", "to", "a whole number"),
        ("count(to: null)", "to", "must not be null"),
        ('hello(name: "a\\u0000b")', "name", "the character NUL"),
        ('ids(ids: ["a", "\\u0000"])', "ids.1", "the character NUL"),
    ],
)
async def test_a_wrong_literal_names_its_argument(http: httpx.AsyncClient, argument: str, path: str, says: str) -> None:
    (error,) = await errors_of(http, f"{{ {argument} }}")
    assert error["extensions"] == {"code": "BAD_USER_INPUT", "argumentPath": path}
    assert error["message"].startswith(f"{path}: ")
    assert says in error["message"]
    assert "12345" not in error["message"]


PERSON = "query ($it: Person!) { person(person: $it) }"
FIELDS = "query ($mail: Email!, $tag: String!) { person(person: {email: $mail, tags: [$tag]}) }"


@pytest.mark.parametrize(
    ("query", "variables", "path", "says"),
    [
        (PERSON, {"it": {"email": "x"}}, "person.email", "an e-mail address like name@example.com"),
        (PERSON, {"it": {"email": "a@b", "age": 1.5}}, "person.age", "a whole number"),
        (PERSON, {"it": {"email": "a@b", "age": 10**17}}, "person.age", "a whole number"),
        (PERSON, {"it": {"email": "a@b", "age": True}}, "person.age", "a whole number"),
        (PERSON, {"it": {"email": "a@b", "tags": ["x", 12345]}}, "person.tags.1", "a string"),
        (PERSON, {"it": {"email": "a@b", "password": {"is": "12345"}}}, "person.password", "a string"),
        (PERSON, {"it": {"email": "a@b", "colour": "BLUE"}}, "person.colour", "a value of the enum Colour"),
        (PERSON, {"it": {"email": "a@b", "nothing": "12345"}}, "person.nothing", "has no such field"),
        (PERSON, {"it": {"password": "12345"}}, "person.email", "a value is required"),
        (PERSON, {"it": ["12345"]}, "person", "an object of type Person"),
        (PERSON, {"it": None}, "person", "must not be null"),
        (PERSON, {}, "person", "a value is required"),
        (FIELDS, {"mail": "x", "tag": "t"}, "person.email", "an e-mail address"),
        (FIELDS, {"mail": "a@b", "tag": 12345}, "person.tags.0", "a string"),
        ("query ($n: String) { hello(name: $n) }", {"n": "a\0b"}, "name", "the character NUL"),
        ("query ($n: [ID!]) { ids(ids: $n) }", {"n": ["a", "\0"]}, "ids.1", "the character NUL"),
        ("query ($n: [ID!]) { ids(ids: $n) }", {"n": [1.5]}, "ids.0", "an id"),
        ("query ($if: Boolean!) { hello @skip(if: $if) }", {"if": "no"}, "if", "true or false"),
    ],
)
async def test_a_wrong_variable_names_the_argument_it_would_reach(
    http: httpx.AsyncClient, query: str, variables: dict[str, Any], path: str, says: str
) -> None:
    (error,) = await errors_of(http, query, variables)
    assert error["extensions"]["code"] == "BAD_USER_INPUT"
    assert error["extensions"]["argumentPath"] == path
    assert error["extensions"]["variable"] in query
    assert says in error["message"]
    assert "12345" not in error["message"]


async def test_null_by_a_variable_where_none_may_be(http: httpx.AsyncClient) -> None:
    (error,) = await errors_of(http, "query ($size: Int = 1) { strict(size: $size) }", {"size": None})
    assert error["extensions"] == {"code": "BAD_USER_INPUT", "argumentPath": "size"}


async def test_deeply_nested_variables_are_no_defect(http: httpx.AsyncClient) -> None:
    nested: Any = "a"
    for _ in range(500):
        nested = [nested]
    (error,) = await errors_of(http, "query ($n: [ID!]) { ids(ids: $n) }", {"n": nested})
    assert error["extensions"]["argumentPath"] == "ids.0"


async def test_variables_nobody_asked_for_are_let_pass(http: httpx.AsyncClient) -> None:
    response = await http.post("/graphql", json={"query": "{hello}", "variables": {"other": "\0"}})
    assert response.json() == {"data": {"hello": "Hello world"}}


@pytest.mark.parametrize(
    ("what", "extensions", "message"),
    [
        ("input", {"code": "BAD_USER_INPUT", "argumentPath": "first"}, "first must be between 1 and 100."),
        ("credential", {"code": "UNAUTHENTICATED"}, "Sign in first."),
        ("permission", {"code": "FORBIDDEN"}, "Not for you."),
        ("user", {"code": "BAD_USER_INPUT"}, "The name is taken."),
    ],
)
async def test_resolvers_errors_keep_their_sentence(
    http: httpx.AsyncClient, what: str, extensions: dict[str, str], message: str
) -> None:
    (error,) = await errors_of(http, f'{{ asks(what: "{what}") }}')
    assert (error["message"], error["extensions"], error["path"]) == (message, extensions, ["asks"])


async def test_defects_are_masked_and_logged_with_the_id_the_client_gets(
    http: httpx.AsyncClient, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR, logger="schema.errors"):
        response = await http.post(
            "/graphql", json={"query": '{ asks(what: "defect") }'}, headers={"X-Request-Id": "request-0001"}
        )
    (error,) = response.json()["errors"]
    assert error["extensions"] == {"code": "INTERNAL", "requestId": "request-0001"}
    assert response.headers["x-request-id"] == "request-0001"
    assert "SELECT" not in response.text
    assert "ZeroDivisionError" not in response.text
    (record,) = caplog.records
    assert record.__dict__["request_id"] == "request-0001"
    assert record.exc_info is not None
    assert record.exc_info[0] is ZeroDivisionError


async def test_each_failing_row_has_its_error(http: httpx.AsyncClient) -> None:
    errors = await errors_of(http, "{ breaks { broken { id } } }")
    assert codes(errors) == ["INTERNAL", "INTERNAL"]
    assert sorted(error["path"] for error in errors) == [["breaks", 0, "broken"], ["breaks", 1, "broken"]]


async def test_documents_and_variables_are_never_logged(
    http: httpx.AsyncClient, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    secret = "correct-horse-battery"
    queries = [
        f'mutation {{ signIn(password: "{secret}") }}',
        f'mutation {{ signIn(password: {{a: "{secret}"}}) }}',
        f'mutation {{ signIn(password: "{secret}" }}',
        f'{{ asks(what: "{secret}") }}',
    ]
    with caplog.at_level(logging.DEBUG):
        for query in queries:
            await http.post("/graphql", json={"query": query, "variables": {"password": secret}})
            await http.get("/graphql", params={"query": query})
    printed = capsys.readouterr()
    assert "/graphql" in printed.out + printed.err + caplog.text
    assert secret not in printed.out + printed.err
    ours = [record for record in caplog.records if record.name != "httpx"]
    assert ours
    assert not any(secret in record.getMessage() for record in ours)


async def test_a_document_is_parsed_once_and_judged_each_time(http: httpx.AsyncClient) -> None:
    query = "query ($to: Int!) { count(to: $to) }"
    answers = [
        (await http.post("/graphql", json={"query": query, "variables": {"to": to}})).json() for to in (1, "x", 2)
    ]
    assert answers[0] == {"data": {"count": 1}}
    assert codes(answers[1]["errors"]) == ["BAD_USER_INPUT"]
    assert answers[2] == {"data": {"count": 2}}


async def test_the_store_of_documents_is_bounded() -> None:
    engine = protocol.engine_of(protocol.settings_of())
    engine.documents.room = 1_000
    for number in range(200):
        query = f"query Q{number} {{ hello }}"
        engine.documents.read(query)
    kept = list(engine.documents._kept)
    assert sum(map(len, kept)) + engine.documents.room == 1_000
    assert engine.documents.room >= 0
    assert kept[-1] == "query Q199 { hello }"
    assert "query Q0 { hello }" not in kept


async def test_a_whole_operation_is_refused_on_request(http: httpx.AsyncClient) -> None:
    response = await http.post(
        "/graphql", json={"query": "{ account { id } hello }"}, headers={"X-Reject-Unauthorized": "1"}
    )
    assert (response.status_code, set(response.json())) == (401, {"errors"})

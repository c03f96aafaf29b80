"""The static walk, over a small schema: which places it cuts, and what it says about each."""

from typing import Any

import pytest

from auth.actors import CredentialKind
from auth.permissions import Permission
from models.roles import RoleName
from schema.guards.walk import MAX_CUTS
from tests.access.small import SDL, Judged, actor, small_guards

SERVERS = RoleName.SERVER_MANAGEMENT  # neither VIEW_INVOICES nor VIEW_PRICES nor VIEW_BILLING
READ_ONLY_BILLING = RoleName.READ_ONLY_BILLING  # VIEW_INVOICES, not VIEW_PRICES


def judge(text: str, role: RoleName | None = SERVERS, **variables: Any) -> Judged:
    return Judged(small_guards(), text, actor(role) if role else None, **variables)


def test_a_guarded_field_is_one_error_at_the_field_where_no_list_is_above_it() -> None:
    judged = judge("{ viewer { account { number invoices { total } } } }")
    (error,) = judged.verdict.errors()
    assert error.path == ["viewer", "account", "invoices"]
    assert error.extensions == {
        "code": "FORBIDDEN",
        "permission": "VIEW_INVOICES",
        "role": "SERVER_MANAGEMENT",
        "coordinate": "Account.invoices",
        "place": "viewer.account.invoices",
    }
    assert "VIEW_INVOICES" in error.message
    assert error.locations is not None
    assert (error.locations[0].line, error.locations[0].column) == (1, 29)
    assert judged.verdict.whole is None


def test_below_a_list_the_path_ends_at_the_list_and_the_place_says_all() -> None:
    judged = judge("{ viewer { account { servers { account { latest { total } } } } } }")
    (error,) = judged.verdict.errors()
    assert error.path == ["viewer", "account", "servers"]
    assert error.extensions is not None
    assert error.extensions["place"] == "viewer.account.servers.@.account.latest"
    assert error.extensions["coordinate"] == "Account.latest"


def test_lists_of_lists_have_a_mark_for_each() -> None:
    judged = judge("{ matrix { price } }")
    assert judged.places == ["matrix.@.@.price"]
    assert judged.verdict.errors()[0].path == ["matrix"]


def test_whoever_has_the_permission_is_refused_nothing() -> None:
    text = "{ viewer { account { invoices { total price } latest { next { id } } owner { value } } } }"
    judged = judge(text, RoleName.MASTER)
    assert judged.verdict.errors() == []
    assert judged.verdict.whole is None


def test_a_field_of_a_type_with_the_same_guard_asks_nothing_more() -> None:
    judged = judge("{ viewer { account { latest { next { total price } } } } }", READ_ONLY_BILLING)
    assert judged.places == ["viewer.account.latest.next.price"]


def test_nothing_is_said_of_what_is_below_a_refused_field() -> None:
    judged = judge("{ viewer { account { invoices { next { price } } } } }")
    assert judged.places == ["viewer.account.invoices"]


def test_a_fragment_spread_at_two_places_gives_two_errors_and_merged_selections_one() -> None:
    judged = judge(
        """
        query {
          viewer { account { ...F ...F ... on Account { invoices { total } } again: invoices { total } } }
          viewer { account { ... { invoices { id } } } }
          other: viewer { account { ...F } }
        }
        fragment F on Account { invoices { id } ...G }
        fragment G on Node { ... on Account { latest { id } } ... on Invoice { total } }
        """
    )
    assert judged.places == [
        "viewer.account.invoices",
        "viewer.account.latest",
        "viewer.account.again",
        "other.account.invoices",
        "other.account.latest",
    ]
    merged = judged.verdict.errors()[0]
    assert merged.nodes is not None
    assert len(merged.nodes) == 3


@pytest.mark.parametrize(
    ("skip", "include", "cut"), [(True, True, False), (False, True, True), (False, False, False), (True, False, False)]
)
def test_conditions_count_with_their_actual_values(skip: bool, include: bool, cut: bool) -> None:
    text = """query ($s: Boolean!, $i: Boolean! = false) {
      viewer { account { ... @skip(if: $s) { ... on Account @include(if: $i) { latest { id } } } } }
    }"""
    assert judge(text, s=skip, i=include).places == (["viewer.account.latest"] if cut else [])


def test_introspection_and_typename_are_never_refused() -> None:
    judged = judge('{ __typename __schema { types { name } } __type(name: "Secret") { name } roles }', None)
    assert judged.verdict.errors() == []
    assert judged.verdict.whole is None


# ---- without a credential --------------------------------------------------------------------------


def test_without_a_credential_one_root_field_that_is_not_public_refuses_the_document() -> None:
    judged = judge('{ viewer { account { number } } node(id: "Server:1") { id } }', None)
    assert judged.verdict.whole is not None
    assert judged.verdict.whole.extensions is not None
    assert judged.verdict.whole.extensions["code"] == "UNAUTHENTICATED"
    assert judged.verdict.whole.extensions["coordinate"] == "Query.node"
    assert judged.verdict.whole.path is None


def test_a_root_field_that_is_left_out_needs_no_credential() -> None:
    text = 'query ($in: Boolean!) { roles node(id: "Server:1") @include(if: $in) { id } }'
    assert judge(text, None, **{"in": False}).verdict.whole is None
    assert judge(text, None, **{"in": True}).verdict.whole is not None


def test_below_a_public_root_field_what_is_guarded_is_unauthenticated() -> None:
    judged = judge("{ viewer { account { number invoices { total } servers { price } } } }", None)
    assert judged.verdict.whole is None
    assert [(e.path, e.extensions and e.extensions["code"]) for e in judged.verdict.errors()] == [
        (["viewer", "account", "invoices"], "UNAUTHENTICATED"),
        (["viewer", "account", "servers"], "UNAUTHENTICATED"),
    ]
    assert judged.verdict.errors()[0].message == "Account.invoices needs a credential."


# ---- enum values -----------------------------------------------------------------------------------

REPORT = "query ($k: Kind!, $f: Filter) { viewer { account { report(kind: $k, filter: $f) { name } } } }"


@pytest.mark.parametrize(
    ("variables", "coordinate"),
    [
        ({"k": "SERVERS"}, None),
        ({"k": "COSTS"}, "Kind.COSTS"),
        ({"k": "SERVERS", "f": None}, None),
        ({"k": "SERVERS", "f": {"kinds": ["SERVERS", "COSTS"]}}, "Kind.COSTS"),
        ({"k": "SERVERS", "f": {"nested": {"nested": {"kinds": ["BALANCES"]}}}}, "Kind.BALANCES"),
        ({"k": "COSTS", "f": {"kinds": ["BALANCES"]}}, "Kind.BALANCES"),
        ({"k": "SERVERS", "f": {"kinds": None, "text": "COSTS"}}, None),
    ],
)
def test_a_guarded_enum_value_is_refused_wherever_it_hides(variables: dict[str, Any], coordinate: str | None) -> None:
    judged = judge(REPORT, **variables)
    assert [e.extensions and e.extensions["coordinate"] for e in judged.verdict.errors()] == (
        [coordinate] if coordinate else []
    )
    assert judge(REPORT, RoleName.MASTER, **variables).places == []


def test_an_enum_value_counts_as_a_literal_and_as_a_default_too() -> None:
    assert judge("{ viewer { account { report(kind: COSTS) { name } } } }").places == ["viewer.account.report"]
    assert judge("{ viewer { account { report { name } } } }").places == ["viewer.account.report"]
    assert judge("{ viewer { account { report(kind: SERVERS, filter: {}) { name } } } }").places == []
    defaulted = "query ($k: Kind! = COSTS) { viewer { account { report(kind: $k) { name } } } }"
    assert judge(defaulted).places == ["viewer.account.report"]
    assert judge(defaulted, k="SERVERS").places == []


def test_an_enum_value_below_a_list_is_refused_once() -> None:
    judged = judge("{ viewer { account { servers { account { report(kind: COSTS) { name } } } } } }")
    assert [error.path for error in judged.verdict.errors()] == [["viewer", "account", "servers"]]


def test_a_refused_field_that_cannot_be_null_refuses_the_operation() -> None:
    judged = judge("subscription { events(kinds: [SERVERS, COSTS]) { kind } }")
    assert judged.verdict.whole is not None
    assert judged.verdict.whole.extensions is not None
    assert judged.verdict.whole.extensions["coordinate"] == "Kind.COSTS"
    assert judge("subscription { events { kind } }").verdict.whole is None


def test_a_malformed_argument_is_left_to_execution() -> None:
    judged = judge("query ($k: Kind = SERVERS) { viewer { account { report(kind: $k) { name } } } }", k=None)
    assert judged.places == []


# ---- interfaces ------------------------------------------------------------------------------------


@pytest.mark.parametrize("id_", ["Server:1", "Account:1", "", "junk", "Nothing:1", "Viewer:1"])
def test_a_node_of_a_type_that_may_be_seen_or_of_none_is_not_refused(id_: str) -> None:
    assert judge("query ($id: ID!) { node(id: $id) { id ... on Invoice { total } } }", id=id_).places == []


def test_a_node_is_judged_by_the_type_in_its_id() -> None:
    judged = judge('{ node(id: "Invoice:1") { id ... on Invoice { total price } ... on Server { price } } }')
    assert judged.places == ["node"]
    (error,) = judged.verdict.errors()
    assert error.path == ["node"]
    assert error.extensions is not None
    assert error.extensions["coordinate"] == "Invoice"


def test_fields_below_a_node_are_judged_for_the_type_in_its_id_alone() -> None:
    text = "query ($id: ID!) { node(id: $id) { ... on Invoice { price } ... on Server { cost: price } } }"
    assert judge(text, READ_ONLY_BILLING, id="Server:1").places == ["node.cost"]
    assert judge(text, READ_ONLY_BILLING, id="Invoice:1").places == ["node.price"]
    assert judge(text, READ_ONLY_BILLING, id="Account:1").places == []


def test_nodes_have_one_error_for_the_place_of_their_elements() -> None:
    judged = judge(
        '{ nodes(ids: ["Invoice:1", "Server:1", "Invoice:2", "Secret:1", "Account:1"]) { id ... on Server { price } } }'
    )
    assert judged.places == ["nodes.@", "nodes.@.price"]
    assert [error.path for error in judged.verdict.errors()] == [["nodes"], ["nodes"]]


def test_two_types_refused_at_the_same_place_are_one_error() -> None:
    text = '{ nodes(ids: ["Server:1", "Invoice:1"]) { ... on Invoice { price } ... on Server { price } } }'
    judged = judge(text, READ_ONLY_BILLING)
    assert judged.places == ["nodes.@.price"]
    assert judged.verdict.cuts[0].refusal.coordinate == "Server.price"


def test_an_interface_without_an_id_is_judged_by_every_type_that_may_be_seen() -> None:
    text = """{ viewer { account { log { target {
        ... on Server { price } ... on Secret { value } ... on Invoice { total price }
    } } } } }"""
    assert judge(text).places == ["viewer.account.log.@.target.price"]
    assert judge(text, RoleName.MASTER).places == []


# ---- machine credentials ---------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [CredentialKind.API_KEY, CredentialKind.API_SECRET_KEY])
def test_a_machine_may_not_do_what_is_a_sessions(kind: CredentialKind) -> None:
    judged = Judged(small_guards(), "mutation { signOut changePassword topUp }", actor(RoleName.BILLING, kind))
    assert [(e.path, e.extensions and e.extensions["permission"]) for e in judged.verdict.errors()] == [
        (["signOut"], None),
        (["changePassword"], None),
    ]
    assert "session" in judged.verdict.errors()[0].message


def test_a_session_may_sign_out_and_needs_the_permission_for_the_rest() -> None:
    assert judge("mutation { signOut changePassword topUp }").places == ["changePassword", "topUp"]


# ---- size ------------------------------------------------------------------------------------------


def chained(depth: int) -> str:
    """A document whose refused places double with each fragment."""
    step = "fragment F{} on Account {{ a: servers {{ account {{ ...F{} }} }} b: servers {{ account {{ ...F{} }} }} }}"
    links = [step.format(n, n + 1, n + 1) for n in range(depth)]
    return (
        f"{{ viewer {{ account {{ ...F0 }} }} }} {' '.join(links)} fragment F{depth} on Account {{ latest {{ id }} }}"
    )


def test_shared_fragments_are_walked_once_and_name_each_of_their_places() -> None:
    assert len(set(judge(chained(8)).places)) == 2**8


def test_a_document_that_names_millions_of_refused_places_is_refused_as_a_whole() -> None:
    judged = judge(chained(40))
    assert judged.verdict.whole is not None
    assert judged.verdict.whole.extensions == {"code": "LIMIT_EXCEEDED", "limit": "refusedPlaces", "value": MAX_CUTS}
    assert judged.verdict.errors() == []


def test_a_clean_document_of_shared_fragments_is_walked_once_for_each_of_them() -> None:
    judged = judge(chained(40), RoleName.MASTER)
    assert judged.verdict.whole is None
    assert judged.verdict.errors() == []


# ---- verdicts are kept -----------------------------------------------------------------------------


def test_verdicts_are_shared_where_nothing_that_matters_differs() -> None:
    guards = small_guards()
    text = """query ($id: ID!, $b: Boolean!, $f: Filter, $ids: [ID!]!) {
      nodes(ids: $ids) { id }
      node(id: $id) { id ... @include(if: $b) { __typename } }
      viewer { account { report(kind: SERVERS, filter: $f) { name } } }
    }"""
    judged = Judged(guards, text, actor(SERVERS), id="Server:1", b=True, f={"text": "x"}, ids=["Server:1"])

    def again(role: RoleName = SERVERS, **changed: Any) -> bool:
        other = Judged(guards, text, actor(role), **{**judged.variables, **changed})
        variables = other.coerced
        return judged.guard.judge(variables, actor(role)) is judged.verdict

    assert again()
    assert again(id="Server:2", f={"text": "y", "kinds": ["SERVERS"]}, ids=["Server:7"])
    assert not again(id="Invoice:2")
    assert not again(ids=["Server:1", "Server:2"])
    assert not again(b=False)
    assert not again(f={"kinds": ["COSTS"]})
    assert not again(f=None, role=RoleName.MASTER)


def test_the_oldest_verdicts_are_let_go() -> None:
    guards = small_guards()
    text = "query ($ids: [ID!]!) { nodes(ids: $ids) { id } }"
    judged = Judged(guards, text, actor(SERVERS), ids=[])
    for count in range(1, 70):
        other = Judged(guards, text, actor(SERVERS), ids=["Server:1"] * count)
        judged.guard.judge(other.coerced, actor(SERVERS))
    assert len(judged.guard._verdicts) == 64
    assert judged.guard.judge(judged.coerced, actor(SERVERS)) is not judged.verdict


# ---- the schema's own rules ------------------------------------------------------------------------


def test_misplaced_guards_are_found() -> None:
    assert list(small_guards().map.misplaced()) == []
    broken = SDL.replace("owner: Secret", "owner: Secret!").replace("latest: Invoice", "latest: [Invoice!]!")
    assert sorted(small_guards(broken).map.misplaced()) == ["Account.latest", "Account.owner"]


def test_a_guard_is_read_from_each_kind_of_thing() -> None:
    guards = small_guards().map
    assert guards.types == {"Invoice": Permission.VIEW_INVOICES, "Secret": Permission.MANAGE_ACCESS}
    assert guards.enum_values == {
        ("Kind", "COSTS"): Permission.VIEW_PRICES,
        ("Kind", "BALANCES"): Permission.VIEW_BILLING,
    }
    assert guards.holders == {"Kind", "Filter"}
    assert guards.public == {("Query", "viewer"), ("Query", "roles")}

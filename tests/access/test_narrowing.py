"""What goes from a narrowed schema beyond what its guards refuse, on small schemas."""

from graphql import GraphQLSchema, print_schema, print_type, validate_schema

from auth.actors import CredentialKind
from models.roles import RoleName
from schema.views.copying import narrowed
from tests.access.small import small_guards

HEAD = """
directive @requires(permission: String!) on FIELD_DEFINITION | OBJECT | ENUM_VALUE
directive @public on FIELD_DEFINITION
"""


def seen(sdl: str, role: RoleName | None = RoleName.READ_ONLY_SERVER_MANAGEMENT) -> GraphQLSchema:
    """A schema as a role sees it, which may then neither see invoices nor prices."""
    guards = small_guards(f"{HEAD}{sdl}\ninterface Node {{ id: ID! }}")
    before = print_schema(guards.map.schema)
    made = narrowed(guards.view_of(role, role and CredentialKind.SESSION))
    assert print_schema(guards.map.schema) == before
    return made


def test_types_that_only_a_refused_field_reaches_go_with_it() -> None:
    made = seen(
        """type Query { a: Int, b(by: By): B @requires(permission: "VIEW_PRICES") }
        type B { c: C } type C { d: Int } input By { order: Order } enum Order { UP DOWN }"""
    )
    assert validate_schema(made) == []
    assert {"B", "C", "By", "Order"}.isdisjoint(made.type_map)
    assert list(made.query_type.fields) == ["a"]  # type: ignore[union-attr]


def test_a_refused_value_goes_with_the_default_that_named_it() -> None:
    made = seen(
        """type Query { a(kind: Kind! = COSTS): Int, b(kinds: [Kind!] = [SERVERS]): Int, c(in: In): Int }
        enum Kind { SERVERS COSTS @requires(permission: "VIEW_PRICES") }
        input In { kind: Kind = COSTS, more: Int = 1 }"""
    )
    assert print_type(made.type_map["Kind"]) == "enum Kind {\n  SERVERS\n}"
    assert print_type(made.type_map["In"]) == "input In {\n  kind: Kind\n  more: Int = 1\n}"
    assert "a(kind: Kind!): Int" in print_type(made.type_map["Query"])
    assert "b(kinds: [Kind!] = [SERVERS]): Int" in print_type(made.type_map["Query"])


def test_what_cannot_be_called_without_a_refused_value_goes() -> None:
    made = seen(
        """type Query { a: Int, b(kind: Kind!): Int, c(in: In!): Int, d(kind: Kind, x: Int): Int }
        enum Kind { COSTS @requires(permission: "VIEW_PRICES") } input In { kind: Kind! x: Int }"""
    )
    assert validate_schema(made) == []
    assert print_type(made.type_map["Query"]) == "type Query {\n  a: Int\n  d(x: Int): Int\n}"
    assert {"Kind", "In"}.isdisjoint(made.type_map)


def test_types_that_empty_go_and_what_returns_them_too() -> None:
    made = seen(
        """type Query { a: Int, outer: Outer, either: Either, some: [Priced] }
        type Outer { inner: Inner } type Inner { price: Int @requires(permission: "VIEW_PRICES") }
        interface Priced { id: ID! } union Either = Inner | Bill
        type Bill implements Priced @requires(permission: "VIEW_INVOICES") { id: ID! }
        type Mutation { pay: Bill }"""
    )
    assert validate_schema(made) == []
    assert list(made.query_type.fields) == ["a"]  # type: ignore[union-attr]
    assert made.mutation_type is None
    assert {"Outer", "Inner", "Either", "Priced", "Bill"}.isdisjoint(made.type_map)


def test_an_interface_loses_what_one_of_its_objects_loses() -> None:
    made = seen(
        """type Query { named: Named, a: A }
        interface Named { name: String, price: Int }
        type A implements Named { name: String, price: Int @requires(permission: "VIEW_PRICES") }
        type B implements Named { name: String, price: Int }"""
    )
    assert validate_schema(made) == []
    assert print_type(made.type_map["Named"]) == "interface Named {\n  name: String\n}"
    assert "price" not in print_type(made.type_map["A"])
    assert "price" in print_type(made.type_map["B"])


def test_an_interface_brings_its_objects_only_where_it_is_returned() -> None:
    sdl = """type Query { node: Node, mine: Mine @public } type Mine implements Node { id: ID! }
    type Other implements Node { id: ID! } type Mutation { change: Int }"""
    nobody, somebody = seen(sdl, None), seen(sdl)
    assert {"Mine", "Node"} <= nobody.type_map.keys()
    assert "Other" not in nobody.type_map
    assert nobody.mutation_type is None
    assert "Other" in somebody.type_map

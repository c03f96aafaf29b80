"""The schema, built from its types: nothing in it exists twice, and its guards travel with it."""

from functools import lru_cache
from typing import Any

import strawberry
from graphql import GraphQLInterfaceType, GraphQLObjectType, GraphQLSchema
from strawberry.schema.config import StrawberryConfig

from schema import ids
from schema.directives import guard_of, is_public
from schema.guards import GuardMap, Guards
from schema.idempotency import DIRECTIVE
from schema.kinds import read
from schema.scalars import SCALARS
from schema.types.agents import AgentMutations
from schema.types.autopayment import AutopaymentMutations
from schema.types.core import TypedRow
from schema.types.credentials import CredentialMutations
from schema.types.group_mutations import GroupMutations
from schema.types.key_mutations import KeyMutations
from schema.types.key_removal import KeyRemovalMutations
from schema.types.license_mutations import LicenseMutations
from schema.types.own_account import OwnAccountMutations
from schema.types.payment_methods import PaymentMethodMutations
from schema.types.query import Query
from schema.types.report_mutations import ReportMutations
from schema.types.reselling import ResellingMutations
from schema.types.sales_mutations import SalesMutations
from schema.types.server_mutations import ServerMutations
from schema.types.settings import SettingsMutations
from schema.types.sign_in import SignInMutations
from schema.types.sublogins import SubloginMutations
from schema.types.top_up import TopUpMutations
from schema.types.two_factor import TwoFactorMutations


@strawberry.type(description="What can be done. Each field takes one `input` and returns its payload.")
class Mutation(
    SignInMutations,
    OwnAccountMutations,
    TwoFactorMutations,
    SettingsMutations,
    CredentialMutations,
    SubloginMutations,
    PaymentMethodMutations,
    KeyMutations,
    KeyRemovalMutations,
    ServerMutations,
    GroupMutations,
    LicenseMutations,
    SalesMutations,
    ReportMutations,
    ResellingMutations,
    TopUpMutations,
    AgentMutations,
    AutopaymentMutations,
):
    """The mutations of all areas."""


def _type_in_id(text: str) -> str | None:
    decoded = ids.decode(text)
    return None if decoded is None else decoded[0]


def _type_of(row: TypedRow, _info: Any, _type: Any) -> str:
    return row.type_name


def _trust_rows(schema: GraphQLSchema) -> None:
    """Let rows stand for objects: a field's type says what they are, and behind an interface the row itself does."""
    for kind in schema.type_map.values():
        if isinstance(kind, GraphQLObjectType):
            kind.is_type_of = None
        elif isinstance(kind, GraphQLInterfaceType) and not kind.name.startswith("__"):
            kind.resolve_type = _type_of


def assembled(query: type[Any], mutation: type[Any]) -> strawberry.Schema:
    """The schema of two root types, with its guards in the extensions of `graphql_schema`."""
    schema = strawberry.Schema(
        query=query,
        mutation=mutation,
        config=StrawberryConfig(default_resolver=read, scalar_map=SCALARS),
    )
    core = graphql_schema(schema)
    _trust_rows(core)
    core.directives = (*core.directives, DIRECTIVE)
    core.extensions["strawberry"] = schema
    core.extensions["guards"] = Guards(GuardMap.read(core, guard_of, is_public), _type_in_id)
    return schema


@lru_cache(maxsize=1)
def build_schema() -> strawberry.Schema:
    """The schema. Built once for a process."""
    return assembled(Query, Mutation)


def graphql_schema(schema: strawberry.Schema) -> GraphQLSchema:
    """The schema as graphql-core executes it."""
    return schema._schema  # noqa: SLF001 (Strawberry offers no public way to it)

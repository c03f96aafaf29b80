"""The filters and orders of a server list."""

from enum import Enum

import strawberry

from models.enums import ProductFamily, ServerState
from resolvers.server_criteria import ServerCriteria
from schema.ids import keys_of
from schema.types.core import UNSET, DateRange, OrderDirection, days_of, given


@strawberry.input(
    description="Which servers are listed; all conditions hold together. Ids that are not known match nothing."
)
class ServerFilter:
    """All filters of the portal's pages of servers."""

    product_ids: list[strawberry.ID] | None = strawberry.field(
        default=UNSET, description="Servers with at least one of these products."
    )
    families: list[ProductFamily] | None = strawberry.field(
        default=UNSET, description="Servers with a product of one of these families."
    )
    activation_key_ids: list[strawberry.ID] | None = strawberry.field(
        default=UNSET, description="Servers registered with one of these keys."
    )
    group_ids: list[strawberry.ID] | None = strawberry.field(
        default=UNSET, description="Servers in one of these groups."
    )
    states: list[ServerState] | None = strawberry.field(default=UNSET, description="Servers in one of these states.")
    registered: DateRange | None = strawberry.field(
        default=UNSET,
        description="When the server was registered; under a key or a subscription, when it was activated with that.",
    )
    last_check_in: DateRange | None = strawberry.field(
        default=UNSET, description="When the server last answered; one that never has is not in any range."
    )
    limited: bool | None = strawberry.field(
        default=UNSET,
        description="True for servers registered with a key that has a limit, false with an unlimited one.",
    )
    search: str | None = strawberry.field(
        default=UNSET,
        description=(
            "Text in the host name, the IP address or an activation key, in any case. Without CREATE_ACTIVATION_KEYS "
            "and MANAGE_SERVERS a key is found only whole."
        ),
    )

    def criteria(self) -> ServerCriteria:
        """The filter as the list's criteria."""
        families, states = given(self.families), given(self.states)
        return ServerCriteria(
            product_ids=keys_of("Product", given(self.product_ids)),
            families=None if families is None else tuple(sorted(family.name for family in families)),
            key_ids=keys_of("ActivationKey", given(self.activation_key_ids)),
            group_ids=keys_of("ServerGroup", given(self.group_ids)),
            states=None if states is None else tuple(state for state in ServerState if state in states),
            registered=days_of(given(self.registered)),
            last_check_in=days_of(given(self.last_check_in)),
            limited=given(self.limited),
            search=given(self.search),
        )


@strawberry.enum(description="What a list of servers is sorted by.")
class ServerOrderField(Enum):
    """The columns of the portal's pages."""

    HOSTNAME = strawberry.enum_value("HOSTNAME", description="The host name.")
    IP = strawberry.enum_value("IP", description="The address, by its number.")
    REGISTERED_AT = strawberry.enum_value(
        "REGISTERED_AT", description="The date of registration; under a key or a subscription, of activation."
    )
    LAST_CHECK_IN = strawberry.enum_value("LAST_CHECK_IN", description="When it last answered; never comes last.")
    GROUP = strawberry.enum_value("GROUP", description="The group's name, in any case; without a group last.")


@strawberry.input(description="How a list of servers is sorted. By host name where left out.")
class ServerOrder:
    """A column and a direction."""

    field: ServerOrderField = strawberry.field(description="The column.")
    direction: OrderDirection = strawberry.field(default=OrderDirection.ASC, description="The direction.")

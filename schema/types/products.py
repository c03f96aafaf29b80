"""The catalogue, and what an account holds of it."""

from typing import TYPE_CHECKING, Annotated

import strawberry

from auth.permissions import Permission
from models.entities import ACCOUNT, ACTIVATION_KEY, CUSTOMER, LICENSE_TYPE, PRODUCT
from models.enums import BillingCycle, ProductFamily
from models.queries import keys
from models.queries import products as catalogue
from models.queries import servers as fleet
from schema.directives import described, guards
from schema.kinds import column, found_by, identifier, listed, lookup, money
from schema.scalars import URL, Date, DateTime
from schema.types.core import Money, Node
from schema.types.keys import ActivationKey, ActivationKeyConnection, activation_keys
from schema.types.servers import ServerConnection, server_list

if TYPE_CHECKING:
    from schema.types.account import Account
    from schema.types.customers import Customer

VIEW_PRODUCTS = Permission.VIEW_PRODUCTS
VIEW_SERVERS = Permission.VIEW_SERVERS
VIEW_PRICES = Permission.VIEW_PRICES


@strawberry.type(
    description=described("A price of the list. The tier of the total quantity applies to all units.", VIEW_PRICES),
    directives=guards(VIEW_PRICES),
)
class Price:
    """A volume tier of a license type's price."""

    license_type: "LicenseType" = lookup("What is sold.", LICENSE_TYPE, "license_type_id")
    cycle: BillingCycle = column("The period that the price is for.")
    from_quantity: int = column("The smallest quantity that this price is for; the next tier ends it.")
    unit_price: Money = money("The price of one license for one period.", "unit_price")


@strawberry.type(description="A product of the catalogue.")
class Product(Node):
    """What TuxCare sells."""

    id: strawberry.ID = identifier("Product")
    code: str = column("Its short, stable name.")
    name: str = column("Its full name.")
    family: ProductFamily = column("The family it belongs to.")
    description: str = column("What it does, in a sentence or two.")
    logo_url: URL = column("Its logo, an SVG image.")
    license_types: list["LicenseType"] = listed(
        "The kinds of licenses it is sold as.", catalogue.LICENSE_TYPES_OF_PRODUCT, usually=3
    )
    prices: list[Price] | None = listed("Its price list.", catalogue.PRICES_OF_PRODUCT, VIEW_PRICES, usually=20)


@strawberry.type(description="A type of server license, which is used and determines a limit of server users.")
class LicenseType(Node):
    """One way a product is licensed."""

    id: strawberry.ID = identifier("LicenseType")
    code: str = column("Its short, stable name.")
    name: str = column("Its full name.")
    product: Product = lookup("The product that it licenses.", PRODUCT, "product_id")
    max_users: int | None = column("How many users of a server it covers; null where there is no limit.")


@strawberry.type(
    description=described("An account's pool of licenses of one type. A registered server takes one.", VIEW_SERVERS),
    directives=guards(VIEW_SERVERS),
)
class License(Node):
    """The pool of one license type."""

    id: strawberry.ID = identifier("License")
    type: LicenseType = lookup("What kind of licenses these are.", LICENSE_TYPE, "license_type_id")
    quantity: int = column("How many the account holds.")
    used: int = column("How many registered servers use.")
    available: int = column("How many are free.")
    created_at: DateTime = column("When the first was ordered.")
    default_activation_key: ActivationKey | None = found_by(
        "The key that servers use where no other is given; null until one is created.",
        catalogue.DEFAULT_KEY_OF_LICENSE,
        "activation_key_id",
        ACTIVATION_KEY,
    )


@strawberry.type(description="What an account holds of one product: its server licenses, quota and billing cycle.")
class ProductSubscription(Node):
    """An account's subscription to a product."""

    id: strawberry.ID = identifier("ProductSubscription")
    account: Annotated["Account", strawberry.lazy("schema.types.account")] | None = lookup(
        "The account, where it is one's own.", ACCOUNT, "account_id"
    )
    customer: Annotated["Customer", strawberry.lazy("schema.types.customers")] | None = lookup(
        "The customer whose it is; null where it is one's own.", CUSTOMER, "account_id"
    )
    product: Product = lookup("The product.", PRODUCT, "product_id")
    licenses: list[License] | None = listed(
        "The licenses held, by type.", catalogue.LICENSES_OF_SUBSCRIPTION, VIEW_SERVERS, usually=3
    )
    license_count: int = column("How many licenses are held, of all types.")
    used_license_count: int = column("How many of them servers use.")
    product_quota: int | None = column(
        "The most licenses that ordering may reach, changed by Sales; null where there is no limit."
    )
    billing_cycle: BillingCycle = column("The period that is billed.")
    renews_at: Date | None = column("The first day of the next period.")
    prices: list[Price] | None = listed(
        "The price list in the account's currency and this billing cycle.",
        catalogue.PRICES_OF_SUBSCRIPTION,
        VIEW_PRICES,
        usually=10,
    )
    activation_keys: ActivationKeyConnection | None = activation_keys(
        "The activation keys of the product.", keys.KEYS_OF_SUBSCRIPTION, VIEW_SERVERS
    )
    servers: ServerConnection | None = server_list(
        "The servers registered with the product.", fleet.SERVERS_OF_SUBSCRIPTION, VIEW_SERVERS
    )

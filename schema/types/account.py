"""The account, as its own logins see it."""

import strawberry

from auth.permissions import Permission
from models.enums import AccountKind, AccountState
from models.queries import access, audit, keys
from models.queries import billing as invoicing
from models.queries import servers as fleet
from resolvers.criteria import CustomerCriteria
from schema.connections import paged
from schema.kinds import column, embedded, identifier, listed, only
from schema.scalars import URL, DateTime
from schema.types.access import ApiKey, ApiSecretKey, Sublogin
from schema.types.audit import AuditEventConnection, AuditEventFilter
from schema.types.billing import Billing
from schema.types.core import Node
from schema.types.customers import CustomerConnection
from schema.types.information import BillingContact, CompanyInformation, PersonalInformation
from schema.types.invoices import InvoiceConnection, invoice_list
from schema.types.keys import ActivationKeyConnection, activation_keys
from schema.types.products import ProductSubscription
from schema.types.reports import Report, account_report
from schema.types.requests import ReportConfig, SalesRequestConnection
from schema.types.server_exports import servers_export_url
from schema.types.servers import ServerConnection, ServerGroup, server_list
from schema.types.subscriptions import subscriptions

P = Permission


@strawberry.type(description="The account: a company's products, servers, money and logins.")
class Account(Node):
    """Everything of one's own account."""

    id: strawberry.ID = identifier("Account")
    number: str = column("The account's number, as on its invoices.")
    kind: AccountKind = column("Whether it buys for itself, resells, or is a reseller's customer.")
    state: AccountState = column("Whether it may register servers and order.")
    time_zone: str = column("Its time zone, as an IANA name: dates in filters are days there.")
    registered_at: DateTime = column("When it was created.")
    personal_information: PersonalInformation | None = embedded(
        "Whom to talk to.", "personal_", requires=P.VIEW_ACCOUNT
    )
    company_information: CompanyInformation | None = embedded(
        "The company that holds the account.", "company_", requires=P.VIEW_ACCOUNT
    )
    billing_contact: BillingContact | None = embedded(
        "Whom to talk to about invoices and payments.", "billing_", requires=P.VIEW_ACCOUNT
    )
    subscriptions: list[ProductSubscription] | None = subscriptions("What the account holds, by product.")
    activation_keys: ActivationKeyConnection | None = activation_keys(
        "All activation keys.", keys.KEYS_OF_ACCOUNT, P.VIEW_SERVERS
    )
    servers: ServerConnection | None = server_list(
        "All servers, in all products.", fleet.SERVERS_OF_ACCOUNT, P.VIEW_SERVERS
    )
    server_groups: list[ServerGroup] | None = listed(
        "The groups of servers, by name, at most 200.", fleet.GROUPS_OF_ACCOUNT, P.VIEW_SERVERS, usually=20
    )
    servers_export_url: URL | None = servers_export_url("the account")
    billing: Billing | None = embedded("Balance, payments and how they are made.", "money_", requires=P.VIEW_BILLING)
    invoices: InvoiceConnection | None = invoice_list(
        "Invoices and payments received.", invoicing.INVOICES_OF_ACCOUNT, P.VIEW_INVOICES
    )
    report_configs: list[ReportConfig] | None = listed(
        "The reports that are mailed, at most 100; those about costs only for logins with VIEW_PRICES.",
        access.REPORTS_OF_ACCOUNT,
        P.VIEW_REPORTS,
        usually=5,
    )
    report: Report | None = account_report()
    sales_requests: SalesRequestConnection | None = paged(
        "What was asked of Sales, newest first.", access.REQUESTS_OF_ACCOUNT, P.VIEW_PRODUCTS
    )
    customers: CustomerConnection | None = paged(
        "The customers of a reseller, by name; empty for other accounts.",
        access.CUSTOMERS_OF_ACCOUNT,
        P.VIEW_PRODUCTS,
        searched=CustomerCriteria,
        searches="Text in the company's name or the account's number, in any case.",
    )
    sublogins: list[Sublogin] | None = listed(
        "The additional logins and open invitations, by address, at most 200.",
        access.SUBLOGINS_OF_ACCOUNT,
        P.MANAGE_ACCESS,
        usually=10,
    )
    api_keys: list[ApiKey] | None = listed(
        "The API keys, at most 50; never their values.", access.API_KEYS_OF_ACCOUNT, P.MANAGE_ACCESS, usually=5
    )
    api_secret_key: ApiSecretKey | None = only(
        "The API secret key, never its value; null until it is first rotated.",
        access.SECRET_KEY_OF_ACCOUNT,
        P.MANAGE_ACCESS,
    )
    audit_events: AuditEventConnection | None = paged(
        "What was done in the account, newest first.",
        audit.EVENTS_OF_ACCOUNT,
        P.MANAGE_ACCESS,
        filter_type=AuditEventFilter,
    )

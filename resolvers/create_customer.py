"""Opening an account for a customer: a reseller has it at once, and the customer when the invitation is accepted."""

from uuid import UUID

from models.audit import Action, Change, Target
from models.entities import CUSTOMER
from models.enums import AccountKind, AccountState
from models.errors import UserFault
from models.queries import accounts, customers
from models.queries.customers import NewCustomer
from models.queries.tenants import Tenant
from models.tables import Account
from resolvers import tenants, throttling
from resolvers.acting import acting
from resolvers.checks import country, email, line
from resolvers.context import RequestContext
from resolvers.forms import Field, Form, Typed
from resolvers.invite_customer import invite

FORM = Form(
    "customer",
    {
        ("email",): Field("email", email, needed=True),
        ("companyName",): Field("company", line(200), needed=True),
        ("country",): Field("country", country, needed=True),
    },
)


async def create_customer(context: RequestContext, typed: Typed) -> UUID:
    """Open the account and invite its master."""
    me = acting(context).account_id
    customer = NewCustomer(**{name: value or "" for name, value in FORM.read(typed).items()})
    async with throttling.inviting(context, me, customer.email), context.db.write() as session:
        reseller = await accounts.lock(session, me)
        _may_resell(reseller)
        customer_id, number = await customers.open_customer(session, reseller, customer, context.now)
        tenant = Tenant(customer_id, number, customer.company, AccountState.ACTIVE)
        await invite(context, session, tenant, customer.email)
        changes = [Change("email", None, customer.email), Change("companyName", None, customer.company)]
        target = Target(CUSTOMER, customer_id, number)
        await tenants.tell(context, session, tenant, Action.CUSTOMER_CREATED, target, changes)
    return customer_id


def _may_resell(account: Account) -> None:
    if account.kind is not AccountKind.RESELLER:
        raise UserFault("CONFLICT", "Only a reseller has customers, and this account is none.")
    if account.state is AccountState.LOCKED:
        raise UserFault("ACCOUNT_LOCKED", "The account is locked: it opens no accounts for customers.")

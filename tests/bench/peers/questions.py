"""The dashboard under PostGraphile's names: the same lists, in the same order, with the same fields as far as it has
them. States and counts of licenses would be functions of one's own and are left out, and of an installed product
there is the id alone, for its name is three relations away: all in its favour.
"""

from dataclasses import replace

from schema import ids
from tests.bench.operations import Operation

DASHBOARD = """
query Dashboard($account: UUID!, $product: UUID!) { accountByRowId(rowId: $account) { number
    productSubscriptionsByAccountId(condition: {productId: $product}) { nodes {
      productByProductId { name }
      licensesByAccountIdAndProductSubscriptionIdAndProductId { nodes {
        licenseTypeByLicenseTypeIdAndProductId { name } quantity used
        activationKeysByAccountIdAndLicenseIdAndLicenseTypeId(first: 50, orderBy: [KEY_ASC, PRIMARY_KEY_ASC]) {
          totalCount nodes { key note used seatLimit
            registrationsByAccountIdAndActivationKeyIdAndLicenseTypeIdAndProductId(
              first: 20, orderBy: [HOSTNAME_ASC, SERVER_ID_ASC]
            ) { totalCount nodes { serverByAccountIdAndServerIdAndHostname { hostname ip
              serverGroupByAccountIdAndGroupIdAndGroupName { name }
              registrationsByAccountIdAndServerIdAndHostname(orderBy: [ACTIVATED_AT_ASC, PRIMARY_KEY_ASC]) {
                nodes { productId
                  registrationCheckInByAccountIdAndRegistrationIdAndServerId { lastCheckIn } } } } } } } } } } } } } }
"""


def for_postgraphile(dashboard: Operation, account: str) -> Operation:
    """The dashboard of one main product and the account of a global id, for a server that knows no sessions."""
    keys = ids.keys_of("Product", dashboard.variables["products"]) or ()
    (account_key,) = ids.keys_of("Account", [account]) or ()
    return replace(dashboard, document=DASHBOARD, variables={"account": str(account_key), "product": str(keys[0])})

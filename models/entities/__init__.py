"""The kinds of rows that the API shows, each read from its table under the names of its fields."""

from models.entities.access import API_KEY, API_SECRET_KEY, REPORT_CONFIG, SALES_REQUEST, SESSION, SUBLOGIN
from models.entities.accounts import ACCOUNT, CUSTOMER
from models.entities.audit import AUDIT_CHANGE, AUDIT_EVENT
from models.entities.base import Entity
from models.entities.billing import INVOICE, INVOICE_LINE, PAYMENT, PAYMENT_METHOD
from models.entities.products import LICENSE, LICENSE_TYPE, PRICE, PRODUCT, PRODUCT_SUBSCRIPTION
from models.entities.servers import ACTIVATION_KEY, INSTALLED_PRODUCT, SERVER, SERVER_GROUP

__all__ = [
    "ACCOUNT",
    "ACTIVATION_KEY",
    "API_KEY",
    "API_SECRET_KEY",
    "AUDIT_CHANGE",
    "AUDIT_EVENT",
    "CUSTOMER",
    "INSTALLED_PRODUCT",
    "INVOICE",
    "INVOICE_LINE",
    "LICENSE",
    "LICENSE_TYPE",
    "PAYMENT",
    "PAYMENT_METHOD",
    "PRICE",
    "PRODUCT",
    "PRODUCT_SUBSCRIPTION",
    "REPORT_CONFIG",
    "SALES_REQUEST",
    "SERVER",
    "SERVER_GROUP",
    "SESSION",
    "SUBLOGIN",
    "Entity",
]

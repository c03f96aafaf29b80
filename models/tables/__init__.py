"""The tables of the whole domain, one module for each area."""

from models.tables.access import ApiKey, ApiSecretKey, Invitation, Login, RecoveryCode, Session
from models.tables.accounts import Account
from models.tables.base import Table
from models.tables.billing import Invoice, InvoiceLine, LedgerEntry, Payment, PaymentMethod, ProviderEvent
from models.tables.card_reminders import CardReminder
from models.tables.catalogue import LicenseType, Price, Product
from models.tables.fleet import Registration, RegistrationCheckIn, Server, ServerCheckIn, ServerGroup
from models.tables.key_networks import KeyNetwork
from models.tables.licenses import ActivationKey, License, ProductSubscription
from models.tables.links import CustomerInvitation, LoginLink, SignUp
from models.tables.records import (
    AuditEvent,
    Event,
    IdempotencyKey,
    ReportConfig,
    ReportSending,
    SalesRequest,
)
from models.tables.refunds import Refund
from models.tables.silences import Silence
from models.tables.tax import TaxRate
from models.tables.throttles import Throttle

__all__ = [
    "Account",
    "ActivationKey",
    "ApiKey",
    "ApiSecretKey",
    "AuditEvent",
    "CardReminder",
    "CustomerInvitation",
    "Event",
    "IdempotencyKey",
    "Invitation",
    "Invoice",
    "InvoiceLine",
    "KeyNetwork",
    "LedgerEntry",
    "License",
    "LicenseType",
    "Login",
    "LoginLink",
    "Payment",
    "PaymentMethod",
    "Price",
    "Product",
    "ProductSubscription",
    "ProviderEvent",
    "RecoveryCode",
    "Refund",
    "Registration",
    "RegistrationCheckIn",
    "ReportConfig",
    "ReportSending",
    "SalesRequest",
    "Server",
    "ServerCheckIn",
    "ServerGroup",
    "Session",
    "SignUp",
    "Silence",
    "Table",
    "TaxRate",
    "Throttle",
]

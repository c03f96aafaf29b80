"""The account's own row: what its settings pages show, and what its books came to."""

from gateway.demo.books import TARGET_MINOR, THRESHOLD_MINOR, Books
from gateway.demo.stage import Tenant
from models import tables


def add_account(tenant: Tenant, books: Books) -> None:
    """Add an account once its history is known."""
    profile = tenant.profile
    funded = profile.autopayment == "AUTO_ADD_FUNDS"
    tenant.stage.rows.add(
        tables.Account,
        id=tenant.id,
        number=tenant.number,
        kind=profile.kind,
        state=profile.state,
        time_zone=profile.time_zone,
        registered_at=tenant.start,
        reseller_id=tenant.reseller_id,
        currency=profile.currency,
        **_contact(tenant),
        **_company(tenant),
        billing_email=f"invoices@{profile.domain}",
        invoice_sequence=books.documents,
        autopayment_mode=profile.autopayment,
        autopayment_threshold_minor=THRESHOLD_MINOR if funded else None,
        autopayment_target_minor=TARGET_MINOR if funded else None,
        autopayment_method_id=None if profile.autopayment == "OFF" else books.method_id,
    )


def _contact(tenant: Tenant) -> dict[str, str]:
    domain = tenant.profile.domain
    return {
        "personal_first_name": "Demo",
        "personal_last_name": "Master",
        "personal_email": f"contact@{domain}",
        "personal_phone": "+1 555 0100",
        "im_upgrade_url": f"https://upgrade.{domain}/imunify",
    }


def _company(tenant: Tenant) -> dict[str, str | None]:
    profile = tenant.profile
    address = {
        "street": "1 Example Street",
        "city": "Sampletown",
        "region": "Sample Region",
        "postal_code": "00001",
        "country": profile.country,
    }
    return {
        "company_name": profile.company,
        **{f"company_{part}": value for part, value in address.items()},
        "vat_number": tenant.vat_number,
        "website": f"https://{profile.domain}",
        "billing_first_name": "Demo",
        "billing_last_name": "Bookkeeper",
        "billing_contact_email": f"billing-contact@{profile.domain}",
        "billing_phone": "+1 555 0101",
        **{f"billing_{part}": value for part, value in address.items()},
    }

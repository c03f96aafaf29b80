"""Who can come in: a master for each account and, for the demo's own, a login of every role and state, and keys."""

from datetime import datetime, timedelta
from uuid import UUID

from gateway.demo.chance import Chance
from gateway.demo.stage import Tenant
from models import tables
from models.roles import SUBLOGIN_ROLES, RoleName

RECOVERY_CODES, RECOVERY_CODES_USED = 10, 2
SHOWN_OF_A_KEY = 8
LINKS_LAST = timedelta(days=1)


def add_access(tenant: Tenant) -> None:
    """Add an account's logins; they all have the demo's password."""
    _add_login(tenant, "master", RoleName.MASTER, login_id=tenant.master_id)
    if tenant.profile.kind == "RESELLER":
        for role in SUBLOGIN_ROLES:
            made = _add_login(tenant, role.name.lower().replace("_", "-"), role)
            if role is RoleName.BILLING:
                _add_links(tenant, made)
        _add_login(tenant, "former", RoleName.SERVER_MANAGEMENT, state="DISABLED")
        _add_second_factor(tenant)
        _add_invitations(tenant)
        _add_keys(tenant)


def _add_login(
    tenant: Tenant,
    local_part: str,
    role: RoleName,
    *,
    state: str = "ACTIVE",
    login_id: UUID | None = None,
    second_factor: bytes | None = None,
) -> UUID:
    """Add a login. One with a second factor cannot sign in: its secret is nobody's, so it has no password."""
    chance, now = tenant.chance, tenant.stage.now
    made = tenant.start if login_id else chance.moment(tenant.start, now - timedelta(days=1))
    login_id = login_id or chance.id_at(made)
    tenant.stage.rows.add(
        tables.Login,
        id=login_id,
        account_id=tenant.id,
        email=f"{local_part}@{tenant.profile.domain}",
        role=role.name,
        state=state,
        password_hash=tenant.stage.password_hash if second_factor is None else None,
        password_changed_at=made,
        totp_secret=second_factor,
        totp_confirmed_at=made if second_factor else None,
        created_at=made,
        last_sign_in_at=chance.moment(made, now) if chance.share() < 0.8 else None,
    )
    return login_id


def _add_second_factor(tenant: Tenant) -> None:
    chance = tenant.chance
    login_id = _add_login(tenant, "second-factor", RoleName.FULL_ACCESS, second_factor=chance.octets(61))
    for place in range(RECOVERY_CODES):
        tenant.stage.rows.add(
            tables.RecoveryCode,
            id=chance.id_at(tenant.stage.now),
            account_id=tenant.id,
            login_id=login_id,
            code_hash=chance.octets(32),
            used_at=tenant.stage.now - timedelta(days=3) if place < RECOVERY_CODES_USED else None,
        )


def _add_links(tenant: Tenant, login_id: UUID) -> None:
    """Add links that wait to be used, by nobody: their hashes are of nothing."""
    chance, now = Chance(f"{tenant.stage.seed} links"), tenant.stage.now
    for purpose, new_email in (("SET_PASSWORD", None), ("CONFIRM_EMAIL", f"new-billing@{tenant.profile.domain}")):
        tenant.stage.rows.add(
            tables.LoginLink,
            id=chance.id_at(now),
            account_id=tenant.id,
            login_id=login_id,
            purpose=purpose,
            token_hash=chance.octets(32),
            new_email=new_email,
            created_at=now,
            expires_at=now + LINKS_LAST,
        )
    tenant.stage.rows.add(
        tables.SignUp,
        id=chance.id_at(now),
        email="applicant@applicant.example.com",
        first_name="First",
        last_name="Applicant",
        company="Applicant Ltd",
        country="GB",
        token_hash=chance.octets(32),
        created_at=now,
        expires_at=now + LINKS_LAST,
    )


def _add_invitations(tenant: Tenant) -> None:
    chance, now = tenant.chance, tenant.stage.now
    for local_part, role, state in (
        ("invited", RoleName.READ_ONLY_BILLING, "INVITED"),
        ("uninvited", RoleName.BILLING, "DISABLED"),
    ):
        made = chance.moment(now - timedelta(days=3), now - timedelta(days=1))
        tenant.stage.rows.add(
            tables.Invitation,
            id=chance.id_at(made),
            account_id=tenant.id,
            email=f"{local_part}@{tenant.profile.domain}",
            role=role.name,
            token_hash=chance.octets(32) if state == "INVITED" else None,
            created_at=made,
            expires_at=made + timedelta(days=7),
            state=state,
        )


def _add_keys(tenant: Tenant) -> None:
    """Add machine credentials. Their hashes are of nothing: nobody holds such a key."""
    now = tenant.stage.now
    _add_api_key(tenant, "Nightly export", RoleName.READ_ONLY_SERVER_MANAGEMENT, used=now - timedelta(hours=9))
    _add_api_key(tenant, "Provisioning", RoleName.SERVER_MANAGEMENT, used=now - timedelta(minutes=3))
    _add_api_key(tenant, "Trial", RoleName.BILLING, expires=now + timedelta(days=30))
    for made, expires, used in (
        (now - timedelta(days=90), now + timedelta(hours=12), now - timedelta(hours=2)),
        (now - timedelta(hours=12), None, now - timedelta(minutes=1)),
    ):
        tenant.stage.rows.add(
            tables.ApiSecretKey,
            id=tenant.chance.id_at(made),
            account_id=tenant.id,
            prefix="spsec_" + tenant.chance.letters(SHOWN_OF_A_KEY),
            secret_hash=tenant.chance.octets(32),
            created_at=made,
            expires_at=expires,
            last_used_at=used,
        )


def _add_api_key(
    tenant: Tenant, name: str, role: RoleName, *, used: datetime | None = None, expires: datetime | None = None
) -> None:
    made = tenant.chance.moment(tenant.start, tenant.stage.now - timedelta(days=1))
    tenant.stage.rows.add(
        tables.ApiKey,
        id=tenant.chance.id_at(made),
        account_id=tenant.id,
        name=name,
        prefix="spkey_" + tenant.chance.letters(SHOWN_OF_A_KEY),
        secret_hash=tenant.chance.octets(32),
        role=role.name,
        created_at=made,
        expires_at=expires,
        last_used_at=used,
    )

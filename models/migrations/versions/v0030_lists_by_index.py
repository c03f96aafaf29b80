"""The index of each order of keys has what lists of keys compare, and a product's days have a narrow one of their own.

No host name has a colon.
"""

from models.migrations.steps import run

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None

_ORDERS = {
    "account_id_key_id": "key",
    "note": r"""(coalesce(lower(note), U&'\+10FFFF') COLLATE "C")""",
    "account_id_used_id": "used",
    "seat_limit": "coalesce(seat_limit::bigint, 9223372036854775807)",
    "account_id_created_at_id": "created_at",
}
_LISTED = ("product_id", "license_type_id", "seat_limit", "key", "note")


def _index(name: str, order: str, *included: str) -> tuple[str, str]:
    """The statements that make one index anew."""
    include = f"INCLUDE ({', '.join(included)})" if included else ""
    return (
        f"DROP INDEX ix_activation_keys_{name}",
        f"CREATE INDEX ix_activation_keys_{name} ON activation_keys (account_id, {order}, id) {include}",
    )


def upgrade() -> None:
    """Make the indexes anew with more in them, and hold host names to what every way in asks of them."""
    for name, order in _ORDERS.items():
        run(*_index(name, order, *(column for column in _LISTED if column != order)))
    run("ALTER TABLE servers ADD CONSTRAINT ck_servers_hostname_colon CHECK (strpos(hostname, ':') = 0)")
    run("CREATE INDEX ix_registrations_product_days ON registrations (account_id, product_id, activated_at, server_id)")


def downgrade() -> None:
    """Make them as they were."""
    run("DROP INDEX ix_registrations_product_days")
    run("ALTER TABLE servers DROP CONSTRAINT ck_servers_hostname_colon")
    for name, order in _ORDERS.items():
        run(*_index(name, order))

"""What servers are searched by is stored, since each row that the index finds is compared with it once more."""

from models.migrations.steps import run

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None

_DIGITS = {f".{digit}": letter for digit, letter in enumerate("ABCDEFGHIJ")}


def _text() -> str:
    words = "hostname || ' ' || host(ip) || ' '"
    for digit, letter in _DIGITS.items():
        words = f"replace({words}, '{digit}', '{letter}')"
    return f"translate({words}, '.-: _', 'XQKZV')"


UP = (
    "DROP INDEX ix_servers_search",
    f"ALTER TABLE servers ADD COLUMN searched TEXT GENERATED ALWAYS AS ({_text()}) STORED NOT NULL",
    """
    CREATE INDEX ix_servers_search ON servers USING gin (
        account_id, facets, searched gin_trgm_ops, (string_to_array(searched, NULL))
    )
    """,
)

DOWN = (
    "DROP INDEX ix_servers_search",
    "ALTER TABLE servers DROP COLUMN searched",
    f"""
    CREATE INDEX ix_servers_search ON servers USING gin (
        account_id, facets, ({_text()}) gin_trgm_ops, (string_to_array({_text()}, NULL))
    )
    """,
)


def upgrade() -> None:
    """Store it, and make the index anew."""
    run(*UP)


def downgrade() -> None:
    """Make the index as it was."""
    run(*DOWN)

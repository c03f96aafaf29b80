"""The index of servers' words reads a dot and the digit behind it as one letter, and knows single characters."""

from models.migrations.steps import run

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None

_DIGITS = {f".{digit}": letter for digit, letter in enumerate("ABCDEFGHIJ")}


def _text() -> str:
    words = "hostname || ' ' || host(ip) || ' '"
    for digit, letter in _DIGITS.items():
        words = f"replace({words}, '{digit}', '{letter}')"
    return f"translate({words}, '.-: _', 'XQKZV')"


TEXT = _text()
"""Host name and address as one text, with letters for what GIN would take apart."""

INDEX = f"""
    CREATE INDEX ix_servers_search ON servers USING gin (
        account_id, facets, ({TEXT}) gin_trgm_ops, (string_to_array({TEXT}, NULL))
    )
"""

UP = ("DROP INDEX ix_servers_search", INDEX)

DOWN = (
    "DROP INDEX ix_servers_search",
    """
    CREATE INDEX ix_servers_search ON servers USING gin (
        account_id, facets, (translate(hostname || ' ' || host(ip), '.-: _', 'XQJZV')) gin_trgm_ops
    )
    """,
    "ALTER INDEX ix_servers_search ALTER COLUMN 3 SET STATISTICS 1000",
)


def upgrade() -> None:
    """Make the index anew."""
    run(*UP)


def downgrade() -> None:
    """Make it as it was."""
    run(*DOWN)

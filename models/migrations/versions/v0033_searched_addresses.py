"""Search tells addresses from host names, by other letters for a dot and the digit behind it, and knows days."""

from models.migrations.steps import run
from models.migrations.versions.v0029_finding_few import TEXT as ALIKE

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None

_COLUMNS = "account_id, facets, searched gin_trgm_ops, (string_to_array(searched, NULL))"
_DAY = "((registered_at AT TIME ZONE 'UTC')::date)"


def _as_letters(words: str, letters: str) -> str:
    for digit, letter in enumerate(letters):
        words = f"replace({words}, '.{digit}', '{letter}')"
    return f"translate({words}, '.-: _', 'XQKZV')"


_HOSTNAME, _ADDRESS = _as_letters("hostname || ' '", "ABCDEFGHIJ"), _as_letters("host(ip) || ' '", "LMNOPRSTUW")
_APART = f"{_HOSTNAME} || {_ADDRESS}"


def _searched(text: str, columns: str) -> None:
    run(
        "DROP INDEX ix_servers_search",
        f"ALTER TABLE servers ALTER COLUMN searched SET EXPRESSION AS ({text})",
        f"CREATE INDEX ix_servers_search ON servers USING gin ({columns})",
    )


def upgrade() -> None:
    """Make it, and the index, anew."""
    _searched(_APART, f"{_COLUMNS}, {_DAY}")


def downgrade() -> None:
    """Make it as it was."""
    _searched(ALIKE, _COLUMNS)

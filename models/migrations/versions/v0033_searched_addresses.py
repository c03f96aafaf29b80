"""Search tells addresses from host names: a dot and the digit behind it are another letter in each."""

from models.migrations.steps import run
from models.migrations.versions.v0029_finding_few import TEXT as ALIKE

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None

_INDEX = """
    CREATE INDEX ix_servers_search ON servers USING gin (
        account_id, facets, searched gin_trgm_ops, (string_to_array(searched, NULL))
    )
"""


def _as_letters(words: str, letters: str) -> str:
    for digit, letter in enumerate(letters):
        words = f"replace({words}, '.{digit}', '{letter}')"
    return f"translate({words}, '.-: _', 'XQKZV')"


_HOSTNAME, _ADDRESS = _as_letters("hostname || ' '", "ABCDEFGHIJ"), _as_letters("host(ip) || ' '", "LMNOPRSTUW")
_APART = f"{_HOSTNAME} || {_ADDRESS}"


def _searched(text: str) -> None:
    run("DROP INDEX ix_servers_search", f"ALTER TABLE servers ALTER COLUMN searched SET EXPRESSION AS ({text})", _INDEX)


def upgrade() -> None:
    """Make it, and the index, anew."""
    _searched(_APART)


def downgrade() -> None:
    """Make it as it was."""
    _searched(ALIKE)

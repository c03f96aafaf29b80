"""Rows on their way into the database: gathered account by account, copied table by table."""

from typing import Any

from models import tables
from models.bulk import Bulk
from models.tables import Table

ORDER: tuple[type[Table], ...] = (
    tables.Account,
    tables.Login,
    tables.RecoveryCode,
    tables.LoginLink,
    tables.SignUp,
    tables.Invitation,
    tables.ApiKey,
    tables.ApiSecretKey,
    tables.ProductSubscription,
    tables.License,
    tables.ActivationKey,
    tables.ServerGroup,
    tables.Server,
    tables.Registration,
    tables.ServerCheckIn,
    tables.RegistrationCheckIn,
    tables.PaymentMethod,
    tables.Invoice,
    tables.InvoiceLine,
    tables.Payment,
    tables.LedgerEntry,
    tables.ReportConfig,
    tables.SalesRequest,
    tables.AuditEvent,
    tables.Event,
)
"""What a row refers to comes before it."""


class Rows:
    """Rows by table, each table's all with the same columns in the same order."""

    def __init__(self) -> None:
        self._columns: dict[type[Table], tuple[str, ...]] = {}
        self._rows: dict[type[Table], list[tuple[Any, ...]]] = {table: [] for table in ORDER}

    def add(self, table: type[Table], **values: Any) -> None:
        """Add one row."""
        names = tuple(values)
        if self._columns.setdefault(table, names) != names:
            raise ValueError(f"{table.__name__} has rows of different columns")
        self._rows[table].append(tuple(values.values()))

    def size(self) -> int:
        """Count the rows of the two tables that grow large."""
        return len(self._rows[tables.Server]) + len(self._rows[tables.Registration])

    async def copy_into(self, bulk: Bulk) -> int:
        """Copy all rows, forget them, and tell how many servers were among them."""
        servers = len(self._rows[tables.Server])
        for table in ORDER:
            if self._rows[table]:
                await bulk.copy(table, self._columns[table], self._rows[table])
                self._rows[table] = []
        return servers

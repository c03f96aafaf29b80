"""PostgreSQL beside us: a cluster in our data directory, a server that lives exactly as long as we do."""

from gateway.postgres.errors import ClusterBusyError, PostgresError
from gateway.postgres.server import EmbeddedPostgres

__all__ = ["ClusterBusyError", "EmbeddedPostgres", "PostgresError"]

"""What can go wrong with the embedded PostgreSQL, said in a sentence for the person who starts it."""


class PostgresError(Exception):
    """The embedded PostgreSQL could not be made, started or reached; the message is the whole story."""


class ClusterBusyError(PostgresError):
    """Another gateway holds the data directory."""

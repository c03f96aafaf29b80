"""How a version runs its SQL."""

from alembic import op


def run(*statements: str) -> None:
    """Run statements one by one, as they are written: nothing in them is a parameter."""
    connection = op.get_bind()
    for statement in statements:
        connection.exec_driver_sql(statement)


def drop_tables(*tables: str) -> None:
    """Drop tables in the order given."""
    run(*(f"DROP TABLE {table}" for table in tables))

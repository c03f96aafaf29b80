"""`products`: the catalogue."""

from collections.abc import Sequence

from models.enums import ProductFamily
from models.queries.products import catalogue
from models.statements import Row
from resolvers.context import RequestContext


async def products(context: RequestContext, families: Sequence[ProductFamily] | None) -> list[Row]:
    """All products, or those of some families, in the catalogue's order."""
    wanted = None if families is None else [family.name for family in families]
    async with context.db.read() as reader:
        statement = catalogue(of_families=wanted is not None)
        return await reader.rows(statement, {**context.values, "families": wanted})

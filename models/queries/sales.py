"""Requests to Sales: stored for an account, and worked off by an operator."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from uuid import UUID

from sqlmodel import col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from models.db import Reader
from models.enums import SalesRequestState
from models.tables import Product, SalesRequest

MOST_OPEN = 50
"""An account has at most so many requests that nobody has answered."""

MOST_LISTED = 200

LISTED = """
    SELECT request.id, account.number AS account, account.company_name AS company, request.created_at, request.topic,
           product.name AS product, request.message, request.state
    FROM sales_requests request
    JOIN accounts account ON account.id = request.account_id
    LEFT JOIN products product ON product.id = request.product_id
    WHERE request.state = ANY($1)
    ORDER BY request.created_at DESC, request.id DESC LIMIT $2
"""


@dataclass(frozen=True, slots=True)
class RequestRow:
    """A request as an operator sees it."""

    id: UUID
    account: str
    company: str
    created_at: datetime
    topic: str
    product: str | None
    message: str
    state: str


async def product_name(session: AsyncSession, product_id: UUID) -> str | None:
    """The name of a product; None where there is none such."""
    return (await session.exec(select(col(Product.name)).where(col(Product.id) == product_id))).first()


async def count_open(session: AsyncSession, account_id: UUID) -> int:
    """How many requests of the account are open."""
    statement = select(func.count()).select_from(SalesRequest)
    wanted = (col(SalesRequest.account_id) == account_id, col(SalesRequest.state) == SalesRequestState.OPEN)
    return (await session.exec(statement.where(*wanted))).one()


async def add(session: AsyncSession, request: SalesRequest) -> UUID:
    """Store a request; its id."""
    session.add(request)
    await session.flush()
    return request.id


async def lock(session: AsyncSession, request_id: UUID) -> SalesRequest | None:
    """A request of any account, held until the transaction ends: for operators alone."""
    return (
        await session.exec(select(SalesRequest).where(col(SalesRequest.id) == request_id).with_for_update())
    ).first()


async def listed(reader: Reader, states: Sequence[SalesRequestState]) -> Sequence[RequestRow]:
    """The newest requests of all accounts in these states: for operators alone."""
    rows = await reader.fetch(LISTED, [state.name for state in states], MOST_LISTED)
    return [RequestRow(*(row[column.name] for column in fields(RequestRow))) for row in rows]

"""The networks that each activation key was used from."""

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from sqlalchemy import Column, ForeignKey, Uuid
from sqlalchemy.dialects.postgresql import CIDR
from sqlmodel import Field

from models.tables.base import Table, made_at


class KeyNetwork(Table, table=True):
    """A network that servers registered from with a key, and since when: one row for each, however many servers."""

    __tablename__ = "activation_key_networks"
    __table_args__: ClassVar = ()

    activation_key_id: UUID = Field(
        sa_column=Column(Uuid, ForeignKey("activation_keys.id", ondelete="CASCADE"), primary_key=True)
    )
    network: str = Field(sa_column=Column(CIDR, primary_key=True))
    first_seen_at: datetime = made_at()

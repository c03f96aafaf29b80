"""The silences of servers that were told."""

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from sqlalchemy import Column, ForeignKey, Uuid
from sqlmodel import Field

from models.tables.base import Table, moment


class Silence(Table, table=True):
    """The last silence of a server that an event told of: it began with this check-in, and no other has the same."""

    __tablename__ = "silences"
    __table_args__: ClassVar = ()

    server_id: UUID = Field(sa_column=Column(Uuid, ForeignKey("servers.id", ondelete="CASCADE"), primary_key=True))
    last_check_in: datetime = moment()

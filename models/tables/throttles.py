"""How often something was tried that may be guessed: counters that all processes share and a restart keeps."""

from datetime import datetime
from typing import ClassVar

from sqlalchemy import CheckConstraint, Column, LargeBinary
from sqlmodel import Field

from models.tables.base import Table, count, moment


class Throttle(Table, table=True):
    """A counter under a keyed hash of what it counts for, so that a copy of the table names no address.

    There is no index beside the key: a row is updated in place many times, and the cleaning reads the table whole.
    """

    __tablename__ = "throttles"
    __table_args__: ClassVar = (CheckConstraint("tries >= 0", name="tries"),)

    key: bytes = Field(sa_column=Column(LargeBinary, primary_key=True))
    tries: int = count(default="0")
    last_at: datetime = moment(default="now()")
    closed_until: datetime | None = moment(null=True)
    known_until: datetime | None = moment(null=True)
    expires_at: datetime = moment(default="now()")

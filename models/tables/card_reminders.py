"""The reminders of cards that expire."""

from datetime import date, datetime
from typing import ClassVar
from uuid import UUID

from sqlalchemy import Column, Date, ForeignKey, SmallInteger, Uuid
from sqlmodel import Field

from models.tables.base import Table, moment


class CardReminder(Table, table=True):
    """A reminder that was mailed: that the card expires on that day, so many days before."""

    __tablename__ = "card_reminders"
    __table_args__: ClassVar = ()

    payment_method_id: UUID = Field(
        sa_column=Column(Uuid, ForeignKey("payment_methods.id", ondelete="CASCADE"), primary_key=True)
    )
    expires_on: date = Field(sa_column=Column(Date, primary_key=True))
    days: int = Field(sa_column=Column(SmallInteger, primary_key=True, autoincrement=False))
    told_at: datetime = moment()

"""The library's view of the queue: its tables by our names, over connections of ours."""

from typing import Any

from pgqueuer.adapters.drivers.asyncpg import AsyncpgPoolDriver
from pgqueuer.adapters.persistence.qb import QueryBuilderEnvironment, QueryQueueBuilder, QuerySchedulerBuilder
from pgqueuer.adapters.persistence.queries import Queries
from pgqueuer.core.applications import PgQueuer
from pgqueuer.domain.settings import DBSettings, Durability
from pgqueuer.domain.types import Channel

from models.jobs import SCHEMA

CHANNEL = Channel("ch_pgqueuer")
QUEUE = DBSettings(
    prefix="",
    db_schema=SCHEMA,
    channel=CHANNEL,
    function="fn_pgqueuer_changed",
    statistics_table="pgqueuer_statistics",
    queue_status_type="pgqueuer_status",
    queue_table="pgqueuer",
    queue_table_log="pgqueuer_log",
    trigger="tg_pgqueuer_changed",
    schedules_table="pgqueuer_schedules",
    durability=Durability.durable,
)
"""Named in full: the library would look for each name in the environment."""


def queue_over(pool: Any) -> PgQueuer:
    """The queue, without anything that does its jobs yet."""
    driver = AsyncpgPoolDriver(pool)
    queries = Queries(driver, QueryBuilderEnvironment(QUEUE), QueryQueueBuilder(QUEUE), QuerySchedulerBuilder(QUEUE))
    return PgQueuer(driver, CHANNEL, queries=queries)

"""Where the queue's tables stand. Named here in full: the library would look for names in the environment."""

from pgqueuer.domain.settings import DBSettings, Durability
from pgqueuer.domain.types import Channel

from models.jobs import SCHEMA

QUEUE = DBSettings(
    prefix="",
    db_schema=SCHEMA,
    channel=Channel("ch_pgqueuer"),
    function="fn_pgqueuer_changed",
    statistics_table="pgqueuer_statistics",
    queue_status_type="pgqueuer_status",
    queue_table="pgqueuer",
    queue_table_log="pgqueuer_log",
    trigger="tg_pgqueuer_changed",
    schedules_table="pgqueuer_schedules",
    durability=Durability.durable,
)

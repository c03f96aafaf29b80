"""Reads plans: what PostgreSQL says it did for a statement, node by node."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from models.db import Reader
from models.statements import Row, Statement

Node = dict[str, Any]

GROWING = ("servers", "server_check_ins", "registration_check_ins", "registrations", "activation_keys")
"""What a page may read by index alone, once it has grown."""

COMPARED = re.compile(r"ROW\((?:\w+\.)?(\w+),")
"""The sorted column in a comparison with a cursor."""


@dataclass(frozen=True)
class Plan:
    """The plan of one statement that ran."""

    text: str
    root: Node

    @property
    def buffers(self) -> int:
        """Shared buffers that the whole statement touched, in memory or not."""
        return int(self.root["Shared Hit Blocks"]) + int(self.root["Shared Read Blocks"])

    def nodes(self) -> Iterator[Node]:
        """Every node of the plan, from the root down."""
        waiting = [self.root]
        while waiting:
            node = waiting.pop()
            yield node
            waiting += node.get("Plans", [])

    def read_whole(self, tables: Sequence[str] = GROWING) -> list[str]:
        """Which of the tables were read from end to end."""
        return [
            node["Relation Name"]
            for node in self.nodes()
            if node["Node Type"] == "Seq Scan" and node["Relation Name"] in tables
        ]

    def skipped_by_cursor(self) -> list[str]:
        """The filters by which a walk of an order's own index throws rows away because of the cursor.

        The few rows that another index singles out are a different matter: they are all read, sorted and compared.
        """
        found = []
        for node in self.nodes():
            compared = COMPARED.search(node.get("Filter", ""))
            if compared and compared[1] in node.get("Index Name", "") and node.get("Rows Removed by Filter"):
                found.append(node["Filter"])
        return found

    def shape(self) -> str:
        """The scans, in a line."""
        scans = []
        for node in self.nodes():
            name = node.get("Index Name") or node.get("Relation Name")
            if name is not None:
                removed = int(node.get("Rows Removed by Filter", 0) * node["Actual Loops"])
                rows = int(node["Actual Rows"] * node["Actual Loops"])
                scans.append(f"{node['Node Type']} {name}: {rows} rows, {removed} removed")
        return "; ".join(scans)


class ExplainingReader(Reader):
    """A reader that explains each compiled statement with its real arguments before it runs it."""

    def __init__(self, connection: Any) -> None:
        super().__init__(connection)
        self.plans: list[Plan] = []

    async def rows(self, statement: Statement, values: Mapping[str, Any]) -> list[Row]:
        """The rows, and the plan kept."""
        explain = f"EXPLAIN (ANALYZE, BUFFERS, TIMING OFF, FORMAT JSON) {statement.text}"
        (row,) = await self.fetch(explain, *statement.arguments(values))
        self.plans.append(Plan(statement.text, json.loads(row["QUERY PLAN"])[0]["Plan"]))
        return await super().rows(statement, values)

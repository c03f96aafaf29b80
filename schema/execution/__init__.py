"""Planned execution: a validated operation is compiled once for each kind of caller, and run level by level.

The whole of the language is planned, as the contract uses it, but introspection, which `schema.views` answers.
"""

from schema.execution.executor import Executor, Judged, PlannedExecutor, StockExecutor

__all__ = ["Executor", "Judged", "PlannedExecutor", "StockExecutor"]

"""Planned execution: a validated operation is compiled once for each kind of caller, and run level by level.

What the plan leaves to the stock executor: operations that ask for introspection, which is delegated whole. Everything
else of the language, as the contract uses it, is planned.
"""

from schema.execution.executor import Executor, Judged, PlannedExecutor, StockExecutor

__all__ = ["Executor", "Judged", "PlannedExecutor", "StockExecutor"]

"""Who may select what: guards read from the schema, judged for an operation before it runs.

`Guards` is made once for a schema. `Guards.operation(document, operation)` is kept beside the parsed document, and its
`judge(variables, actor)` answers with a `Verdict`: `whole` refuses the operation, `errors()` are those of the places
that stay null, and `GuardedExecutionContext` (given the verdict) leaves them null in the stock executor.
"""

from schema.guards.executor import GuardedExecutionContext
from schema.guards.judge import Guards, OperationGuard
from schema.guards.map import SESSION_ONLY, GuardMap
from schema.guards.verdicts import Cut, Verdict
from schema.guards.view import Capability, Refusal, View

__all__ = [
    "SESSION_ONLY",
    "Capability",
    "Cut",
    "GuardMap",
    "GuardedExecutionContext",
    "Guards",
    "OperationGuard",
    "Refusal",
    "Verdict",
    "View",
]

"""What an operation costs, found before it runs from the schema's own @cost and @listSize and the actual variables.

An operation costs the sum of what it selects: each object the weight of its type, each field and each given argument
the weight that the schema says it has, all of it as often as the lists above can hold it. Objects weigh 1 and leaves
nothing, unless the schema says otherwise. What the caller is refused costs nothing, since it never runs.
"""

from schema.cost.bills import Bill, Costs

__all__ = ["Bill", "Costs"]

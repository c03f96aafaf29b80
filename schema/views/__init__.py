"""What a role may know of the schema: the schema without what it is refused, and without what only that leads to.

`Views` keeps the eight narrowed schemas, one for each role and one for callers without a credential. `Introspection`
answers an operation's `__schema` and `__type` from the one of its caller. Everything else runs on the full schema.
"""

from schema.views.introspection import Introspection, introspects
from schema.views.views import Views

__all__ = ["Introspection", "Views", "introspects"]

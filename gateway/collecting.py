"""When the garbage collector looks for what refers to itself: seldom, and never among what lasts.

What commands load lives as long as they do, and an answer of thousands of objects is gone by itself. With Python's own
thresholds the collector would go through either again and again, each time through all that never changes: a fifth of
a start, and more than half of the time of a nested dashboard.
"""

import gc

THRESHOLDS = (50_000, 20, 100)


def collect_seldom() -> None:
    """Look for garbage when so much has been made that some may be worth it."""
    gc.set_threshold(*THRESHOLDS)


def spare_what_lasts() -> None:
    """Keep the collector from the schema and all else that was loaded by now."""
    gc.collect()
    gc.freeze()

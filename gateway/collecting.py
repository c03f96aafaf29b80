"""When the garbage collector looks for what refers to itself: seldom at a start, and never among what lasts.

What is loaded at a start lives as long as the process. With Python's own thresholds the collector would go through it
again and again: a fifth of a start, and, while answers of thousands of objects are made, half of their time.
"""

import gc

AT_A_START = (50_000, 20, 100)
USUAL = (700, 10, 10)
"""Python's own. Documents that turn over refer to themselves: collected seldom, they would pile up to several hundred
megabytes in a worker."""


def collect_seldom() -> None:
    """Look for little garbage while everything is loaded."""
    gc.set_threshold(*AT_A_START)


def spare_what_lasts() -> None:
    """Keep the collector from all that was loaded by now, and have it look for garbage as usual from here on."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*USUAL)

"""What stays loaded is spared by the garbage collector."""

import gc

OFTEN = 20_000  #: objects made between two looks


def spare_what_is_loaded() -> None:
    """Leave out modules, the model and catalogs from now on, and look less often.

    Scoring makes many objects and hardly a cycle, so nearly each look finds nothing.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(OFTEN)

"""BLAS on one thread: sums in one order, so that equal input gives equal bytes however many cores there are.

Its threads also wait by spinning: on a busy machine they took four to eight times the processor time of one.
"""

from threadpoolctl import threadpool_limits


def one_blas_thread() -> threadpool_limits:
    """To be used by `with`; the threads of LightGBM and of compiled loops stay as they are."""
    return threadpool_limits(limits=1, user_api="blas")

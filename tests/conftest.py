"""Two workers share two cores: each keeps to one thread, or waiting threads would eat the time of working ones."""

import os

import pytest
import structlog

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS"):
    os.environ.setdefault(variable, "1" if variable != "NUMBA_NUM_THREADS" else "2")


@pytest.fixture(autouse=True)
def logs_as_at_the_start():
    """A command that a test ran may have turned the logs off for the whole process."""
    yield
    structlog.reset_defaults()

"""Two workers share two cores: each keeps to one thread, or waiting threads would eat the time of working ones."""

import os

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS"):
    os.environ.setdefault(variable, "1" if variable != "NUMBA_NUM_THREADS" else "2")

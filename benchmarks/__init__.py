"""Measurements, never timed tests. One thread for linear algebra: more only add noise to networks of this size."""

import os

for variable in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(variable, "1")

"""What holds for all tests: one thread per process for BLAS, since they run as several processes on few cores, and no time limits.

A slow machine makes a test slow, not wrong, so property tests have neither a deadline nor a check of their speed.
"""

import os
import sys
from pathlib import Path

for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(name, "1")

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from hypothesis import HealthCheck, settings  # noqa: E402  (BLAS reads its variables when NumPy is imported, maybe by this)

settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")

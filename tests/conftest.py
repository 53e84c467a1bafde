"""What holds for all tests: one thread per process for BLAS, since they run as several processes on few cores, no time
limits, and the browser that the tests of a file share.

A slow machine makes a test slow, not wrong, so property tests have neither a deadline nor a check of their speed.
"""

import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(name, "1")

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

# Below, because BLAS reads its variables when NumPy is imported, which these may do.
import pytest  # noqa: E402
from browser import Opened, close_all, started  # noqa: E402
from hypothesis import HealthCheck, settings  # noqa: E402

settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")


@pytest.fixture
def scratch() -> Iterator[None]:
    """Ops declared in a test do not stay in the registry."""
    from autograd.engine.op import REGISTRY

    before = dict(REGISTRY)
    yield
    REGISTRY.clear()
    REGISTRY.update(before)


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """A real Chromium."""
    with started() as found:
        yield found


@pytest.fixture
def show(browser: Any, tmp_path: Path) -> Iterator[Callable[..., Opened]]:
    """Opens a page; no page may complain or ask for anything."""
    opened: list[Opened] = []

    def show(html: str, **options: Any) -> Opened:
        opened.append(Opened(browser, tmp_path / f"{len(opened)}.html", html, **options))
        return opened[-1]

    yield show
    close_all(opened)


@pytest.fixture(scope="module")
def quick_c(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """For compiled functions a cache of the tests' own, and a compiler that does not optimise, for it is faster by far."""
    from autograd.compile import build

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GLASSGRAD_CACHE", str(tmp_path_factory.mktemp("cache")))
        assert "-O2" in build.FLAGS
        patch.setattr(build, "FLAGS", tuple("-O0" if f == "-O2" else f for f in build.FLAGS))
        yield


@pytest.fixture(scope="session")
def tiny_bert(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a small BERT of random weights and its tokenizer."""
    from tiny_bert import make  # it imports the examples, which few tests need

    return make(tmp_path_factory.mktemp("tiny_bert"))

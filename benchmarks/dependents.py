"""The packages that stand on HIPS autograd, on this engine: their own tests, and an example of each against differences.

    python -m benchmarks.dependents [--quick] [--only NAME ...] [--folder FOLDER] [--jobs N]

It makes a virtual environment, installs the packages from PyPI at the versions below (pip brings HIPS autograd with them), then
this project, then runs ``python -m autograd.adopt`` there, as a user would. After that ``pip check`` must be content. The tests of
each package run in that environment. Those that fail run again on HIPS autograd 1.9.1 (PennyLane's on 1.8.0: it accepts no newer
one), and are failures only if HIPS passes them. ``--quick`` takes a part of the tests of the smaller packages, in about a minute;
``.ci/run`` does that. The whole takes hours, most of them surpyval's. An environment that is there is used again.

Where the tests come from, and which cannot be had:

- HIPS autograd, grcwa, legume-gme, lifelines, pymanopt: from their source distributions. pymanopt's ``conftest.py`` imports
  TensorFlow and PyTorch, so another one takes its place; the tests of these backends, ``test_problem.py`` (TensorFlow) and
  ``test_examples.py`` (all backends) are left out.
- surpyval, PennyLane: their wheels bring the tests. PennyLane's are those of its autograd interface.
- ceviche, pymoo, tidy3d: their source distributions have no tests of gradients (tidy3d's simulations run on its maker's servers
  besides). Each has an example instead.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from textwrap import dedent

from benchmarks.dependent_examples import EXAMPLES

ROOT = Path(__file__).resolve().parent.parent
TOOLS = ("pytest==9.2.0", "pytest-xdist==3.8.0", "pytest-mock==3.17.0", "pytest-rng==1.0.0", "flaky==3.8.1", "hypothesis==6.148.7")
NUMPY = ("numpy==2.4.6", "scipy==1.17.1")
OURS = ("graphviz", "tqdm", "safetensors")  # what this project requires besides


@dataclass(frozen=True)
class Suite:
    """The tests of a package.

    Attributes:
        package: its name and version on PyPI. tests: the folder of its tests within its source distribution, or, where its wheel
        brings them, within the installed packages. whole, quick: what pytest is told for all and for a part; None for nothing.
        installed: whether the wheel brings the tests. replaced: files that take the place of the package's own.
        hips: the version of HIPS autograd to compare with. known: tests that cannot pass here, and why.
    """

    package: str
    tests: str
    whole: tuple[str, ...]
    quick: tuple[str, ...] | None = None
    installed: bool = False
    replaced: dict[str, str] = field(default_factory=dict)
    hips: str = "1.9.1"
    known: dict[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return self.package.split("==")[0]


NO_OTHER_BACKENDS = """
    import random

    import matplotlib
    import numpy
    import pytest

    matplotlib.use("Agg")

    @pytest.fixture(autouse=True)
    def same_numbers_each_time():
        random.seed(0)
        numpy.random.seed(0)
    """

SUITES = (
    Suite(
        "autograd==1.9.1",
        "tests",
        whole=(".",),
        quick=(
            "test_core.py",
            "test_wrappers.py",
            "test_jacobian.py",
            "test_list.py",
            "test_dict.py",
            "test_tuple.py",
            "test_misc.py",
        ),
        known={
            "test_rfftn_odd_not_implemented": "it asserts that a real transform of odd length has no gradient; here it has one",
            "test_wrapped_name_and_docs": "it asserts the words of HIPS's docstring",
        },
    ),
    Suite(
        "pymanopt==2.2.1",
        "tests",
        whole=(
            *("manifolds", "optimizers", "backends/test_autograd.py", "backends/test_numpy.py", "backends/test_backend_tools.py"),
            *("test_multi_tools.py", "test_problem_backend_interface.py"),
        ),
        quick=("backends/test_autograd.py", "test_problem_backend_interface.py"),
        replaced={"conftest.py": NO_OTHER_BACKENDS},
    ),
    Suite("grcwa==0.1.2", "tests", whole=(".",), quick=("test_kbloch.py", "test_rcwa.py", "-k", "kbloch or epsgrad")),
    Suite(
        "lifelines==0.30.3",
        "lifelines/tests",
        whole=("test_estimation.py", "-k", "not CoxPH and not CoxTime and not Aalen and not KaplanMeier and not Breslow"),
        quick=("test_estimation.py", "-k", "TestWeibullFitter and not exponential_data or TestExponentialFitter"),
    ),
    Suite(
        "pennylane==0.45.1",
        "tests",
        whole=(
            *("numpy", "test_grad.py", "test_autograd_grad.py", "test_classical_gradients.py"),
            *(f"workflow/interfaces/{name}.py" for name in ("execute/test_autograd", "run/test_autograd_run")),
            *(f"workflow/interfaces/qnode/test_autograd_qnode{name}.py" for name in ("", "_shot_vector")),
        ),
        installed=True,
        hips="1.8.0",
    ),
    Suite("legume-gme==1.0.3", "tests", whole=(".",)),
    Suite(
        "surpyval==0.25",
        "surpyval/tests",
        whole=(".", "--ignore=calibration"),
        installed=True,
        known={
            "test_562_autograd_still_needs_the_patch": "it asserts that the derivatives of where are wrong; here they are right",
            "test_630_an_mps_success_on_a_flat_objective": "the last bits decide where the search ends, as the test itself says",
        },
    ),
)
WITHOUT_TESTS = ("ceviche==0.1.3", "pymoo==0.6.2", "tidy3d==2.12.1")
CHECK = """
d = (f(x + step) - f(x - step)) / (2 * step)
g = grad(f)(x)
print("gradient", float(g), "difference", float(d))
assert abs(g - d) <= 1e-4 * abs(d) + 1e-9, "they differ"
"""


class Environment:
    """A virtual environment in a folder, in which the packages stand on this project."""

    def __init__(self, folder: Path, packages: tuple[str, ...]) -> None:
        self.folder = folder
        self.python = str(folder / "env" / "bin" / "python")
        if not Path(self.python).exists():
            subprocess.run([sys.executable, "-m", "venv", str(folder / "env")], check=True)
            self.pip("install", *NUMPY, *TOOLS, *OURS, *packages)
        self.pip("uninstall", "--yes", "glassgrad")
        self.pip("install", "--no-deps", str(ROOT))
        self.run("-m", "autograd.adopt")
        self.run("-m", "pip", "check")
        found = self.run(
            "-c", "import autograd; print(autograd.Tensor, __import__('sysconfig').get_path('purelib'))"
        ).stdout.split()
        self.packages = Path(found[-1])
        if (self.packages / "torch").exists():
            sys.exit("PyTorch was installed: none of these packages needs it")

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        done = subprocess.run([self.python, *arguments], cwd=self.folder, env=clean(), capture_output=True, text=True, check=False)
        if done.returncode:
            sys.exit(f"python {' '.join(arguments)}\n{done.stdout}{done.stderr}")
        return done

    def pip(self, *arguments: str) -> None:
        self.run("-m", "pip", "-q", "--disable-pip-version-check", *arguments)

    def hips(self, version: str) -> Path:
        """A folder with HIPS autograd and nothing else."""
        folder = self.folder / f"hips-{version}"
        if not folder.exists():
            self.pip("install", "--no-deps", "--target", str(folder), f"autograd=={version}")
        return folder

    def tests(self, suite: Suite) -> Path:
        """A copy of a package's tests, beside which the package itself does not lie."""
        copy = self.folder / "tests" / suite.name
        if not copy.exists():
            origin = self.packages / suite.tests if suite.installed else self.source(suite) / suite.tests
            shutil.copytree(origin, copy / Path(suite.tests).name)
        tests = copy / Path(suite.tests).name
        for name, text in suite.replaced.items():
            (tests / name).write_text(dedent(text), encoding="utf-8")
        return tests

    def source(self, suite: Suite) -> Path:
        """The unpacked source distribution of a package."""
        into = self.folder / "sources" / suite.name
        if not into.exists():
            self.pip("download", "--no-deps", "--no-binary", ":all:", "-d", str(into), suite.package)
            with tarfile.open(next(into.glob("*.tar.gz"))) as archive:
                archive.extractall(into, filter="data")
        return next(path for path in into.iterdir() if path.is_dir())


def clean(path: Path | None = None) -> dict[str, str]:
    """The variables of a process that finds this project, or what lies in a folder, and is not disturbed by those set here."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}
    return environment | {"PYTHONWARNINGS": "ignore", "OMP_NUM_THREADS": "1"} | ({"PYTHONPATH": str(path)} if path else {})


def run_suite(environment: Environment, suite: Suite, arguments: tuple[str, ...], jobs: int) -> list[str]:
    """Run a package's tests. Returns those that fail here and pass on HIPS autograd."""
    tests = environment.tests(suite)
    print(f"{suite.package}: {' '.join(arguments)}", flush=True)
    summary, failed = pytest(environment, tests, arguments, jobs)
    print(f"    {summary}", flush=True)
    worse = []
    for test in failed:
        why = next((reason for name, reason in suite.known.items() if name in test), "")
        if why:
            print(f"    {test}: {why}")
        elif pytest(environment, tests, (test,), 0, environment.hips(suite.hips))[1]:
            print(f"    {test}: fails on HIPS autograd {suite.hips} as well")
        else:
            print(f"    {test}: FAILS HERE ONLY", flush=True)
            worse.append(f"{suite.name}: {test}")
    return worse


def pytest(
    environment: Environment, tests: Path, arguments: tuple[str, ...], jobs: int, path: Path | None = None
) -> tuple[str, list[str]]:
    """Run pytest; return the last line it prints, and the names of the tests that fail."""
    command = [environment.python, "-m", "pytest", "-q", "-rfE", "--tb=no", "-p", "no:cacheprovider", "-n", str(jobs), *arguments]
    done = subprocess.run(command, cwd=tests, env=clean(path), capture_output=True, text=True, check=False)
    lines = done.stdout.strip().splitlines() or [done.stderr[-300:]]
    failed = [line.split(" ", 1)[1].split(" - ")[0] for line in lines if line.startswith(("FAILED ", "ERROR "))]
    if done.returncode not in (0, 1) and not failed:
        failed = [" ".join(arguments)]
    return lines[-1], failed


def run_example(environment: Environment, name: str, text: str) -> list[str]:
    """Run an example; return its name if its gradient is not that of differences."""
    done = subprocess.run(
        [environment.python, "-c", dedent(text) + CHECK],
        cwd=environment.folder,
        env=clean(),
        capture_output=True,
        text=True,
        check=False,
    )
    lines = done.stdout.strip().splitlines() + (done.stderr.strip().splitlines()[-1:] if done.returncode else [])
    print(f"    {name}: {'; '.join(lines)}", flush=True)
    return [f"example: {name}"] if done.returncode else []


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.dependents", description="The packages that stand on HIPS autograd."
    )
    parser.add_argument("--quick", action="store_true", help="a part of the tests of the smaller packages")
    parser.add_argument("--only", nargs="*", help="the names of packages, or 'examples'")
    folder = Path(tempfile.gettempdir(), "glassgrad-dependents")
    parser.add_argument("--folder", type=Path, default=folder, help="for the environment")
    parser.add_argument("--jobs", type=int, default=0, help="how many processes each package's tests may take")
    options = parser.parse_args()
    folder = options.folder.absolute()
    suites = [s for s in SUITES if (s.quick if options.quick else s.whole) and (not options.only or s.name in options.only)]
    if options.quick:
        folder = folder / "quick"
    folder.mkdir(parents=True, exist_ok=True)
    chosen = [s for s in SUITES if s.quick] if options.quick else SUITES
    packages = [s.package for s in chosen if s.name != "autograd"] + list(() if options.quick else WITHOUT_TESTS)
    environment = Environment(folder, tuple(packages))
    worse = []
    for suite in suites:
        worse += run_suite(environment, suite, suite.quick if options.quick and suite.quick else suite.whole, options.jobs)
    if not options.quick and (not options.only or "examples" in options.only):
        print("examples")
        for name, text in EXAMPLES.items():
            worse += run_example(environment, name, text)
    if worse:
        sys.exit("worse than on HIPS autograd:\n" + "\n".join(f"    {line}" for line in worse))


if __name__ == "__main__":
    main()

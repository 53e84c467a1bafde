"""The packages that stand on HIPS autograd, on this engine: HIPS's own tests, and examples of each package against differences.

    python -m benchmarks.dependents [folder of an environment that it may make; default /tmp/glassgrad-dependents]

It installs HIPS autograd 1.9.1 and its dependents from PyPI into that environment, at the versions below, and runs them with this
project first on the path. Each part prints what passed. It needs the network, and is no part of the suite.

What cannot be had: the source distributions of legume-gme, ceviche and tidy3d bring no data for their tests (legume's gradient
tests run without), that of pymanopt needs TensorFlow, PyTorch and JAX for the tests of its other backends.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VERSIONS = (
    "autograd==1.9.1", "pymanopt==2.2.1", "grcwa==0.1.2", "surpyval==0.25", "lifelines==0.30.3", "legume-gme==1.0.3",
    "ceviche==0.1.3", "pymoo==0.6.2", "pennylane==0.45.1", "tidy3d==2.12.1", "pytest", "pytest-xdist", "pytest-mock",
)  # fmt: skip

# Tests of HIPS autograd that cannot pass here, and why.
NOT_OURS = {
    "test_rfftn_odd_not_implemented": "asserts that a real transform of odd length has no gradient; here it has one",
    "test_wrapped_name_and_docs": "asserts the words of HIPS's docstring",
}

EXAMPLES = {
    "legume": """
        import legume, numpy as np
        from autograd import grad
        legume.set_backend("autograd")
        def f(eps):
            crystal = legume.PhotCryst(legume.Lattice("square"), eps_l=eps, eps_u=1.0)
            crystal.add_layer(d=0.5, eps_b=12.0)
            crystal.layers[-1].add_shape(legume.Circle(eps=1.0, r=0.2))
            modes = legume.GuidedModeExp(crystal, gmax=3)
            modes.run(kpoints=np.array([[0.1], [0.2]]), gmode_inds=[0, 1], numeig=2, compute_im=False, verbose=False)
            return modes.freqs[0, 1]
        x, step = 1.5, 1e-4
        """,
    "ceviche": """
        import ceviche, numpy as np, autograd.numpy as anp
        from autograd import grad
        source = np.zeros((24, 24), complex)
        source[12, 12] = 1
        start = 1.0 + np.random.default_rng(0).random(576)
        def f(s):
            eps = start + s * np.cos(np.arange(576))
            simulation = ceviche.fdfd_ez(2 * np.pi * 200e12, 5e-8, anp.reshape(eps, (24, 24)), [5, 5])
            return 1e9 * anp.sum(anp.abs(simulation.solve(source)[2][5:9, 5:9]) ** 2)
        x, step = 0.1, 1e-4
        """,
    "tidy3d": """
        import numpy as np, autograd.numpy as anp, tidy3d
        from autograd import grad
        from tidy3d.plugins.autograd import make_erosion_dilation_penalty
        start = np.random.default_rng(0).random((8, 8))
        penalty = make_erosion_dilation_penalty(radius=0.2, dl=0.1)
        f = lambda s: penalty(start + s * np.cos(np.arange(64.0)).reshape(8, 8))
        x, step = 0.05, 1e-5
        """,
    "PennyLane, times a tensor": """
        import autograd.numpy as anp
        from autograd import grad
        from pennylane import numpy as np
        tensor = np.array([1.0, 2.0, 3.0], requires_grad=False)
        f = lambda s: anp.sum(tensor * anp.sin(s * anp.ones(3)) ** 2)
        x, step = 0.3, 1e-5
        """,
    "PennyLane, the gradient of a gradient by shifts": """
        import pennylane as qml
        from autograd import grad
        from pennylane import numpy as np
        @qml.qnode(qml.device("default.qubit", wires=1), diff_method="parameter-shift", max_diff=2)
        def circuit(x):
            qml.RX(x, wires=0)
            qml.RY(x * x, wires=0)
            return qml.expval(qml.PauliZ(0))
        f = lambda s: grad(circuit)(s)
        x, step = 0.4, 1e-4
        """,
    "pymoo": """
        import numpy as np
        from pymoo.gradient.automatic import AutomaticDifferentiation
        from pymoo.problems import get_problem
        problem = get_problem("rosenbrock", n_var=3)
        direction = np.array([1.0, -2.0, 0.5])
        f = lambda s: float(problem.evaluate(np.array([[0.1, 0.2, 0.3]]) + s * direction)[0, 0])
        slopes = AutomaticDifferentiation(problem).evaluate(np.array([[0.1, 0.2, 0.3]]), return_values_of=["F", "dF"])[1]
        grad = lambda f: lambda s: float(slopes[0, 0] @ direction)
        x, step = 0.0, 1e-5
        """,
    "lifelines": """
        import numpy as np
        from lifelines import WeibullFitter
        from lifelines.datasets import load_waltons
        data = load_waltons()
        fitted = WeibullFitter().fit(data["T"], data["E"])
        print("lambda", fitted.lambda_, "rho", fitted.rho_)
        from autograd import grad
        f = lambda s: s**2
        x, step = abs(fitted.lambda_ - 55.733096995) < 1e-5 and 1.0, 1e-5
        """,
}
CHECK = """
d = (f(x + step) - f(x - step)) / (2 * step)
g = grad(f)(x)
print("gradient", float(g), "difference", float(d), "as differences" if abs(g - d) <= 1e-4 * abs(d) + 1e-9 else "WRONG")
"""


def source(folder: Path, name: str, version: str) -> Path:
    """The unpacked source distribution of a package on PyPI."""
    found = folder / f"{name}-{version}"
    if not found.exists():
        command = [
            str(folder / "env/bin/python"),
            "-m",
            "pip",
            "download",
            "-q",
            "--no-deps",
            "--no-build-isolation",
            "--no-binary",
            ":all:",
        ]
        subprocess.run([*command, "-d", str(folder), f"{name}=={version}"], check=True)
        with tarfile.open(next(folder.glob(f"{name.replace('-', '_')}*.tar.gz"))) as archive:
            archive.extractall(folder, filter="data")
    return found


def tests(python: str, folder: Path, *arguments: str) -> None:
    """Run a package's tests on this engine, and print their last line."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "ignore"}
    command = [python, "-m", "pytest", "-q", "-p", "no:cacheprovider", *arguments]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    lines = done.stdout.strip().splitlines()
    print("    " + (lines[-1] if lines else done.stderr[-300:]))
    for line in lines:
        if line.startswith(("FAILED", "ERROR")):
            why = next((reason for name, reason in NOT_OURS.items() if name in line), "")
            print(f"    {line[:120]}{'  (' + why + ')' if why else ''}")


def examples(python: str) -> None:
    """The gradient of an example of each package against a difference."""
    from textwrap import dedent

    for name, text in EXAMPLES.items():
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "ignore"}
        done = subprocess.run([python, "-c", dedent(text) + CHECK], env=environment, capture_output=True, text=True, check=False)
        lines = done.stdout.strip().splitlines() or done.stderr.strip().splitlines()
        print(f"    {name}: {lines[-1] if lines else 'nothing'}")


def main(folder: Path) -> None:
    python = str(folder / "env" / "bin" / "python")
    if not Path(python).exists():
        subprocess.run([sys.executable, "-m", "venv", str(folder / "env")], check=True)
        subprocess.run([python, "-m", "pip", "install", "-q", *[v for v in VERSIONS if "pennylane" not in v]], check=True)
        subprocess.run([python, "-m", "pip", "install", "-q", "--no-deps", "pennylane==0.45.1"], check=True)
    print("HIPS autograd 1.9.1, its own tests")
    tests(python, source(folder, "autograd", "1.9.1") / "tests", "-n", "2", ".")
    print("grcwa, its tests")
    tests(python, source(folder, "grcwa", "0.1.2"), "tests")
    print("examples")
    examples(python)


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "/tmp/glassgrad-dependents"))

"""``python -m autograd.torch``: run a program that was written for PyTorch as it is, on this engine. Nothing imports this face.

In that process, and in no other, ``import torch`` and the modules below it find this library. The program, its arguments and its
folder on the path are as ``python program.py`` has them; ``python -m autograd.torch -m package.module`` runs a module.
"""

from __future__ import annotations

import runpy
import sys
from collections.abc import Sequence
from importlib import import_module
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType
from typing import Any

from .lazy import ABSENT

# PyTorch's files below torch.distributions. Here all of their names are in one module.
DISTRIBUTIONS = (
    "bernoulli beta binomial categorical cauchy chi2 continuous_bernoulli dirichlet exp_family exponential fishersnedecor gamma "
    "generalized_pareto geometric gumbel half_cauchy half_normal independent inverse_gamma kl kumaraswamy laplace lkj_cholesky "
    "log_normal logistic_normal lowrank_multivariate_normal mixture_same_family multinomial multivariate_normal negative_binomial "
    "normal one_hot_categorical pareto poisson relaxed_bernoulli relaxed_categorical studentT transformed_distribution uniform "
    "von_mises weibull wishart"
)

# The modules here whose names differ from PyTorch's. Below each of them the names are the same.
HOMES = {
    "torch": "autograd",
    "torch.autograd": "autograd",
    "torch.autograd.anomaly_mode": "autograd",
    "torch.autograd.grad_mode": "autograd.engine.modes",
    "torch.autograd.gradcheck": "autograd.proof.gradcheck",
    "torch.autograd.variable": "autograd",
    "torch.autograd.functional": "autograd.jacobians",
    **{f"torch.distributions.{name}": "autograd.distributions" for name in DISTRIBUTIONS.split()},
    "torch.distributed.optim": "optim.zero_redundancy",
    "torch.functional": "autograd",
    "torch.multiprocessing": "multiprocessing",
    "torch.nn": "nn",
    "torch.optim": "optim",
    "torch.optim.adamw": "optim.adam",
    "torch.serialization": "autograd.serialization",
    "torch.types": "autograd.types",
    "torch.utils.data._utils": "autograd.utils.data",
    "torch.utils.data._utils.worker": "autograd.utils.data.workers",
    "torch.utils.data.dataloader": "autograd.utils.data.loader",
    "torch.utils.hooks": "autograd.engine.handle",
}


# Those that share their name with a function, or with another module, of the module above them.
SHADOWED = ("torch.autograd.gradcheck", "torch.functional")


def resolved(name: str) -> Any:
    """Find the object for ``import name``: the module here, or the attribute of that name of its parent.

    Args:
        name: ``torch``, or the dotted name of a module below it.

    Raises:
        ModuleNotFoundError: there is none; it says why, where that is known.

    Example:
        >>> from autograd.torch import resolved
        >>> resolved("torch.nn.functional").__name__, resolved("torch.utils.data.dataloader").__name__
        ('nn.functional', 'autograd.utils.data.loader')
    """
    if name in HOMES:
        return import_module(HOMES[name])
    parent, _, last = name.rpartition(".")
    above = resolved(parent)
    if isinstance(above, ModuleType) and above.__spec__ is not None:
        own = f"{above.__name__}.{last}"
        try:
            return import_module(own)
        except ModuleNotFoundError as error:
            if error.name != own:
                raise
    reason = ABSENT.get(name.removeprefix("torch."))
    found = None if reason else getattr(above, last, None)
    if found is None:
        raise ModuleNotFoundError(f"No module named {name!r}: {reason or 'this engine has none'}", name=name)
    return found


class Finder(MetaPathFinder, Loader):
    """Finds ``torch`` and the modules below it in this library. It stands in front of Python's own finders."""

    def find_spec(self, fullname: str, path: Any, target: Any = None) -> ModuleSpec | None:
        return ModuleSpec(fullname, self, is_package=True) if fullname.partition(".")[0] == "torch" else None

    def create_module(self, spec: ModuleSpec) -> None:
        return None

    def exec_module(self, module: ModuleType) -> None:
        # Python takes what lies here afterwards, so no module of ours gets PyTorch's name or its spec.
        sys.modules[module.__name__] = resolved(module.__name__)


def install() -> None:
    """Let ``import torch`` find this library in this process from now on; a PyTorch that was imported before is left aside."""
    for name in [name for name in sys.modules if name.partition(".")[0] == "torch"]:
        del sys.modules[name]
    if not any(isinstance(finder, Finder) for finder in sys.meta_path):
        sys.meta_path.insert(0, Finder())
    # Python sets what it imports as an attribute of the module above. A module whose name means something else there
    # (`torch.autograd.gradcheck` is a function too) is listed beforehand: what is listed is neither imported nor set.
    for name in SHADOWED:
        sys.modules[name] = resolved(name)


def main(arguments: Sequence[str]) -> None:
    """Run a program.

    Args:
        arguments: the program's file (or ``-m`` and a module's name), and its own arguments.
    """
    if not arguments or arguments[0] in ("-h", "--help") or arguments == ["-m"]:
        print("usage: python -m autograd.torch program.py [arguments]\n       python -m autograd.torch -m module [arguments]")
        raise SystemExit(0 if arguments and arguments[0] != "-m" else 2)
    install()
    if arguments[0] == "-m":
        sys.argv = list(arguments[1:])
        sys.path[0] = str(Path.cwd())
        runpy.run_module(arguments[1], run_name="__main__", alter_sys=True)
    else:
        sys.argv = list(arguments)
        sys.path[0] = str(Path(arguments[0]).resolve().parent)
        runpy.run_path(arguments[0], run_name="__main__")


if __name__ == "__main__":
    main(sys.argv[1:])

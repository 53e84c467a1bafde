"""Programs that several processes run together, and how the tests start them. No test lives here."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent.parent


def launcher() -> str:
    """The mpiexec of this Python's environment (extra ``mpi``), or the system's."""
    own = Path(sys.executable).with_name("mpiexec")
    found = str(own) if own.exists() else shutil.which("mpiexec")
    assert found, "no mpiexec: pip install 'glassgrad[mpi]'"
    return found


def start(n: int, program: str, *arguments: str, timeout: int = 100) -> Any:
    """Run a program of this folder on n processes with one thread each, and wait for it."""
    return launched(n, str(ROOT / "tests" / "ranks" / program), *arguments, timeout=timeout)


def launched(n: int, *arguments: str, timeout: int = 100) -> Any:
    """Run Python with these arguments on n processes with one thread each, and wait for it."""
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "tests")]),
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "COLUMNS": "80",
    }
    command = [launcher(), "-n", str(n), sys.executable, *arguments]
    return subprocess.run(command, capture_output=True, text=True, env=environment, timeout=timeout, cwd=ROOT, check=False)


def passed(n: int, program: str, *arguments: str) -> set[str]:
    """Run a program of checks on n processes; the names of the checks, which all have passed."""
    done = start(n, program, *arguments)
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    return {*done.stdout.split()}


def raises(error: type[BaseException], text: str, call: Callable[[], object]) -> None:
    """Check that a call raises this error with this text in its message."""
    import pytest

    with pytest.raises(error, match=re.escape(text)):
        call()


def run_checks(namespace: Mapping[str, Any]) -> None:
    """Call the functions ``check_...`` of a program, in order, on all processes; rank 0 prints their names."""
    import autograd.distributed as dist

    dist.init_process_group("mpi", timeout=30)
    checks: list[tuple[str, Callable[[], None]]] = [(k, v) for k, v in namespace.items() if k.startswith("check_")]
    for name, check in checks:
        check()
        dist.barrier()
        if dist.get_rank() == 0:
            print(name, flush=True)
    dist.destroy_process_group()

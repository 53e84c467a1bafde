"""Programs in the manner of PyTorch's examples run unchanged, by ``python -m autograd.torch``, with PyTorch's numbers.

Each folder entry ``programs/NAME.py`` says ``import torch``; ``programs/NAME.txt`` is what PyTorch 2.13 printed.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import autograd

PROGRAMS = Path(__file__).parent / "programs"
ROOT = Path(autograd.__file__).resolve().parent.parent
NUMBER = re.compile(r"-?\d+\.\d+(?:e[-+]?\d+)?")


def run(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "autograd.torch", *arguments]
    return subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, timeout=120, check=False)


@pytest.mark.parametrize("program", sorted(PROGRAMS.glob("*.txt")), ids=lambda path: path.stem)
def test_a_program_of_pytorch_prints_what_pytorch_prints(program: Path, tmp_path: Path) -> None:
    result = run(str(program.with_suffix(".py")), cwd=tmp_path)
    assert result.returncode == 0, result.stderr
    expected = program.read_text(encoding="utf-8")
    assert NUMBER.sub("#", result.stdout) == NUMBER.sub("#", expected)
    numbers, wanted = NUMBER.findall(result.stdout), NUMBER.findall(expected)
    assert [float(n) for n in numbers] == pytest.approx([float(n) for n in wanted], rel=1e-5, abs=2e-6)


def test_the_program_has_its_arguments_its_folder_and_its_name(tmp_path: Path) -> None:
    (tmp_path / "helper.py").write_text("import torch.nn.functional as F\n")
    (tmp_path / "program.py").write_text(
        "import sys, torch, helper, torch.backends.cudnn as cudnn\n"
        "from torch.utils.data.dataloader import DataLoader\n"
        "from torch.nn.modules.conv import Conv2d\n"
        "from torch.optim.lr_scheduler import StepLR\n"
        "from torch.cuda.amp import GradScaler\n"
        "cudnn.benchmark = True\n"
        "print(__name__, sys.argv[1:], helper.F is torch.nn.functional, Conv2d is torch.nn.Conv2d, torch.cuda.is_available())\n"
    )
    result = run(str(tmp_path / "program.py"), "--epochs", "3", cwd=ROOT)
    assert result.stdout == "__main__ ['--epochs', '3'] True True False\n", result.stderr
    result = run("-m", "program", "x", cwd=tmp_path)
    assert result.stdout == "__main__ ['x'] True True False\n", result.stderr


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("import torch.hub", "No module named 'torch.hub': no models are downloaded here"),
        ("torch.sparse_coo_tensor([[0]], [1.0])", "AttributeError: autograd has no 'sparse_coo_tensor': tensors are dense here"),
        ("torch.ones(2).cuda()", "RuntimeError: device 'cuda' is not available"),
        ("torch.ones(2).to(torch.bfloat16)", "DtypeError: bfloat16: NumPy has no such dtype"),
        ("import torch.nothing", "ModuleNotFoundError: No module named 'torch.nothing': this engine has none"),
        ("torch.cuda.get_device_name(0)", "RuntimeError: cuda.get_device_name: cuda is not available"),
    ],
)
def test_what_cannot_be_had_fails_at_its_own_line_with_the_reason(line: str, reason: str, tmp_path: Path) -> None:
    (tmp_path / "program.py").write_text(f"import torch\n{line}\n")
    result = run("program.py", cwd=tmp_path)
    assert reason in result.stderr
    assert line in result.stderr


def test_usage() -> None:
    assert run(cwd=ROOT).returncode == 2
    assert "program.py" in run("--help", cwd=ROOT).stdout


def test_this_process_is_left_as_it_is() -> None:
    import autograd.torch  # noqa: F401

    assert not any(type(finder).__name__ == "Finder" for finder in sys.meta_path)


def test_modules_that_share_a_name_with_a_function(tmp_path: Path) -> None:
    lines = [
        "import torch, torch.functional, torch.autograd.gradcheck",
        "from torch.autograd.gradcheck import GradcheckError",
        "x = torch.ones(2, dtype=torch.float64, requires_grad=True)",
        "from torch.functional import einsum",
        "print(torch.autograd.gradcheck(torch.sin, x), einsum('i,i', x, x).item())",
        "print(torch.autograd.functional.jacobian(torch.sum, x).tolist())",
    ]
    program = tmp_path / "names.py"
    program.write_text("\n".join(lines), encoding="utf-8")
    result = run(str(program), cwd=tmp_path)
    assert result.stdout.split("\n")[:2] == ["True 2.0", "[1.0, 1.0]"], result.stderr

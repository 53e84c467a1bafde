"""A variational autoencoder of handwritten digits with two latent numbers, and the plane of digits that it has learned.

The encoder says a mean and a variance for each image; of a sample, mean + deviation * noise, the decoder makes an image. The loss
is the negative evidence lower bound: cross-entropy of the pixels + KL(q(z|x) || N(0, 1)) (Kingma and Welling 2014).

    python examples/variational_autoencoder.py [--fast] [--compile] [--out folder]

It needs scikit-learn, which ships the images, and matplotlib: pip install -e ".[plot]" scikit-learn
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from common import arguments, digits_8x8
from scipy.stats import norm

import autograd
import nn
from autograd import Tensor
from autograd.viz.training.figures import blank, dress


class Autoencoder(nn.Module):
    """64 pixels to two latent numbers and back."""

    def __init__(self) -> None:
        super().__init__()
        self.encoder = nn.Sequential(nn.Linear(64, 128), nn.ReLU(), nn.Linear(128, 64), nn.ReLU(), nn.Linear(64, 4))
        self.decoder = nn.Sequential(nn.Linear(2, 64), nn.ReLU(), nn.Linear(64, 128), nn.ReLU(), nn.Linear(128, 64))

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Scores of the pixels, and mean and log variance of the latent numbers."""
        mean, log_variance = self.encoder(x).chunk(2, dim=1)
        noise = autograd.randn_like(mean) if self.training else 0.0
        return self.decoder(mean + (log_variance / 2).exp() * noise), mean, log_variance


def negative_bound(pred: tuple[Tensor, Tensor, Tensor], x: Tensor) -> Tensor:
    """-ELBO of a batch, nats an image."""
    scores, mean, log_variance = pred
    pixels = nn.functional.binary_cross_entropy_with_logits(scores, x, reduction="sum")
    divergence = 0.5 * (mean**2 + log_variance.exp() - 1 - log_variance).sum()
    return (pixels + divergence) / len(x)


def main(argv: list[str] | None = None) -> nn.training.History:
    chosen = arguments(__doc__, argv, compiles=True)
    autograd.manual_seed(0)
    x, digits = digits_8x8()
    model = Autoencoder()
    trainer = nn.Trainer(model, negative_bound, "adam", compile=chosen.compile)
    history = trainer.fit((x, x), epochs=2 if chosen.fast else 150, batch_size=64, validation_split=0.1)
    print(f"-ELBO {history['loss'][-1]:.2f} nats an image, held out {history['val_loss'][-1]:.2f}")
    with autograd.no_grad():
        places = model.encoder(autograd.tensor(x))[:, :2].numpy()
        steps = norm.ppf(np.linspace(0.03, 0.97, 15))  # equal parts of the prior
        grid = np.stack(np.meshgrid(steps, steps[::-1]), -1).reshape(-1, 2).astype(np.float32)
        tiles = model.decoder(autograd.tensor(grid)).sigmoid().numpy().reshape(15, 15, 8, 8)
    figure = blank(9, 4.4)
    left, right = figure.subplots(1, 2)
    for digit in range(10):
        left.scatter(*places[digits == digit].T, s=4, label=str(digit))
    left.legend(frameon=False, fontsize=7, markerscale=2, ncols=2)
    right.imshow(tiles.transpose(0, 2, 1, 3).reshape(120, 120), cmap="gray_r")
    dress(left, "where the encoder puts each digit")
    dress(right, "what the decoder makes of the plane")
    right.set_axis_off()
    picture = Path(chosen.out) / "variational_autoencoder.png"
    figure.savefig(picture)
    print(f"the picture: {picture}")
    return history


if __name__ == "__main__":
    main()

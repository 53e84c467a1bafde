"""Makes ``listing.json``: the last loss of the article's Keras listing, for 20 seeds, by real Keras.

Run with Keras 3.15.1 and PyTorch installed: ``KERAS_BACKEND=torch python tests/keras_files/listing.py``.
"""

from __future__ import annotations

import json
from pathlib import Path

import keras
import numpy as np


def last_loss(seed: int) -> float:
    keras.utils.set_random_seed(seed)
    numbers = np.random.default_rng(seed)
    x, y = numbers.random((100, 10)), numbers.random((100, 1))
    model = keras.Sequential([keras.Input((10,)), keras.layers.Dense(64, activation="relu"), keras.layers.Dense(1)])
    model.compile(optimizer="adam", loss="mse")
    return float(model.fit(x, y, epochs=100, batch_size=32, verbose=0).history["loss"][-1])


if __name__ == "__main__":
    record = {"keras": keras.__version__, "losses": [last_loss(seed) for seed in range(20)]}
    Path(__file__).with_name("listing.json").write_text(json.dumps(record) + "\n", encoding="utf-8")

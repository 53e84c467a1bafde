"""The article's own program: Keras, with ``import tensorflow as tf`` replaced by one line.

python examples/article_keras.py
"""

import numpy as np

import nn as tf

X = np.random.rand(100, 10)  # noqa: NPY002  (as the article has it)
y = np.random.rand(100, 1)  # noqa: NPY002

model = tf.keras.Sequential([
    tf.keras.layers.Dense(64, activation="relu", input_shape=(10,)),
    tf.keras.layers.Dense(1),
])  # fmt: skip
model.compile(optimizer="adam", loss="mse")
history = model.fit(X, y, epochs=100, batch_size=32)

for epoch in (1, 20, 40, 60, 80, 100):
    print(f"epoch {epoch:3}  loss {history.history['loss'][epoch - 1]:.4f}")

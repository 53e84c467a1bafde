"""A polynomial of degree 4 is found again by gradients alone: features from cat, a linear layer, and .data for the step."""

import torch
import torch.nn.functional as F
from same_weights import numbers, same_weights

DEGREE = 4
TARGET = numbers(DEGREE, 1, seed=5) * 2
OFFSET = numbers(1, seed=6) * 2


def features(x):
    return torch.cat([x.unsqueeze(1) ** i for i in range(1, DEGREE + 1)], 1).squeeze(2)


def described(weights, bias):
    words = " + ".join(f"{w:.4f} x^{i + 1}" for i, w in enumerate(weights))
    return f"y = {words} + {bias.item():.4f}"


layer = same_weights(torch.nn.Linear(TARGET.size(0), 1))
for step in range(10):
    x = features(numbers(32, 1, seed=20 + step))
    y = x.mm(TARGET) + OFFSET.item()
    layer.zero_grad()
    loss = F.smooth_l1_loss(layer(x), y)
    loss.backward()
    for p in layer.parameters():
        p.data.add_(p.grad, alpha=-0.1)
    print(f"step {step}: loss {loss.item():.6f}")
print("learned", described(layer.weight.view(-1), layer.bias))
print("actual ", described(TARGET.view(-1), OFFSET))

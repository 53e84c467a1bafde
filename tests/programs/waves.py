"""Two LSTM cells in a row predict shifted sine waves; L-BFGS in double precision, and a forecast that feeds on itself."""

import torch
import torch.nn as nn
import torch.optim as optim
from same_weights import numbers, same_weights


class Forecaster(nn.Module):
    def __init__(self):
        super().__init__()
        self.first = nn.LSTMCell(1, 13)
        self.second = nn.LSTMCell(13, 13)
        self.readout = nn.Linear(13, 1)

    def forward(self, waves, future=0):
        rows = waves.size(0)
        h, c = torch.zeros(rows, 13, dtype=torch.double), torch.zeros(rows, 13, dtype=torch.double)
        h2, c2 = torch.zeros(rows, 13, dtype=torch.double), torch.zeros(rows, 13, dtype=torch.double)
        guesses = []
        for value in waves.split(1, dim=1):
            h, c = self.first(value, (h, c))
            h2, c2 = self.second(h, (h2, c2))
            guess = self.readout(h2)
            guesses.append(guess)
        for _ in range(future):
            h, c = self.first(guess, (h, c))
            h2, c2 = self.second(h, (h2, c2))
            guess = self.readout(h2)
            guesses.append(guess)
        return torch.cat(guesses, dim=1)


phases = numbers(6, 1, seed=1).double() * 20
waves = torch.sin((torch.arange(25, dtype=torch.double) + phases) / 4.0)
model = same_weights(Forecaster()).double()
loss_of = nn.MSELoss()
optimizer = optim.LBFGS(model.parameters(), lr=0.1, max_iter=4)
for step in range(10):

    def closure():
        optimizer.zero_grad()
        loss = loss_of(model(waves[2:, :-1]), waves[2:, 1:])
        loss.backward()
        return loss

    loss = optimizer.step(closure)
    print(f"step {step}: loss {loss.item():.6f}")
with torch.no_grad():
    guesses = model(waves[:2, :-1], future=5)
    print(f"test loss {loss_of(guesses[:, :-5], waves[:2, 1:]).item():.6f}")
    print("forecast", " ".join(f"{y:.5f}" for y in guesses[0, -5:].tolist()))

"""The small convolutional net of the CIFAR-10 tutorial: two convolutions, pools, three linear layers; SGD with momentum."""

import torch
import torch.nn as nn
import torch.nn.functional as F
import torch.optim as optim
from same_weights import numbers, same_weights


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 6, 5)
        self.pool = nn.MaxPool2d(2, 2)
        self.conv2 = nn.Conv2d(6, 16, 5)
        self.fc1 = nn.Linear(16 * 5 * 5, 120)
        self.fc2 = nn.Linear(120, 84)
        self.fc3 = nn.Linear(84, 10)

    def forward(self, x):
        x = self.pool(F.relu(self.conv1(x)))
        x = self.pool(F.relu(self.conv2(x)))
        x = x.view(-1, 16 * 5 * 5)
        x = F.relu(self.fc1(x))
        x = F.relu(self.fc2(x))
        return self.fc3(x)


net = same_weights(Net())
criterion = nn.CrossEntropyLoss()
optimizer = optim.SGD(net.parameters(), lr=0.01, momentum=0.9)
images = numbers(40, 3, 32, 32, seed=1)
labels = torch.arange(40) % 10
for step in range(10):
    rows = slice(4 * step, 4 * step + 4)
    optimizer.zero_grad()
    loss = criterion(net(images[rows]), labels[rows])
    loss.backward()
    optimizer.step()
    print(f"[{step + 1}] loss: {loss.item():.6f}")
with torch.no_grad():
    outputs = net(images)
    _, predicted = torch.max(outputs.data, 1)
    print("right:", (predicted == labels).sum().item(), "of", labels.size(0))

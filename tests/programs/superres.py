import numpy as np, torch
import torch.nn as nn
import torch.nn.init as init
import torch.optim as optim
from torch.utils.data import DataLoader, TensorDataset
from same_weights import same_weights
from math import log10
class Net(nn.Module):
    def __init__(self, upscale_factor):
        super(Net, self).__init__()
        self.relu = nn.ReLU()
        self.conv1 = nn.Conv2d(1, 8, (5, 5), (1, 1), (2, 2))
        self.conv2 = nn.Conv2d(8, 8, (3, 3), (1, 1), (1, 1))
        self.conv4 = nn.Conv2d(8, upscale_factor ** 2, (3, 3), (1, 1), (1, 1))
        self.pixel_shuffle = nn.PixelShuffle(upscale_factor)
        self._initialize_weights()
    def forward(self, x):
        x = self.relu(self.conv1(x))
        x = self.relu(self.conv2(x))
        x = self.pixel_shuffle(self.conv4(x))
        return x
    def _initialize_weights(self):
        init.orthogonal_(self.conv1.weight, init.calculate_gain('relu'))
        init.orthogonal_(self.conv2.weight, init.calculate_gain('relu'))
        init.orthogonal_(self.conv4.weight)
torch.manual_seed(123)
model = Net(3); same_weights(model)
criterion = nn.MSELoss()
optimizer = optim.Adam(model.parameters(), lr=0.01)
rng = np.random.default_rng(0)
ds = TensorDataset(torch.tensor(rng.random((40,1,8,8)), dtype=torch.float32), torch.tensor(rng.random((40,1,24,24)), dtype=torch.float32))
for iteration, batch in enumerate(DataLoader(dataset=ds, num_workers=0, batch_size=4, shuffle=False), 1):
    input, target = batch[0].to("cpu"), batch[1].to("cpu")
    optimizer.zero_grad()
    loss = criterion(model(input), target)
    loss.backward()
    optimizer.step()
    print("===> Epoch[{}]({}): Loss: {:.6f} PSNR {:.5f}".format(0, iteration, loss.item(), 10*log10(1/loss.item())))

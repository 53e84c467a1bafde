import os, sys
import numpy as np
import torch
import torch.distributed as dist
import torch.nn as nn
import torch.optim as optim
from torch.distributed.optim import ZeroRedundancyOptimizer
from torch.nn.parallel import DistributedDataParallel as DDP
from torch.utils.data import DataLoader, TensorDataset
from torch.utils.data.distributed import DistributedSampler
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), os.pardir))
from same_weights import same_weights
def setup():
    dist.init_process_group("gloo")
    return dist.get_rank(), dist.get_world_size()
class Net(nn.Module):
    def __init__(self):
        super(Net, self).__init__()
        self.conv = nn.Conv1d(2, 4, 3, padding=1, bias=False)
        self.norm = nn.BatchNorm1d(4)
        self.branches = nn.ModuleList([nn.Linear(4, 8), nn.Linear(4, 8)])
        self.out = nn.Linear(8, 3)
    def forward(self, x, branch):
        x = torch.relu(self.norm(self.conv(x))).mean(2)
        return self.out(torch.tanh(self.branches[branch](x)))
rank, world_size = setup()
torch.manual_seed(rank)
rng = np.random.RandomState(0)
data = torch.from_numpy(rng.randn(32, 2, 6).astype(np.float32))
target = torch.from_numpy(rng.randint(0, 3, 32))
dataset = TensorDataset(data, target)
sampler = DistributedSampler(dataset, shuffle=False)
loader = DataLoader(dataset, batch_size=4, sampler=sampler)
net = Net(); same_weights(net, 1)
model = DDP(net, find_unused_parameters=True)
optimizer = ZeroRedundancyOptimizer(model.parameters(), optimizer_class=optim.Adam, lr=0.02)
scheduler = optim.lr_scheduler.StepLR(optimizer, step_size=1, gamma=0.7)
criterion = nn.CrossEntropyLoss()
def averaged(value):
    value = value.detach().clone()
    dist.all_reduce(value, op=dist.ReduceOp.SUM)
    return value.item() / world_size
for epoch in range(3):
    sampler.set_epoch(epoch)
    model.train()
    for i, (x, y) in enumerate(loader):
        optimizer.zero_grad()
        loss = criterion(model(x, (rank + i) % 2), y)  # each rank uses another branch
        loss.backward()
        optimizer.step()
        total = averaged(loss)
        if rank == 0:
            print("Epoch {} step {} loss {:.6f}".format(epoch, i, total))
    scheduler.step()
# gradients that add up before they are averaged
sgd = optim.SGD(model.parameters(), lr=0.1)
sgd.zero_grad()
batches = list(loader)
with model.no_sync():
    criterion(model(batches[0][0], 0), batches[0][1]).backward()
criterion(model(batches[1][0], 1), batches[1][1]).backward()
sgd.step()
norms = [p.grad.norm().item() for p in model.parameters() if p.grad is not None]
if rank == 0:
    print("norms", " ".join("{:.6f}".format(n) for n in norms))
    print(sorted(model.state_dict().keys()))
model.eval()
with torch.no_grad():
    out = model(data, 0)
places = [torch.zeros_like(out) for _ in range(world_size)]
dist.all_gather(places, out)
biggest = out.abs().max()
dist.all_reduce(biggest, op=dist.ReduceOp.MAX)
state = torch.full((3,), float(rank + 1))
dist.broadcast(state, src=world_size - 1)
if rank == 0:
    print("same outputs", all(torch.equal(p, places[0]) for p in places), "biggest {:.6f}".format(biggest.item()))
    print("mean {:.6f}".format(out.mean().item()), state.tolist(), net.norm.running_mean.numpy().round(4).tolist())
dist.barrier()
dist.destroy_process_group()

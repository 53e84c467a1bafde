import math, numpy as np, torch
import torch.nn as nn
from torch.nn import functional as F
from torch.utils.data import Dataset
from torch.utils.data.dataloader import DataLoader
from same_weights import same_weights
class NewGELU(nn.Module):
    def forward(self, x):
        return 0.5 * x * (1.0 + torch.tanh(math.sqrt(2.0 / math.pi) * (x + 0.044715 * torch.pow(x, 3.0))))
class CausalBoW(nn.Module):
    def __init__(self, n):
        super().__init__()
        self.block_size = n
        self.register_buffer("bias", torch.tril(torch.ones(n, n)).view(1, n, n))
    def forward(self, x):
        B, T, C = x.size()
        att = torch.zeros((B, T, T), device=x.device)
        att = att.masked_fill(self.bias[:,:T,:T] == 0, float('-inf'))
        att = F.softmax(att, dim=-1)
        y = att @ x
        return y
class GRUCell(nn.Module):
    def __init__(self, a, b):
        super().__init__()
        self.xh_to_z = nn.Linear(a + b, b); self.xh_to_r = nn.Linear(a + b, b); self.xh_to_hbar = nn.Linear(a + b, b)
    def forward(self, xt, hprev):
        xh = torch.cat([xt, hprev], dim=1)
        r = F.sigmoid(self.xh_to_r(xh))
        hprev_reset = r * hprev
        xhr = torch.cat([xt, hprev_reset], dim=1)
        hbar = F.tanh(self.xh_to_hbar(xhr))
        z = F.sigmoid(self.xh_to_z(xh))
        ht = (1 - z) * hprev + z * hbar
        return ht
class RNN(nn.Module):
    def __init__(self, V, E, H):
        super().__init__()
        self.start = nn.Parameter(torch.zeros(1, H)); self.wte = nn.Embedding(V, E); self.cell = GRUCell(E, H); self.lm_head = nn.Linear(H, V)
        self.act = NewGELU(); self.bow = CausalBoW(8)
    def forward(self, idx, targets=None):
        b, t = idx.size()
        emb = self.wte(idx)
        hprev = self.start.expand((b, -1)); hiddens = []
        for i in range(t):
            xt = emb[:, i, :]
            ht = self.cell(xt, hprev); hprev = ht; hiddens.append(ht)
        hidden = self.bow(self.act(torch.stack(hiddens, 1)))
        logits = self.lm_head(hidden)
        loss = None
        if targets is not None:
            loss = F.cross_entropy(logits.view(-1, logits.size(-1)), targets.view(-1), ignore_index=-1)
        return logits, loss
class CharDataset(Dataset):
    def __init__(self, words, chars, n):
        self.words, self.chars, self.n = words, chars, n
        self.stoi = {ch: i+1 for i, ch in enumerate(chars)}; self.itos = {i: s for s, i in self.stoi.items()}
    def __len__(self): return len(self.words)
    def encode(self, word): return torch.tensor([self.stoi[w] for w in word], dtype=torch.long)
    def __getitem__(self, idx):
        ix = self.encode(self.words[idx])
        x = torch.zeros(self.n, dtype=torch.long); y = torch.zeros(self.n, dtype=torch.long)
        x[1:1+len(ix)] = ix
        y[:len(ix)] = ix
        y[len(ix)+1:] = -1
        return x, y
class InfiniteDataLoader:
    def __init__(self, dataset, **kwargs):
        train_sampler = torch.utils.data.RandomSampler(dataset, replacement=True, num_samples=int(1e10))
        self.train_loader = DataLoader(dataset, sampler=torch.utils.data.SequentialSampler(dataset), **kwargs)
        self.data_iter = iter(self.train_loader)
    def next(self):
        try: batch = next(self.data_iter)
        except StopIteration:
            self.data_iter = iter(self.train_loader); batch = next(self.data_iter)
        return batch
words = [l.strip() for l in "emma olivia ava isabel sophia mia amelia harper evelyn abi emily ella".split()]
chars = sorted(list(set(''.join(words))))
ds = CharDataset(words, chars, 8)
model = RNN(len(chars)+1, 6, 10); same_weights(model)
opt = torch.optim.AdamW(model.parameters(), lr=5e-3, weight_decay=0.01, betas=(0.9, 0.99), eps=1e-8)
loader = InfiniteDataLoader(ds, batch_size=4, pin_memory=True, num_workers=0)
for step in range(10):
    batch = loader.next(); batch = [t.to('cpu') for t in batch]; X, Y = batch
    logits, loss = model(X, Y)
    model.zero_grad(set_to_none=True)
    loss.backward()
    opt.step()
    print(f"step {step} | loss {loss.item():.6f}")
# bigram notebook
N = torch.zeros((27, 27), dtype=torch.int32)
for w in words:
    chs = ['.'] + list(w) + ['.']
    for a, b in zip(chs, chs[1:]): N[ord(a) % 27, ord(b) % 27] += 1
P = (N+1).float(); P /= P.sum(1, keepdims=True)
g = torch.Generator().manual_seed(2147483647)
ix = torch.multinomial(P[0], num_samples=1, replacement=True, generator=g).item()
xs = torch.tensor([1, 2, 3]); xenc = F.one_hot(xs, num_classes=27).float()
W = torch.from_numpy(np.random.default_rng(0).standard_normal((27, 27)).astype(np.float32)).requires_grad_()
for k in range(5):
    logits = xenc @ W
    counts = logits.exp(); probs = counts / counts.sum(1, keepdims=True)
    loss = -probs[torch.arange(3), torch.tensor([4, 5, 6])].log().mean() + 0.01*(W**2).mean()
    W.grad = None; loss.backward(); W.data += -50 * W.grad
    print("bigram %.6f" % loss.item())

"""Programs as PyTorch's tutorials have them, with the imports changed and nothing else: they run, and they learn."""

from __future__ import annotations

import copy
import math
import pickle

import numpy as np
import pytest
from sklearn.datasets import load_digits

import autograd
import nn
import nn.functional as F
import optim
from autograd import Tensor


@pytest.fixture(scope="module")
def digits():
    x, y = load_digits(return_X_y=True)
    x, y = autograd.tensor(x / 16.0).float(), autograd.tensor(y)
    return x.view(-1, 1, 8, 8), y


@pytest.fixture(autouse=True)
def _seed():
    autograd.manual_seed(0)


class Net(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(1, 8, kernel_size=3, padding=1)
        self.conv2 = nn.Conv2d(8, 16, kernel_size=3, padding=1)
        self.norm = nn.BatchNorm2d(16)
        self.dropout = nn.Dropout(0.25)
        self.fc = nn.Linear(16 * 2 * 2, 10)

    def forward(self, x: Tensor) -> Tensor:
        x = F.max_pool2d(F.relu(self.conv1(x)), 2)
        x = F.max_pool2d(F.relu(self.norm(self.conv2(x))), 2)
        x = self.dropout(autograd.flatten(x, 1))
        return F.log_softmax(self.fc(x), dim=1)


def test_convolutional_classifier(digits):
    x, y = digits
    x_train, y_train, x_test, y_test = x[:1500], y[:1500], x[1500:], y[1500:]
    device = autograd.device("cuda" if autograd.cuda.is_available() else "cpu")
    model = Net().to(device)
    optimizer = optim.Adam(model.parameters(), lr=3e-3)
    scheduler = optim.lr_scheduler.StepLR(optimizer, step_size=1, gamma=0.7)
    for _ in range(3):
        model.train()
        permutation = autograd.randperm(len(x_train))
        for i in range(0, len(x_train), 50):
            indices = permutation[i : i + 50]
            data, target = x_train[indices].to(device), y_train[indices].to(device)
            optimizer.zero_grad()
            output = model(data)
            loss = F.nll_loss(output, target)
            loss.backward()
            optimizer.step()
        scheduler.step()
    model.eval()
    with autograd.no_grad():
        output = model(x_test)
        test_loss = F.nll_loss(output, y_test, reduction="sum").item() / len(x_test)
        pred = output.argmax(dim=1, keepdim=True)
        correct = pred.eq(y_test.view_as(pred)).sum().item()
    assert correct / len(x_test) > 0.85
    assert test_loss < 0.6
    assert scheduler.get_last_lr()[0] == pytest.approx(3e-3 * 0.7**3)


def test_autoencoder_with_tied_weights(digits):
    class Autoencoder(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.encoder = nn.Sequential(nn.Flatten(), nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 8))
            self.decoder = nn.Sequential(nn.Linear(8, 32), nn.ReLU(), nn.Linear(32, 64), nn.Sigmoid())
            self.decoder[0].weight = nn.Parameter(self.encoder[3].weight.t().clone())
            self.head = nn.Linear(8, 32, bias=False)
            self.head.weight = self.decoder[0].weight  # tied

        def forward(self, x: Tensor) -> Tensor:
            return self.decoder(self.encoder(x)).view(-1, 1, 8, 8)

    x = digits[0][:400]
    model = Autoencoder()
    assert len(list(model.parameters())) == 8
    assert "head.weight" in model.state_dict()
    assert model.head.weight is model.decoder[0].weight
    criterion = nn.MSELoss()
    optimizer = optim.AdamW(model.parameters(), lr=1e-2, weight_decay=1e-5)
    losses = []
    for _ in range(60):
        reconstruction = model(x)
        loss = criterion(reconstruction, x)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < 0.4 * losses[0]


@pytest.mark.parametrize("kind", ["LSTM", "GRU"])
def test_character_model(kind):
    text = "the quick brown fox jumps over the lazy dog. " * 4
    chars = sorted(set(text))
    stoi = {ch: i for i, ch in enumerate(chars)}
    data = autograd.tensor([stoi[c] for c in text], dtype=autograd.long)

    class CharModel(nn.Module):
        def __init__(self, vocab: int, hidden: int = 32) -> None:
            super().__init__()
            self.embed = nn.Embedding(vocab, 16)
            self.rnn = getattr(nn, kind)(16, hidden, num_layers=1, batch_first=True)
            self.out = nn.Linear(hidden, vocab)

        def forward(self, x, state=None):
            x = self.embed(x)
            x, state = self.rnn(x, state)
            return self.out(x), state

    model = CharModel(len(chars))
    optimizer = optim.RMSprop(model.parameters(), lr=1e-2)
    inputs = autograd.stack([data[i : i + 20] for i in range(0, 140, 10)])
    targets = autograd.stack([data[i + 1 : i + 21] for i in range(0, 140, 10)])
    for _ in range(40):
        logits, _ = model(inputs)
        loss = F.cross_entropy(logits.reshape(-1, len(chars)), targets.reshape(-1))
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
    assert loss.item() < 0.5 * math.log(len(chars))
    model.eval()
    state, token, said = None, autograd.tensor([[stoi["t"]]]), []
    with autograd.no_grad():
        for _ in range(8):
            logits, state = model(token, state)
            probabilities = F.softmax(logits[:, -1] / 0.1, dim=-1)
            token = autograd.multinomial(probabilities, num_samples=1)
            said.append(chars[token.item()])
    assert len("".join(said)) == 8


def test_transfer_of_a_state(tmp_path, digits):
    x, y = digits
    source = Net()
    (tmp_path / "net.pkl").write_bytes(pickle.dumps(source.state_dict()))
    target = Net()
    target.load_state_dict(pickle.loads((tmp_path / "net.pkl").read_bytes()))
    source.eval(), target.eval()
    assert autograd.equal(source(x[:10]), target(x[:10]))
    # Freeze all but a new head, as in transfer learning.
    for param in target.parameters():
        param.requires_grad = False
    target.fc = nn.Linear(target.fc.in_features, 2)
    optimizer = optim.SGD(filter(lambda p: p.requires_grad, target.parameters()), lr=0.1, momentum=0.9)
    before = {name: p.clone() for name, p in target.state_dict().items()}
    for _ in range(5):
        optimizer.zero_grad()
        loss = nn.CrossEntropyLoss()(target(x[:50]).exp(), (y[:50] > 4).long())
        loss.backward()
        optimizer.step()
    changed = [name for name, p in target.state_dict().items() if not autograd.equal(p, before[name])]
    assert changed == ["fc.weight", "fc.bias"]
    # Only what fits: a dictionary without the head.
    partial = {k: v for k, v in source.state_dict().items() if not k.startswith("fc.")}
    result = target.load_state_dict(partial, strict=False)
    assert result.missing_keys == ["fc.weight", "fc.bias"]
    assert not result.unexpected_keys
    with pytest.raises(RuntimeError, match=r"size mismatch for fc\.weight"):
        target.load_state_dict(source.state_dict())


def test_checkpoint_resumes_where_it_stopped():
    def trainer():
        autograd.manual_seed(3)
        model = nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Linear(8, 1))
        optimizer = optim.Adam(model.parameters(), lr=0.01)
        return model, optimizer, optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=20)

    x = autograd.randn(16, 4)
    y = x.sum(dim=1, keepdim=True)

    def train(model, optimizer, scheduler, steps):
        for _ in range(steps):
            optimizer.zero_grad()
            F.mse_loss(model(x), y).backward()
            optimizer.step()
            scheduler.step()

    whole = trainer()
    train(*whole, 10)
    first = trainer()
    train(*first, 6)
    model, optimizer, scheduler = first
    checkpoint = {
        "epoch": 6,
        "model_state_dict": model.state_dict(),
        "optimizer_state_dict": optimizer.state_dict(),
        "scheduler_state_dict": scheduler.state_dict(),
    }
    saved = pickle.dumps(checkpoint)
    train(*first, 1)  # what was saved does not change
    model, optimizer, scheduler = trainer()
    checkpoint = pickle.loads(saved)
    model.load_state_dict(checkpoint["model_state_dict"])
    optimizer.load_state_dict(checkpoint["optimizer_state_dict"])
    scheduler.load_state_dict(checkpoint["scheduler_state_dict"])
    train(model, optimizer, scheduler, 10 - checkpoint["epoch"])
    for p, q in zip(model.parameters(), whole[0].parameters(), strict=True):
        assert autograd.equal(p, q)


class Block(nn.Module):
    def __init__(self, dim: int, heads: int) -> None:
        super().__init__()
        self.ln1, self.ln2 = nn.LayerNorm(dim), nn.LayerNorm(dim)
        self.heads = heads
        self.qkv = nn.Linear(dim, 3 * dim, bias=False)
        self.proj = nn.Linear(dim, dim)
        self.mlp = nn.Sequential(nn.Linear(dim, 4 * dim), nn.GELU(), nn.Linear(4 * dim, dim))

    def forward(self, x: Tensor) -> Tensor:
        b, t, c = x.size()
        q, k, v = self.qkv(self.ln1(x)).split(c, dim=2)
        q, k, v = (z.view(b, t, self.heads, c // self.heads).transpose(1, 2) for z in (q, k, v))
        att = (q @ k.transpose(-2, -1)) * (1.0 / math.sqrt(k.size(-1)))
        mask = autograd.tril(autograd.ones(t, t))
        att = att.masked_fill(mask[:t, :t] == 0, float("-inf"))
        y = (F.softmax(att, dim=-1) @ v).transpose(1, 2).contiguous().view(b, t, c)
        x = x + self.proj(y)
        return x + self.mlp(self.ln2(x))


class GPT(nn.Module):
    def __init__(self, vocab: int, block_size: int, dim: int = 16, heads: int = 2, layers: int = 2) -> None:
        super().__init__()
        self.transformer = nn.ModuleDict(
            {
                "wte": nn.Embedding(vocab, dim),
                "wpe": nn.Embedding(block_size, dim),
                "h": nn.ModuleList([Block(dim, heads) for _ in range(layers)]),
                "ln_f": nn.LayerNorm(dim),
            }
        )
        self.lm_head = nn.Linear(dim, vocab, bias=False)
        self.transformer.wte.weight = self.lm_head.weight
        self.register_buffer("positions", autograd.arange(block_size), persistent=False)
        self.apply(self._init_weights)

    def _init_weights(self, module: nn.Module) -> None:
        if isinstance(module, nn.Linear | nn.Embedding):
            nn.init.normal_(module.weight, mean=0.0, std=0.02)
        if isinstance(module, nn.Linear) and module.bias is not None:
            nn.init.zeros_(module.bias)

    def forward(self, idx: Tensor, targets: Tensor | None = None):
        x = self.transformer.wte(idx) + self.transformer.wpe(self.positions[: idx.size(1)])
        for block in self.transformer.h:
            x = block(x)
        logits = self.lm_head(self.transformer.ln_f(x))
        if targets is None:
            return logits, None
        return logits, F.cross_entropy(logits.view(-1, logits.size(-1)), targets.view(-1), ignore_index=-1)


def test_small_gpt():
    model = GPT(vocab=7, block_size=12)
    assert model.transformer.wte.weight is model.lm_head.weight
    assert "positions" not in model.state_dict()
    decay = [p for p in model.parameters() if p.dim() >= 2]
    others = [p for p in model.parameters() if p.dim() < 2]
    groups = [{"params": decay, "weight_decay": 0.1}, {"params": others, "weight_decay": 0.0}]
    optimizer = optim.AdamW(groups, lr=1e-2, betas=(0.9, 0.95))
    scheduler = optim.lr_scheduler.OneCycleLR(optimizer, max_lr=1e-2, total_steps=40)
    sequence = autograd.arange(60) % 7
    x = autograd.stack([sequence[i : i + 12] for i in range(8)])
    y = autograd.stack([sequence[i + 1 : i + 13] for i in range(8)])
    first = model(x, y)[1].item()
    for _ in range(40):
        _, loss = model(x, y)
        optimizer.zero_grad()
        loss.backward()
        norm = nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        scheduler.step()
    assert math.isfinite(norm)
    assert abs(first - math.log(7)) < 0.1
    assert loss.item() < 0.5
    twin = copy.deepcopy(model)
    assert twin.transformer.wte.weight is twin.lm_head.weight
    assert autograd.equal(twin(x)[0], model(x)[0])


def test_linear_regression_as_in_the_first_tutorial():
    x = autograd.linspace(-math.pi, math.pi, 200)
    y = autograd.sin(x)
    xx = x.unsqueeze(-1).pow(autograd.tensor([1, 2, 3]))
    model = nn.Sequential(nn.Linear(3, 1), nn.Flatten(0, 1))
    loss_fn = nn.MSELoss(reduction="sum")
    for _ in range(400):
        loss = loss_fn(model(xx), y)
        model.zero_grad()
        loss.backward()
        with autograd.no_grad():
            for param in model.parameters():
                param -= 1e-5 * param.grad
    weight = model[0].weight
    assert model[0].bias.item() == pytest.approx(0, abs=0.3)
    assert loss.item() < 500
    assert weight[:, 0].item() > weight[:, 2].item()


def test_gan_step():
    generator = nn.Sequential(nn.Linear(4, 16), nn.LeakyReLU(0.2, inplace=True), nn.Linear(16, 2))
    discriminator = nn.Sequential(nn.Linear(2, 16), nn.LeakyReLU(0.2, inplace=True), nn.Linear(16, 1), nn.Sigmoid())
    criterion = nn.BCELoss()
    optimizer_d = optim.Adam(discriminator.parameters(), lr=1e-2, betas=(0.5, 0.999))
    optimizer_g = optim.Adam(generator.parameters(), lr=1e-2, betas=(0.5, 0.999))
    for _ in range(30):
        real = autograd.randn(32, 2) * 0.1 + autograd.tensor([1.0, -1.0])
        discriminator.zero_grad()
        label = autograd.full((32,), 1.0)
        loss_real = criterion(discriminator(real).view(-1), label)
        loss_real.backward()
        fake = generator(autograd.randn(32, 4))
        label.fill_(0.0)
        loss_fake = criterion(discriminator(fake.detach()).view(-1), label)
        loss_fake.backward()
        optimizer_d.step()
        generator.zero_grad()
        label.fill_(1.0)
        loss_g = criterion(discriminator(fake).view(-1), label)
        loss_g.backward()
        optimizer_g.step()
    assert np.isfinite([loss_real.item(), loss_fake.item(), loss_g.item()]).all()

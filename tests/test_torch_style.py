"""Programs as PyTorch's users write them, with the import changed and nothing else."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

import autograd as torch


def test_tensors() -> None:
    data = [[1, 2], [3, 4]]
    x_data = torch.tensor(data)
    np_array = np.array(data)
    x_np = torch.from_numpy(np_array)
    x_ones = torch.ones_like(x_data)
    x_rand = torch.rand_like(x_data, dtype=torch.float)
    assert x_ones.dtype == torch.int64
    assert x_rand.dtype == torch.float32
    shape = (2, 3)
    assert torch.rand(shape).shape == torch.ones(shape).shape == torch.zeros(shape).shape == shape
    tensor = torch.ones(4, 4)
    tensor[:, 1] = 0
    assert tensor[0].tolist() == [1, 0, 1, 1]
    assert tensor[..., -1].tolist() == [1, 1, 1, 1]
    t1 = torch.cat([tensor, tensor, tensor], dim=1)
    assert t1.shape == (4, 12)
    y1 = tensor @ tensor.T
    y2 = tensor.matmul(tensor.T)
    assert torch.equal(y1, y2)
    z1 = tensor * tensor
    assert torch.equal(z1, tensor.mul(tensor))
    agg_item = tensor.sum().item()
    assert agg_item == 12.0
    assert type(agg_item) is float
    tensor.add_(5)
    assert tensor[0, 1].item() == 5
    n = tensor.numpy()
    tensor.add_(1)
    assert n[0, 1] == 6
    np.add(n, 1, out=n)
    assert tensor[0, 1].item() == 7
    assert x_np.dtype == np_array.dtype


def test_device_agnostic_code() -> None:
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    x = torch.ones(2, device=device).to(device)
    assert x.device == device
    assert str(device) == "cpu"
    device = torch.accelerator.current_accelerator().type if torch.accelerator.is_available() else "cpu"
    assert torch.randn(2).to(device).is_cuda is False
    torch.manual_seed(0)
    torch.cuda.manual_seed_all(0)
    torch.backends.cudnn.deterministic = True
    torch.use_deterministic_algorithms(True)
    torch.set_default_device(device)
    assert torch.get_default_device() == torch.zeros(1).device
    with pytest.raises(RuntimeError, match="'cuda' is not available"):
        torch.set_default_device("cuda")


def test_automatic_differentiation() -> None:
    x = torch.ones(5)
    y = torch.zeros(3)
    w = torch.randn(5, 3, requires_grad=True)
    b = torch.randn(3, requires_grad=True)
    z = torch.matmul(x, w) + b
    loss = ((z - y) ** 2).mean()
    assert z.grad_fn is not None
    loss.backward()
    assert w.grad.shape == (5, 3)
    assert torch.allclose(b.grad, 2 * (z - y).detach() / 3)
    with torch.no_grad():
        z = torch.matmul(x, w) + b
    assert not z.requires_grad
    inp = torch.eye(4, 5, requires_grad=True)
    out = (inp + 1).pow(2).t()
    out.backward(torch.ones_like(out), retain_graph=True)
    first = inp.grad.clone()
    out.backward(torch.ones_like(out), retain_graph=True)
    assert torch.equal(inp.grad, 2 * first)
    inp.grad.zero_()
    out.backward(torch.ones_like(out), retain_graph=True)
    assert torch.equal(inp.grad, first)


def test_gradients_of_two_leaves() -> None:
    a = torch.tensor([2.0, 3.0], requires_grad=True)
    b = torch.tensor([6.0, 4.0], requires_grad=True)
    Q = 3 * a**3 - b**2
    external_grad = torch.tensor([1.0, 1.0])
    Q.backward(gradient=external_grad)
    assert (9 * a**2 == a.grad).all()
    assert (-2 * b == b.grad).all()


def test_a_polynomial_fitted_to_a_sine_by_hand() -> None:
    torch.manual_seed(0)
    dtype = torch.float
    x = torch.linspace(-math.pi, math.pi, 200, dtype=dtype)
    y = torch.sin(x)
    a, b, c, d = (torch.randn((), dtype=dtype, requires_grad=True) for _ in range(4))
    learning_rate = 5e-6
    losses = []
    for _ in range(300):
        y_pred = a + b * x + c * x**2 + d * x**3
        loss = (y_pred - y).pow(2).sum()
        losses.append(loss.item())
        loss.backward()
        with torch.no_grad():
            a -= learning_rate * a.grad
            b -= learning_rate * b.grad
            c -= learning_rate * c.grad
            d -= learning_rate * d.grad
            a.grad = b.grad = c.grad = d.grad = None
    assert losses[-1] < losses[0] / 5
    assert a.is_leaf
    assert a.requires_grad


def test_a_two_layer_network_by_hand() -> None:
    torch.manual_seed(0)
    N, D_in, H, D_out = 16, 20, 10, 4
    x = torch.randn(N, D_in)
    y = torch.randn(N, D_out)
    w1 = torch.randn(D_in, H).requires_grad_()
    w2 = torch.randn(H, D_out).requires_grad_()
    start = None
    for _ in range(50):
        loss = x.mm(w1).clamp(min=0).mm(w2).sub(y).pow(2).sum()
        start = start if start is not None else loss.item()
        loss.backward()
        with torch.no_grad():
            for w in (w1, w2):
                w.sub_(1e-4 * w.grad)
                w.grad.zero_()
    assert loss.item() < start


def test_logistic_regression_with_indexing_and_reductions() -> None:
    torch.manual_seed(0)
    xb = torch.randn(64, 20)
    yb = torch.randint(0, 10, (64,))
    weights = torch.randn(20, 10) / math.sqrt(20)
    weights.requires_grad_()
    bias = torch.zeros(10, requires_grad=True)

    def log_softmax(x: Any) -> Any:
        return x - x.exp().sum(-1).log().unsqueeze(-1)

    def nll(input: Any, target: Any) -> Any:
        return -input[range(target.shape[0]), target].mean()

    def accuracy(out: Any, target: Any) -> Any:
        return (torch.argmax(out, dim=1) == target).float().mean()

    before = accuracy(log_softmax(xb @ weights + bias), yb)
    for _ in range(100):
        loss = nll(log_softmax(xb @ weights + bias), yb)
        loss.backward()
        with torch.no_grad():
            weights -= weights.grad * 0.5
            bias -= bias.grad * 0.5
            weights.grad.zero_()
            bias.grad.zero_()
    assert accuracy(log_softmax(xb @ weights + bias), yb) > before


def test_higher_derivatives() -> None:
    x = torch.tensor(2.0, requires_grad=True)
    y = x**4
    (dy,) = torch.autograd.grad(y, x, create_graph=True)
    (d2y,) = torch.autograd.grad(dy, x, create_graph=True)
    (d3y,) = torch.autograd.grad(d2y, x)
    assert (dy.item(), d2y.item(), d3y.item()) == (32.0, 48.0, 48.0)


def test_gradient_penalty() -> None:
    w = torch.randn(3, 1, requires_grad=True)
    x = torch.randn(5, 3, requires_grad=True)
    out = torch.tanh(x @ w)
    grads = torch.autograd.grad(outputs=out, inputs=x, grad_outputs=torch.ones_like(out), create_graph=True, retain_graph=True)[0]
    penalty = ((grads.norm(2, dim=1) - 1) ** 2).mean()
    penalty.backward()
    assert w.grad.shape == w.shape


def test_a_custom_function() -> None:
    class LegendrePolynomial3(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, input: Any) -> Any:
            ctx.save_for_backward(input)
            return 0.5 * (5 * input**3 - 3 * input)

        @staticmethod
        def backward(ctx: Any, grad_output: Any) -> Any:
            (input,) = ctx.saved_tensors
            return grad_output * 1.5 * (5 * input**2 - 1)

    x = torch.tensor([0.5, 2.0], requires_grad=True, dtype=torch.double)
    LegendrePolynomial3.apply(x).sum().backward()
    assert x.grad.tolist() == pytest.approx([0.375, 28.5])
    assert torch.autograd.gradcheck(LegendrePolynomial3.apply, (x,))


def test_hooks_and_non_leaf_gradients() -> None:
    v = torch.tensor([0.0, 0.0, 0.0], requires_grad=True)
    h = v.register_hook(lambda grad: grad * 2)
    v.backward(torch.tensor([1.0, 2.0, 3.0]))
    assert v.grad.tolist() == [2, 4, 6]
    h.remove()
    a = torch.ones(2, requires_grad=True)
    b = a * 2
    b.retain_grad()
    b.sum().backward()
    assert b.grad.tolist() == [1, 1]


def test_weights_initialised_in_place() -> None:
    fan_in = 16
    w = torch.empty(8, fan_in)
    bound = 1 / math.sqrt(fan_in)
    with torch.no_grad():
        w.uniform_(-bound, bound)
    assert w.abs().max() <= bound
    w.requires_grad_(True)
    w.data.normal_(0, 0.02)
    w.data.copy_(torch.eye(8, fan_in))
    w.data[0].zero_()
    assert w.sum().item() == 7
    assert w.requires_grad


def test_masks_and_where() -> None:
    scores = torch.randn(2, 4, 4)
    mask = torch.tril(torch.ones(4, 4)).bool()
    scores = scores.masked_fill(~mask, float("-inf"))
    attn = torch.softmax(scores, dim=-1)
    assert torch.allclose(attn.sum(-1), torch.ones(2, 4))
    assert (attn[:, 0, 1:] == 0).all()
    x = torch.tensor([-1.0, 2.0], requires_grad=True)
    torch.where(x > 0, x, 0.1 * x).sum().backward()
    assert x.grad.tolist() == pytest.approx([0.1, 1.0])


def test_attention_shapes() -> None:
    B, T, C, heads = 2, 5, 12, 3
    x = torch.randn(B, T, C, requires_grad=True)
    qkv = torch.randn(C, 3 * C)
    q, k, v = (x @ qkv).split(C, dim=2)
    q, k, v = (t.view(B, T, heads, C // heads).transpose(1, 2) for t in (q, k, v))
    att = (q @ k.transpose(-2, -1)) * (1.0 / math.sqrt(k.size(-1)))
    att = att.masked_fill(torch.tril(torch.ones(T, T)).view(1, 1, T, T) == 0, float("-inf")).softmax(dim=-1)
    y = (att @ v).transpose(1, 2).contiguous().view(B, T, C)
    y.sum().backward()
    assert x.grad.shape == x.shape


def test_minibatches_by_a_permutation() -> None:
    torch.manual_seed(1)
    X = torch.arange(20).float().view(10, 2)
    seen = [i for batch in torch.randperm(10).split(4) for i in X[batch][:, 0].tolist()]
    assert sorted(seen) == X[:, 0].tolist()


def test_one_hot_and_scatter() -> None:
    labels = torch.tensor([0, 2, 1])
    one_hot = torch.zeros(3, 3).scatter_(1, labels.unsqueeze(1), 1.0)
    assert one_hot.tolist() == [[1, 0, 0], [0, 0, 1], [0, 1, 0]]
    assert one_hot.gather(1, labels.view(-1, 1)).squeeze(1).tolist() == [1, 1, 1]


def test_running_statistics_and_types() -> None:
    total_loss, correct, count = 0.0, 0, 0
    for _ in range(3):
        out = torch.randn(4, 3)
        labels = torch.randint(0, 3, (4,))
        total_loss += out.mean().item()
        correct += (out.argmax(1) == labels).type(torch.float).sum().item()
        count += labels.size(0)
    assert 0 <= correct / count <= 1
    _, predicted = torch.max(out.data, 1)
    assert predicted.dtype == torch.long
    values, indices = out.topk(2, dim=1)
    assert values.shape == indices.shape == (4, 2)
    assert f"{out.mean().item():>7f}"


def test_numerical_settings() -> None:
    eps = torch.finfo(torch.float32).eps
    x = torch.tensor([0.0], dtype=torch.float32)
    assert torch.log(x + eps).dtype == torch.float32
    assert torch.isinf(torch.tensor(float("inf"))).item()
    assert torch.tensor([torch.pi, torch.inf]).isfinite().tolist() == [True, False]
    with torch.set_grad_enabled(False):
        assert not torch.is_grad_enabled()
    with torch.inference_mode():
        assert not (torch.ones(1, requires_grad=True) * 2).requires_grad
    assert isinstance(x, torch.Tensor)
    assert torch.is_tensor(x)


def test_in_place_and_detach() -> None:
    a = torch.ones(3, requires_grad=True)
    b = a.clone()
    b[0] = 10
    b += 1
    b.mul_(2)
    b.sum().backward()
    assert a.grad.tolist() == [0, 2, 2]
    c = (a * 2).detach()
    c.zero_()
    assert not c.requires_grad
    with pytest.raises(RuntimeError, match="leaf Variable that requires grad"):
        a += 1


def test_comparisons_and_python() -> None:
    x = torch.tensor([1, 2, 3])
    assert (x > 1).sum() == 2
    assert (x == torch.tensor([1, 0, 3])).tolist() == [True, False, True]
    assert [int(v) for v in x] == [1, 2, 3]
    assert x[x > 1].tolist() == [2, 3]
    assert x[[0, 2]].tolist() == [1, 3]
    assert x[None].shape == (1, 3)
    assert (x // 2).tolist() == [0, 1, 1]
    assert (-x % 2).tolist() == [1, 0, 1]
    assert (2**x).tolist() == [2, 4, 8]
    assert x.float().mean() == 2
    if (x > 0).all():
        x = x.flip(0)
    assert x.tolist() == [3, 2, 1]
    assert torch.stack([x, x]).shape == (2, 3)
    assert torch.arange(6).reshape(2, 3).permute(1, 0).shape == (3, 2)


def test_powers_repeats_and_softmax_as_pytorch_has_them() -> None:
    x = torch.tensor([1, 2, 3, 5])
    assert torch.vander(x).tolist() == np.vander(x.numpy()).tolist() == np.vander(x).tolist()
    assert torch.vander(x, N=3).tolist() == [[1, 1, 1], [4, 2, 1], [9, 3, 1], [25, 5, 1]]
    assert torch.vander(x, 3, increasing=True).tolist() == torch.linalg.vander(x, N=3).tolist()
    assert torch.repeat_interleave(torch.tensor([2, 0, 1])).tolist() == [0, 0, 2]
    assert x.repeat_interleave(2)[:4].tolist() == [1, 1, 2, 2]
    y = torch.tensor([[1, 2], [2, 1]])
    assert torch.repeat_interleave(y, torch.tensor([1, 2]), dim=0, output_size=3).tolist() == [[1, 2], [2, 1], [2, 1]]
    logits = torch.tensor([[1.0, 2.0]])
    assert logits.softmax(1, torch.float64).dtype == torch.float64
    assert torch.log_softmax(logits, dim=-1, dtype=torch.double).exp().sum().item() == pytest.approx(1)
    with pytest.raises(TypeError, match="missing 'dim'"):
        torch.softmax(logits)


def test_parts_windows_and_distances() -> None:
    torch.manual_seed(0)
    a = torch.zeros(8, 8)
    b = torch.ones(2, 8)
    assert a.slice_scatter(b, start=6).sum() == 16
    assert a.slice_scatter(torch.ones(8, 2), dim=1, start=2, end=6, step=2)[0].tolist() == [0, 0, 1, 0, 1, 0, 0, 0]
    assert torch.diagonal_scatter(torch.zeros(3, 3), torch.ones(2), 1).trace() == 0
    windows = torch.arange(6.0).as_strided((4, 3), (1, 1))
    assert windows.tolist() == torch.arange(6.0).unfold(0, 3, 1).tolist()
    x = torch.tensor([[0.9041, 0.0196], [-0.3108, -2.4423], [-0.4821, 1.059]])
    y = torch.tensor([[-2.1763, -0.4713], [-0.6986, 1.3702]])
    assert torch.allclose(torch.cdist(x, y, p=2), torch.tensor([[3.1193, 2.0959], [2.7138, 3.8322], [2.2830, 0.3791]]), atol=1e-4)
    signal = torch.sin(torch.arange(400.0) / 7)
    spectrum = torch.stft(signal, n_fft=64, hop_length=16, window=torch.hann_window(64), return_complex=True)
    assert spectrum.shape == (33, 26)
    back = torch.istft(spectrum, n_fft=64, hop_length=16, window=torch.hann_window(64), length=400)
    assert torch.allclose(back, signal, atol=1e-5)


def test_a_covariance_that_may_need_jitter() -> None:
    A = torch.tensor([[1.0, 1.0], [1.0, 1.0 - 1e-3]])
    L, info = torch.linalg.cholesky_ex(A)
    assert info > 0
    jitter = 1e-6
    while torch.any(info):
        L, info = torch.linalg.cholesky_ex(A + jitter * torch.eye(2))
        jitter *= 10
    assert torch.isfinite(L).all()
    with pytest.raises(RuntimeError, match="positive definite"):
        torch.linalg.cholesky(A)


def test_older_forms_with_a_factor_before_the_operands():
    x, a, b = torch.ones(2), torch.tensor([2.0, 3.0]), torch.tensor([4.0, 6.0])
    assert torch.addcmul(x, 2, a, b).tolist() == [17.0, 37.0]
    assert torch.addcdiv(x, 2, b, a).tolist() == [5.0, 5.0]
    batches = torch.ones(2, 1, 1), 3 * torch.ones(2, 1, 1)
    assert torch.addbmm(torch.ones(1, 1), 2, *batches).item() == 8.0
    assert torch.baddbmm(torch.ones(2, 1, 1), 2, 10, *batches).flatten().tolist() == [32.0, 32.0]
    assert torch.ones(1, 1).addbmm_(2, *batches).item() == 8.0


def test_how_the_engine_was_built():
    assert "NumPy" in torch.__config__.show()
    assert torch.__config__.parallel_info()

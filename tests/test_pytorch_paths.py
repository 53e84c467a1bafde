"""What PyTorch's programs import from below ``torch.nn``: nn.modules, nn.grad, nn.parallel, nn.attention."""

from __future__ import annotations

import importlib
import subprocess
import sys

import numpy as np
import pytest

import autograd
import nn
import nn.functional as F
from autograd.errors import ShapeError

# What torch.nn.modules.NAME has (2.13), without its helpers for tracing.
PATHS = {
    "activation": "CELU ELU GELU GLU Hardshrink Hardsigmoid Hardswish Hardtanh LeakyReLU LogSigmoid LogSoftmax Mish "
    "MultiheadAttention PReLU RReLU ReLU ReLU6 SELU SiLU Sigmoid Softmax Softmax2d Softmin Softplus Softshrink "
    "Softsign Tanh Tanhshrink Threshold",
    "adaptive": "AdaptiveLogSoftmaxWithLoss",
    "batchnorm": "BatchNorm1d BatchNorm2d BatchNorm3d LazyBatchNorm1d LazyBatchNorm2d LazyBatchNorm3d SyncBatchNorm _BatchNorm "
    "_LazyNormBase _NormBase",
    "channelshuffle": "ChannelShuffle",
    "container": "Container ModuleDict ModuleList ParameterDict ParameterList Sequential",
    "conv": "Conv1d Conv2d Conv3d ConvTranspose1d ConvTranspose2d ConvTranspose3d LazyConv1d LazyConv2d LazyConv3d "
    "LazyConvTranspose1d LazyConvTranspose2d LazyConvTranspose3d _ConvNd _ConvTransposeNd _LazyConvXdMixin",
    "distance": "CosineSimilarity PairwiseDistance",
    "dropout": "AlphaDropout Dropout Dropout1d Dropout2d Dropout3d FeatureAlphaDropout _DropoutNd",
    "flatten": "Flatten Unflatten",
    "fold": "Fold Unfold",
    "instancenorm": "InstanceNorm1d InstanceNorm2d InstanceNorm3d LazyInstanceNorm1d LazyInstanceNorm2d LazyInstanceNorm3d "
    "_InstanceNorm",
    "lazy": "LazyModuleMixin",
    "linear": "Bilinear Identity LazyLinear Linear NonDynamicallyQuantizableLinear",
    "loss": "BCELoss BCEWithLogitsLoss CTCLoss CosineEmbeddingLoss CrossEntropyLoss GaussianNLLLoss HingeEmbeddingLoss "
    "HuberLoss KLDivLoss L1Loss LinearCrossEntropyLoss MSELoss MarginRankingLoss MultiLabelMarginLoss "
    "MultiLabelSoftMarginLoss MultiMarginLoss NLLLoss NLLLoss2d PoissonNLLLoss SmoothL1Loss SoftMarginLoss "
    "TripletMarginLoss TripletMarginWithDistanceLoss _Loss _WeightedLoss",
    "module": "Module _IncompatibleKeys register_module_buffer_registration_hook register_module_forward_hook "
    "register_module_forward_pre_hook register_module_full_backward_hook register_module_full_backward_pre_hook "
    "register_module_module_registration_hook register_module_parameter_registration_hook",
    "normalization": "CrossMapLRN2d GroupNorm LayerNorm LocalResponseNorm RMSNorm",
    "padding": "CircularPad1d CircularPad2d CircularPad3d ConstantPad1d ConstantPad2d ConstantPad3d ReflectionPad1d "
    "ReflectionPad2d ReflectionPad3d ReplicationPad1d ReplicationPad2d ReplicationPad3d ZeroPad1d ZeroPad2d "
    "ZeroPad3d _ConstantPadNd",
    "pixelshuffle": "PixelShuffle PixelUnshuffle",
    "pooling": "AdaptiveAvgPool1d AdaptiveAvgPool2d AdaptiveAvgPool3d AdaptiveMaxPool1d AdaptiveMaxPool2d AdaptiveMaxPool3d "
    "AvgPool1d AvgPool2d AvgPool3d FractionalMaxPool2d FractionalMaxPool3d LPPool1d LPPool2d LPPool3d MaxPool1d "
    "MaxPool2d MaxPool3d MaxUnpool1d MaxUnpool2d MaxUnpool3d _AdaptiveAvgPoolNd _AdaptiveMaxPoolNd _AvgPoolNd "
    "_LPPoolNd _MaxPoolNd _MaxUnpoolNd",
    "rnn": "GRU GRUCell LSTM LSTMCell RNN RNNBase RNNCell RNNCellBase",
    "sparse": "Embedding EmbeddingBag",
    "transformer": "Transformer TransformerDecoder TransformerDecoderLayer TransformerEncoder TransformerEncoderLayer",
    "upsampling": "Upsample UpsamplingBilinear2d UpsamplingNearest2d",
    "utils": "_ntuple _pair _quadruple _single _triple consume_prefix_in_state_dict_if_present",
}


@pytest.mark.parametrize("path", PATHS)
def test_a_path_of_pytorchs(path: str) -> None:
    module = importlib.import_module(f"nn.modules.{path}")
    assert getattr(nn.modules, path) is module
    for name in PATHS[path].split():
        assert hasattr(module, name), name
        if not name.startswith("_") and hasattr(nn, name):
            assert getattr(module, name) is getattr(nn, name)
            assert getattr(nn.modules, name) is getattr(nn, name)


def test_the_paths_are_found_without_asking_for_nn_modules_first() -> None:
    text = "from nn.modules.batchnorm import _BatchNorm\nimport nn\nprint(isinstance(nn.BatchNorm1d(1), _BatchNorm))"
    done = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "True"


def test_the_tuples_of_utils() -> None:
    utils = nn.modules.utils
    assert utils._pair(3) == (3, 3)
    assert utils._triple((1, 2, 3)) == (1, 2, 3)
    assert utils._ntuple(4)(0) == (0, 0, 0, 0)


@pytest.mark.parametrize("n", [1, 2, 3])
@pytest.mark.parametrize("options", [{}, {"stride": 2, "padding": 1}, {"dilation": 2, "groups": 2}])
def test_the_gradients_of_convolutions(n: int, options: dict) -> None:
    numbers = np.random.default_rng(n)
    x = autograd.tensor(numbers.standard_normal((2, 4, *(6,) * n)), requires_grad=True)
    w = autograd.tensor(numbers.standard_normal((6, 4 // options.get("groups", 1), *(2,) * n)), requires_grad=True)
    y = getattr(F, f"conv{n}d")(x, w, **options)
    g = autograd.tensor(numbers.standard_normal(y.shape))
    y.backward(g)
    for_input = getattr(nn.grad, f"conv{n}d_input")(x.shape, w, g, **options)
    for_weight = getattr(nn.grad, f"conv{n}d_weight")(x, w.shape, g, **options)
    np.testing.assert_allclose(for_input.detach().numpy(), x.grad.numpy(), rtol=1e-12)
    np.testing.assert_allclose(for_weight.detach().numpy(), w.grad.numpy(), rtol=1e-12)
    assert for_input.requires_grad
    with pytest.raises(ShapeError, match=f"conv{n}d_input: grad_output"):
        getattr(nn.grad, f"conv{n}d_input")(x.shape, w, g[..., :-1], **options)


def test_a_choice_among_implementations_of_attention() -> None:
    from nn.attention import SDPBackend, sdpa_kernel

    with sdpa_kernel([SDPBackend.FLASH_ATTENTION, SDPBackend.MATH], set_priority=True):
        assert F.scaled_dot_product_attention(*[autograd.ones(1, 2, 3)] * 3).shape == (1, 2, 3)
    with pytest.raises(TypeError, match="SDPBackend"), sdpa_kernel("math"):
        pass


def test_files_of_distributions() -> None:
    from autograd import distributions
    from autograd.torch import DISTRIBUTIONS, resolved

    for name in DISTRIBUTIONS.split():
        assert resolved(f"torch.distributions.{name}") is distributions
    assert resolved("torch.distributions.transforms").TanhTransform is distributions.TanhTransform


def test_what_modules_refuse_and_warn_of() -> None:
    layer = nn.Linear(2, 2)
    layer.plain = 5
    with pytest.raises(KeyError):
        layer.plain = nn.Buffer(autograd.ones(1))
    with pytest.raises(RuntimeError, match="copy"):
        layer.to("cpu", copy=True)
    with pytest.warns(UserWarning, match="Complex modules"):
        layer.to(autograd.complex64)
    assert layer.share_memory() is layer
    assert "0" not in dir(nn.Sequential(layer))
    assert len(nn.LSTM(2, 3, bidirectional=True)._flat_weights) == 8
    with pytest.warns(UserWarning, match="affine_grid"):
        F.affine_grid(autograd.ones(1, 2, 3), (1, 1, 1, 2), align_corners=True)
    assert F.cosine_similarity(autograd.tensor([3, 4], dtype=np.int8), autograd.tensor([4.0, 3.0]), dim=0).item() == pytest.approx(
        0.96
    )
    with pytest.raises(RuntimeError, match="out of range"):
        F.embedding(autograd.tensor([7]), autograd.ones(2, 3))
    packed = nn.utils.rnn.pack_sequence([autograd.ones(2), autograd.ones(1)])
    assert [getattr(packed, name)().data.dtype for name in ("half", "long", "int", "short", "char", "byte")] == [
        np.float16, np.int64, np.int32, np.int16, np.int8, np.uint8,
    ]  # fmt: skip
    assert packed.cpu() is packed.to("cpu") is packed
    with pytest.raises(RuntimeError, match="uninitialized"):
        nn.LazyLinear(2).share_memory()
    autograd.set_num_interop_threads(autograd.get_num_interop_threads())
    with pytest.raises(RuntimeError, match="positive"):
        autograd.set_num_interop_threads(0)
    with pytest.raises(RuntimeError, match="empty"):
        nn.utils.rnn.pack_padded_sequence(autograd.ones(0, 0), [])


def test_parameter_dicts_keep_their_order_when_copied() -> None:
    d = nn.ParameterDict([("b", autograd.ones(1)), ("a", autograd.ones(1))])
    assert list(d.copy()) == list(d | nn.ParameterDict()) == ["b", "a"]
    assert list(d.fromkeys(["z", "y"])) == ["z", "y"]


def test_arguments_of_image_functions() -> None:
    x = autograd.ones(1, 1, 4, 4)
    for size in (4.0, (4.0, 4.0), (autograd.tensor(4.0), 4)):
        with pytest.raises(TypeError, match="expected size"):
            F.interpolate(x, size=size)  # type: ignore[arg-type]
    assert F.interpolate(x, size=(autograd.tensor(2), np.int64(2))).shape == (1, 1, 2, 2)
    with pytest.raises(ShapeError, match="overflow"):
        F.interpolate(x, scale_factor=1e20, mode="bilinear")
    with pytest.raises(ValueError, match="floating point type"):
        F.affine_grid(autograd.ones(1, 2, 3, dtype=np.int64), (1, 1, 2, 2))
    with pytest.raises(RuntimeError, match="bicubic"):
        F.grid_sample(autograd.ones(1, 1, 2, 2, 2), autograd.ones(1, 1, 1, 1, 3), mode="bicubic")
    ones = autograd.ones(2, 3, dtype=np.uint8)
    assert F.cosine_embedding_loss(ones, ones, autograd.tensor([1, 1])).item() == pytest.approx(0, abs=1e-6)

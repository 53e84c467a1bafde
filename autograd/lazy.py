"""Names of ``torch``, and of HIPS autograd, whose work is done in rooms above autograd.

``autograd.__getattr__`` imports each when a program first asks for it: ``import autograd`` loads neither layers nor optimizers.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from importlib import import_module
from typing import Any

MODULES = {
    "__config__": "autograd.switches:config",
    "__future__": "autograd.switches:future",
    "accelerator": "autograd.switches:accelerator",
    "amp": "autograd.amp",
    "autocast": "autograd.amp:autocast",
    "backends": "autograd.switches:backends",
    "compile": "autograd.compile",
    "cpu": "autograd.switches:cpu",
    "cuda": "autograd.switches:cuda",
    "distributed": "autograd.distributed",
    "distributions": "autograd.distributions",
    "forward_ad": "autograd.forward_ad",
    "Function": "autograd.function:Function",
    "functional": "autograd.jacobians",
    "gradcheck": "autograd.proof.gradcheck:gradcheck",
    "gradgradcheck": "autograd.proof.gradcheck:gradgradcheck",
    "grad_mode": "autograd.engine.modes",
    "graph": "autograd.graph",
    "GradScaler": "autograd.amp:GradScaler",
    "jit": "autograd.switches:jit",
    "load": "autograd.serialization:load",
    "masked": "autograd.masked",
    "mps": "autograd.switches:mps",
    "multiprocessing": "multiprocessing",
    "nn": "nn",
    "optim": "optim",
    "quasirandom": "autograd.utils.quasirandom",
    "save": "autograd.serialization:save",
    "SavedTensor": "autograd.engine.saved:SavedTensor",
    "utils": "autograd.utils",
    "viz": "autograd.viz",
    "signal": "autograd.signal",
    "testing": "autograd.assertions",
    "is_multithreading_enabled": "autograd.engine.modes:is_multithreading_enabled",
    "set_multithreading_enabled": "autograd.engine.modes:set_multithreading_enabled",
    "_assert": "autograd.errors:demand",
    "xpu": "autograd.switches:xpu",
}

# Modules and functions of PyTorch that this engine cannot have, by their name below ``torch``, each with the reason.
_SPARSE = "tensors are dense here: to_dense() it in PyTorch, or use SciPy's sparse matrices"
_QUANTISED = "nothing computes in quantised numbers here"
_TRANSLATED = "a program stays Python here; there is no second form of it to write out"
ABSENT = {
    **dict.fromkeys(("sparse", "sparse_coo_tensor", "sparse_csr_tensor", "sparse_compressed_tensor", "smm", "sspaddmm"), _SPARSE),
    **dict.fromkeys(("sparse_coo", "sparse_csr", "sparse_csc", "sparse_bsr", "sparse_bsc"), _SPARSE),
    **dict.fromkeys(("ao", "quantization", "quantize_per_tensor", "quantize_per_channel", "qint8", "quint8", "qint32"), _QUANTISED),
    **dict.fromkeys(("fx", "export", "onnx", "package", "_dynamo", "_inductor"), _TRANSLATED),
    "hub": "no models are downloaded here: load the file with torch.load",
    "utils.cpp_extension": "no C++ is compiled into this engine",
    "utils.tensorboard": "install tensorboardX, or record with autograd.viz",
    "nested": "there are no nested tensors here: pad, or use nn.utils.rnn",
    "profiler": "use Python's cProfile, or nn.summary for FLOPs and memory",
}

# HIPS autograd's modules, which are found under their own paths, and its functions of functions.
_FACE = "builtins core differential_operators extend misc numpy scipy test_util tracer util wrap_util"
_OPERATORS = (
    "checkpoint deriv elementwise_grad grad_and_aux grad_named hessian hessian_tensor_product hessian_vector_product "
    "holomorphic_grad jacobian make_ggnvp make_hvp make_jvp make_vjp multigrad_dict tensor_jacobian_product value_and_grad "
    "vector_jacobian_product"
)
MODULES |= {name: f"autograd.{name}" for name in _FACE.split()}
MODULES |= {name: f"autograd.differential_operators:{name}" for name in _OPERATORS.split()}
MODULES |= {name: f"autograd.builtins:{name}" for name in ("dict", "isinstance", "list", "tuple", "type")}
_RECURRENT = "lstm gru rnn_tanh rnn_relu lstm_cell gru_cell rnn_tanh_cell rnn_relu_cell"
MODULES |= {name: f"nn.layers.recurrent_functions:{name}" for name in _RECURRENT.split()}
MODULES["primitive"] = "autograd.extend:primitive"

# The functions of ``torch`` with the same arguments as those of ``nn.functional``.
SAME = frozenset({
    "bilinear", "celu", "celu_", "conv_tbc", "cosine_similarity", "max_pool1d_with_indices", "native_channel_shuffle",
    "pairwise_distance", "rrelu", "rrelu_", "selu", "selu_", "threshold_",
})  # fmt: skip

# Those with other arguments: torch's names in order, and after a colon the name that ``nn.functional`` has for the same.
ARGUMENTS = {
    "constant_pad_nd": "input pad value",
    "grid_sampler": "input grid mode padding_mode align_corners",
    "grid_sampler_2d": "input grid mode padding_mode align_corners",
    "grid_sampler_3d": "input grid mode padding_mode align_corners",
    "alpha_dropout": "input p train:training",
    "dropout": "input p train:training",
    "feature_alpha_dropout": "input p train:training",
    "embedding": "weight indices:input padding_idx scale_grad_by_freq sparse",
    "binary_cross_entropy_with_logits": "input target weight pos_weight reduction",
    "cosine_embedding_loss": "input1 input2 target margin reduction",
    "ctc_loss": "log_probs targets input_lengths target_lengths blank reduction zero_infinity",
    "hinge_embedding_loss": "input target margin reduction",
    "kl_div": "input target reduction log_target",
    "margin_ranking_loss": "input1 input2 target margin reduction",
    "poisson_nll_loss": "input target log_input full eps reduction",
    "triplet_margin_loss": "anchor positive negative margin p eps swap reduction",
}
OTHER_NAMES = {"constant_pad_nd": "pad", **dict.fromkeys(("grid_sampler", "grid_sampler_2d", "grid_sampler_3d"), "grid_sample")}
_MODES = {
    "mode": {0: "bilinear", 1: "nearest", 2: "bicubic"},
    "padding_mode": {0: "zeros", 1: "border", 2: "reflection"},
}  # of grid_sampler, for the words of grid_sample
_REDUCTIONS = {0: "none", 1: "mean", 2: "sum"}  # torch's numbers for the words of nn.functional


def find(name: str) -> Any:
    """The module or function of this name, or None if no room has it.

    Example:
        >>> import autograd
        >>> autograd.dropout(autograd.ones(3), 0.5, False)
        tensor([1., 1., 1.], dtype=float32)
        >>> autograd.nn.Linear(2, 3)
        Linear(in_features=2, out_features=3, bias=True)
    """
    if name in MODULES:
        path, _, part = MODULES[name].partition(":")
        return getattr(import_module(path), part) if part else import_module(path)
    if name in ABSENT:
        raise AttributeError(f"autograd has no {name!r}: {ABSENT[name]}")
    if name in SAME:
        return getattr(import_module("nn.functional"), name)
    if name in ARGUMENTS:
        return _with_torchs_arguments(getattr(import_module("nn.functional"), OTHER_NAMES.get(name, name)), ARGUMENTS[name])
    return None


def _with_torchs_arguments(function: Callable[..., Any], arguments: str) -> Callable[..., Any]:
    names = [name.partition(":")[0] for name in arguments.split()]
    own = {name.partition(":")[0]: name.partition(":")[2] or name for name in arguments.split()}

    @wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        if len(args) > len(names):
            raise TypeError(f"{function.__name__} takes at most {len(names)} arguments, {len(args)} given")
        given = dict(zip(names, args, strict=False))
        twice = given.keys() & kwargs.keys()
        if twice:
            raise TypeError(f"{function.__name__} got {min(twice)!r} twice: by position and by keyword")
        given |= kwargs
        if isinstance(given.get("reduction"), int):
            given["reduction"] = _REDUCTIONS[given["reduction"]]
        if function.__name__ == "grid_sample":
            given |= {option: words[given[option]] for option, words in _MODES.items() if option in given}
        if function.__name__ == "embedding" and given.get("padding_idx") == -1:
            del given["padding_idx"]  # torch's default, which means none
        return function(**{own.get(name, name): value for name, value in given.items()})

    del call.__wrapped__  # ``help`` would show the signature of nn.functional's
    return call

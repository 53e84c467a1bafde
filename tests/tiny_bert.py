"""A folder as Hugging Face has them for a BERT, small and with random weights: config.json, model.safetensors, tokenizer.json."""

from __future__ import annotations

import json
import string
import sys
from pathlib import Path

import autograd

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "examples"))

from language.bert import Bert, Config

SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
WORDS = ["to", "be", "or", "not", "that", "is", "the", "question", "king", "and", "on"]


def make(folder: Path) -> Path:
    letters = list(string.ascii_lowercase + string.punctuation)
    words = [*SPECIAL, *WORDS, *letters, *(f"##{c}" for c in string.ascii_lowercase)]
    special = [{"id": i, "content": t, "special": True, "normalized": False} for i, t in enumerate(SPECIAL)]
    flags = {"single_word": False, "lstrip": False, "rstrip": False}
    tokenizer = {
        "version": "1.0",
        "truncation": {"max_length": 128, "strategy": "LongestFirst", "stride": 0, "direction": "Right"},
        "padding": {
            "strategy": {"Fixed": 128}, "direction": "Right", "pad_to_multiple_of": None, "pad_id": 0, "pad_type_id": 0,
            "pad_token": "[PAD]",
        },
        "added_tokens": [{**t, **flags} for t in special],
        "normalizer": {
            "type": "BertNormalizer", "clean_text": True, "handle_chinese_chars": True, "strip_accents": None, "lowercase": True,
        },
        "pre_tokenizer": {"type": "BertPreTokenizer"},
        "post_processor": {
            "type": "TemplateProcessing",
            "single": [
                {"SpecialToken": {"id": "[CLS]", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}},
                {"SpecialToken": {"id": "[SEP]", "type_id": 0}},
            ],
            "pair": [],
            "special_tokens": {t: {"id": t, "ids": [i], "tokens": [t]} for t, i in (("[CLS]", 2), ("[SEP]", 3))},
        },
        "decoder": {"type": "WordPiece", "prefix": "##", "cleanup": True},
        "model": {
            "type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##", "max_input_chars_per_word": 100,
            "vocab": {word: i for i, word in enumerate(words)},
        },
    }  # fmt: skip
    sizes = {
        "model_type": "bert", "hidden_act": "gelu", "vocab_size": len(words), "max_position_embeddings": 128,
        "num_hidden_layers": 2, "num_attention_heads": 2, "hidden_size": 16, "intermediate_size": 32, "layer_norm_eps": 1e-12,
    }  # fmt: skip
    (folder / "tokenizer.json").write_text(json.dumps(tokenizer), encoding="utf-8")
    (folder / "config.json").write_text(json.dumps(sizes), encoding="utf-8")
    autograd.manual_seed(0)
    autograd.save(Bert(Config(len(words), 128, 2, 2, 16, 32)).state_dict(), folder / "model.safetensors")
    return folder

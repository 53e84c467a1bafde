"""Makes the files beside it: what real PyTorch writes. Run with PyTorch installed: ``python tests/pytorch_files/record.py``."""

from __future__ import annotations

import io
import json
import pickle
import struct
import tarfile
from pathlib import Path
from typing import Any

import torch

HERE = Path(__file__).parent


def contents() -> dict[str, Any]:
    torch.manual_seed(0)
    base = torch.arange(24.0).reshape(4, 6)
    model = torch.nn.Sequential(torch.nn.Linear(4, 3), torch.nn.BatchNorm1d(3))
    optimizer = torch.optim.Adam(model.parameters())
    model(torch.randn(5, 4)).sum().backward()
    optimizer.step()
    return {
        "base": base, "transposed": base.t(), "row": base[1:3, ::2], "expanded": torch.ones(1).expand(3, 4),
        "bfloat16": torch.randn(3, 4, dtype=torch.bfloat16), "complex": torch.randn(2, dtype=torch.complex64),
        "bool": torch.tensor([True, False]), "int8": torch.tensor([1, -2], dtype=torch.int8), "half": torch.randn(2).half(),
        "scalar": torch.tensor(3.5), "empty": torch.zeros(0, 3), "parameter": torch.nn.Parameter(torch.ones(2)),
        "epoch": 3, "lr": 1e-3, "names": ["a", ("b", 2)], "none": None, "size": torch.Size([1, 2]), "dtype": torch.float32,
        "model": model.state_dict(), "optimizer": optimizer.state_dict(),
    }  # fmt: skip


def plain(value: Any) -> Any:
    """The contents as JSON: what the reader must give."""
    if isinstance(value, torch.Tensor):
        exact = value.detach().to(torch.float32) if value.dtype == torch.bfloat16 else value.detach()
        parts = torch.view_as_real(exact) if exact.is_complex() else exact
        return {"dtype": str(exact.dtype).removeprefix("torch."), "shape": list(exact.shape), "values": parts.tolist()}
    if isinstance(value, dict):
        return {str(key): plain(v) for key, v in value.items()}
    if isinstance(value, list | tuple):
        return [plain(v) for v in value]
    return str(value).removeprefix("torch.") if isinstance(value, torch.dtype) else value


class _Referring(pickle.Pickler):
    def persistent_id(self, obj: Any) -> Any:
        return str(obj.key) if isinstance(obj, Reference) else None


class Reference:
    def __init__(self, key: int) -> None:
        self.key = key


def tar() -> bytes:
    """The format of 2016, which no version of today writes: one storage, two tensors that share it."""
    storages, tensors, top = io.BytesIO(), io.BytesIO(), io.BytesIO()
    pickle.dump(1, storages, protocol=2)
    pickle.dump((11, "cpu", torch.FloatStorage), storages, protocol=2)
    storages.write(struct.pack("<q", 6) + struct.pack("<6f", *range(6)))
    pickle.dump([], storages, protocol=2)
    pickle.dump(2, tensors, protocol=2)
    for key, size, stride, offset in ((1, (2, 3), (3, 1), 0), (2, (3,), (2,), 1)):
        pickle.dump((key, 11, torch.FloatTensor), tensors, protocol=2)
        tensors.write(struct.pack(f"<i4x{2 * len(size) + 1}q", len(size), *size, *stride, offset))
    _Referring(top, protocol=2).dump({"weight": Reference(1), "odd": Reference(2)})
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:", format=tarfile.PAX_FORMAT) as archive:
        for name, part in (("storages", storages), ("tensors", tensors), ("pickle", top)):
            info = tarfile.TarInfo(name)
            info.size = len(part.getvalue())
            archive.addfile(info, io.BytesIO(part.getvalue()))
    return out.getvalue()


if __name__ == "__main__":
    whole = contents()
    torch.save(whole, HERE / "zip.pt")
    torch.save(whole, HERE / "stream.pt", _use_new_zipfile_serialization=False)
    torch.save(torch.nn.Linear(2, 2), HERE / "whole_model.pt")
    (HERE / "tar.pt").write_bytes(tar())
    (HERE / "contents.json").write_text(json.dumps({"torch": torch.__version__, "contents": plain(whole)}) + "\n", encoding="utf-8")

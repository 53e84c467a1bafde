"""The doctor at work: faults that are put into sound trainings are named by their cause, and sound trainings are not accused."""

from __future__ import annotations

import re
import string
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from trainings import FAULTS, HEALTHY

import autograd
import nn
from autograd import viz
from autograd.viz.training import checks
from autograd.viz.training.words import SENTENCES


def recorders(found: Any) -> list[viz.Recorder]:
    return found if isinstance(found, list) else [found]


def run(make: Any, seed: int = 0) -> list[viz.Recorder]:
    autograd.manual_seed(seed)
    return recorders(make(seed))


def test_there_are_as_many_as_were_asked_for() -> None:
    assert len(HEALTHY) >= 40
    assert len(FAULTS) >= 30


@pytest.mark.parametrize("name", HEALTHY)
def test_a_sound_training_is_not_accused(name: str) -> None:
    for recorder in run(HEALTHY[name]):
        found = recorder.diagnose()
        assert found.healthy, str(found)
        assert np.isfinite(recorder.loss).all()


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_named_by_its_cause(name: str) -> None:
    cause, make = FAULTS[name]
    named = [f.name for recorder in run(make) for f in recorder.diagnose() if f.severity != "note"]
    assert cause in named


@pytest.mark.parametrize("check", [check.__name__ for check in checks.CHECKS if check.__name__ != "modes"])
def test_a_check_that_is_left_out_is_missed(check: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each check is needed: without it a fault of the table stays unnamed."""
    causes = {
        "not_finite": "a weight that is nan", "inputs": "pixels from 0 to 255", "twice": "softmax, then cross-entropy",
        "broadcast": "a column minus a row", "zero_grad": "no zero_grad", "without_gradient": "detach in forward",
        "frozen_parameters": "a frozen layer in the middle", "not_held": "an optimizer of the head alone",
        "dead_relus": "a layer of dead ReLUs", "saturated": "tanh from weights of 30", "alike": "thirty ReLU layers",
        "dropout": "dropout of 0.98", "vanishing": "ten sigmoids", "exploding": "weights 14 times too large",
        "learning_rate": "a rate of 1e-6", "at_chance": "labels shuffled",
    }  # fmt: skip
    cause, make = FAULTS[causes[check]]
    (recorder,) = run(make)
    assert cause in recorder.diagnose().names
    monkeypatch.setattr(checks, "CHECKS", tuple(c for c in checks.CHECKS if c.__name__ != check))
    assert cause not in recorder.diagnose().names


# ------------------------------------------------------------------------------------------------------------------- languages


def fields(sentence: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(sentence) if name}


def test_both_languages_say_the_same_things() -> None:
    english, chinese = SENTENCES["en"], SENTENCES["zh"]
    assert english.keys() == chinese.keys()
    for key, sentence in english.items():
        assert fields(chinese[key]) == fields(sentence), key
        assert re.search(r"[\u3000-\u9fff\uff00-\uffef]", chinese[key]) or not re.search(
            "[a-z]{3}", fields_removed(chinese[key])
        ), key
        assert sentence.isascii() or "’" in sentence, key


def fields_removed(sentence: str) -> str:
    return re.sub(r"\{\w+\}", "", sentence)


@pytest.mark.parametrize("name", [f for i, f in enumerate(FAULTS) if f not in list(FAULTS)[:i] and i % 2 == 0])
def test_each_fault_is_told_in_chinese(name: str) -> None:
    for recorder in run(FAULTS[name][1]):
        english, chinese = recorder.diagnose(), recorder.diagnose("zh")
        assert [(f.name, f.layer, f.severity) for f in english] == [(f.name, f.layer, f.severity) for f in chinese]
        for one, other in zip(english, chinese, strict=True):
            assert re.search("[\u4e00-\u9fff]", other.evidence)
            assert re.search("[\u4e00-\u9fff]", other.advice)
            assert "{" not in str(one) + str(other)
            assert re.findall(r"\d+\.\d+", one.evidence) == [] or set(re.findall(r"\d+\.\d+", one.evidence)) & set(
                re.findall(r"\d+\.\d+", other.evidence)
            )


def test_the_page_and_one_batch_speak_chinese_too(tmp_path: Path) -> None:
    model = nn.Sequential(nn.Linear(2, 2), nn.Dropout(0.95))
    assert str(viz.doctor(model, language="zh")).startswith("发现 1 处问题（一个批次）。\n警告：dropout 接近 1（1）：")
    recorder = viz.Recorder(model, title="a training", language="zh")
    for _ in range(3):
        loss = (model(autograd.ones(9, 2)) ** 2).mean()
        loss.backward()
        recorder.step(loss)
    page = recorder.save(tmp_path / "training.html").read_text()
    assert '<html lang="zh-CN">' in page
    text = re.sub(r"<[^>]*>|<style.*?</style>", " ", re.sub("<style.*?</style>", "", page, flags=re.DOTALL))
    allowed = {"training", "weight", "bias", "dropout", "and", "nan"}
    assert set(re.findall("[a-z]{3,}", text)) <= allowed
    with pytest.raises(ValueError, match="language must be one of 'en', 'zh', not 'fr'"):
        viz.doctor(model, language="fr")


# ------------------------------------------------------------------------------------------------------------ what is recorded


def test_histograms_of_activations_do_not_stop_at_the_first_step() -> None:
    (recorder,) = run(HEALTHY["MLP, Adam"])
    steps = [step for step, *_ in recorder.distributions["out 1"]]
    assert steps == [step for step, *_ in recorder.distributions["value 0.weight"]]
    assert len(steps) > 3


def test_saturation_and_variation_are_numpys() -> None:
    x = autograd.from_numpy(np.linspace(-8, 8, 36, dtype=np.float32).reshape(9, 4))
    model = nn.Sequential(nn.Linear(4, 3), nn.Tanh(), nn.Linear(3, 1))
    recorder = viz.Recorder(model)
    loss = model(x).sum()
    loss.backward()
    recorder.step(loss)
    y = np.tanh(model[0](x).detach().numpy().astype(np.float64))
    found = recorder.activations["1"]
    np.testing.assert_allclose(found.saturated, [np.mean(np.abs(y) > 0.99)])
    np.testing.assert_allclose(found.variation, [np.sqrt(np.mean(y.var(0)) / np.mean(y * y))], rtol=1e-5)
    assert recorder.facts["inputs"]["rms"] == pytest.approx(np.sqrt(np.mean(x.numpy() ** 2)), rel=1e-6)


def test_a_recording_of_an_earlier_version_can_be_read() -> None:
    (recorder,) = run(HEALTHY["MLP, Adam"])
    data = recorder.to_json()
    for entry in data["activations"]:
        entry["rows"] = [row[:7] for row in entry["rows"]]
    for key in ("inputs", "dropout", "last", "broadcasts", "classes"):
        del data["facts"][key]
    old = viz.Recorder()
    old.take_json(data)
    assert old.diagnose().healthy
    assert np.isnan(old.activations["1"].saturated).all()


@pytest.mark.parametrize("meant", [True, False])
def test_two_shapes_that_meet_are_a_fault_only_where_predictions_meet_targets(meant: bool) -> None:
    model = nn.Linear(3, 1)
    p = model(autograd.randn(6, 3))
    loss = ((p - p.squeeze(1)) ** 2).mean() if meant else ((p - autograd.randn(6)) ** 2).mean()
    found = viz.doctor(model, loss).names
    assert ("broadcast in the loss" in found) == (not meant)

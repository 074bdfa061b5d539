"""Masks against a plain computation of every token's perplexity, and what a Trainer's loss makes of them."""

import json
import math
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import transformers

import models
from conversation import SOURCE
from test_protocols import CHATML, CONVERSATIONS
from track_evaluator.collator import MaskedCollator
from track_evaluator.masking import Summary, runs, write_masks

TAU = 2.5
LENGTH = 24


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkpoint whose predictions are sharp enough that some tokens are easy and others hard."""
    path = models.save(tmp_path_factory.mktemp("base"))
    tokenizer = transformers.AutoTokenizer.from_pretrained(path)
    tokenizer.chat_template = CHATML
    tokenizer.save_pretrained(path)
    model = transformers.AutoModelForCausalLM.from_pretrained(path)
    with torch.no_grad():
        model.lm_head.weight.mul_(4)
    model.save_pretrained(path)
    return path


def examples() -> list[dict[str, Any]]:
    plain = [{"text": text} for text in models.texts(30, 20)]
    return [*plain, {"messages": CONVERSATIONS[0]}, {"prompt": "the licence of ", "completion": "a copy shall not be held"}]


def write(path: Path, values: list[Any]) -> Path:
    path.write_text("".join((value if isinstance(value, str) else json.dumps(value)) + "\n" for value in values))
    return path


def masked(folder: Path, data: Path, out: Path, tau: float = TAU) -> tuple[Summary, list[tuple[int, str]]]:
    skipped: list[tuple[int, str]] = []
    summary = write_masks(
        str(folder), data, out, tau, LENGTH, "float32", lambda _summary: None, lambda line, reason: skipped.append((line, reason))
    )
    return summary, skipped


def perplexities(model: Any, ids: list[int]) -> list[float]:
    with torch.no_grad():
        chances = torch.log_softmax(model(torch.tensor([ids])).logits[0].double(), dim=-1)
    return [0.0] + [math.exp(-chances[i, token].item()) for i, token in enumerate(ids[1:])]


def test_the_hard_tokens_of_every_example_are_masked_and_no_other(folder: Path, tmp_path: Path) -> None:
    summary, skipped = masked(folder, write(tmp_path / "train.jsonl", examples()), tmp_path / "masks.jsonl")
    model = transformers.AutoModelForCausalLM.from_pretrained(folder).eval()
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    lines = [json.loads(line) for line in (tmp_path / "masks.jsonl").read_text().splitlines()]
    assert lines[0] == {"track_masks": 1, "tau": TAU, "max_length": LENGTH, "dtype": "float32", "checkpoint": str(folder)}
    hard = total = 0
    for example, line in zip(examples(), lines[1:], strict=True):
        if "messages" in example:
            ids = tokenizer.apply_chat_template(example["messages"], return_dict=True)["input_ids"]
        else:
            ids = tokenizer(example.get("text") or example["prompt"] + example["completion"])["input_ids"]
        values = perplexities(model, ids[:LENGTH])
        near = [value for value in values if abs(value - TAU) < 1e-4]
        assert not near, "no token of the test stands on the edge"
        expected = [value >= TAU for value in values]
        assert line["masked"] == runs(np.asarray(expected))
        hard, total = hard + sum(expected), total + len(values) - 1
    assert not skipped
    assert (summary.examples, summary.tokens, summary.masked) == (32, total, hard)
    assert 0 < hard < total
    assert 0 < summary.assistant_tokens < total


def scores(monkeypatch: pytest.MonkeyPatch, values: list[float]) -> None:
    """Every example has these NLL."""

    class Known:
        def __init__(self, _checkpoint: Any) -> None:
            pass

        def score(self, sequences: list[Any], *_rest: Any) -> list[Any]:
            return [np.asarray(values) for _ in sequences]

    monkeypatch.setattr("track_evaluator.masking.Scorer", Known)


def test_a_token_of_exactly_the_threshold_is_masked(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scores(monkeypatch, [math.log(TAU), math.nextafter(math.log(TAU), 0), math.inf])
    masked(folder, write(tmp_path / "d", [{"input_ids": [1, 2, 3, 4]}]), tmp_path / "m")
    assert json.loads((tmp_path / "m").read_text().splitlines()[1])["masked"] == [[1, 2], [3, 4]]


def test_a_broken_checkpoint_and_a_threshold_that_masks_everything_make_no_masks(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = write(tmp_path / "d", [{"input_ids": [1, 2, 3]}])
    for tau in (1.0, 0.5, math.nan):
        with pytest.raises(ValueError, match="above 1"):
            masked(folder, data, tmp_path / "m", tau=tau)
    scores(monkeypatch, [1.0, math.nan])
    with pytest.raises(ValueError, match="NaN in line 1"):
        masked(folder, data, tmp_path / "m")
    assert [path.name for path in tmp_path.iterdir()] == ["d"]


def test_a_batch_trains_on_what_is_not_masked(folder: Path, tmp_path: Path) -> None:
    masked(folder, write(tmp_path / "train.jsonl", examples()), tmp_path / "masks.jsonl")
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    model = transformers.AutoModelForCausalLM.from_pretrained(folder).eval()
    features = [{"input_ids": tokenizer(text["text"])["input_ids"][:LENGTH]} for text in examples()[:30]]
    batch = MaskedCollator(tokenizer, tmp_path / "masks.jsonl", pad_to_multiple_of=7)(features)
    assert batch["input_ids"].shape[1] == 28  # the longest has 24
    nll, count = 0.0, 0
    for row, feature in enumerate(features):
        values = perplexities(model, feature["input_ids"])
        easy = [value for value in values[1:] if value < TAU]
        nll, count = nll + sum(math.log(value) for value in easy), count + len(easy)
        assert batch["attention_mask"][row].sum() == len(feature["input_ids"])
    with torch.no_grad():
        loss = float(model(**batch).loss)
    assert loss == pytest.approx(nll / count, rel=1e-5)


def test_a_prompt_is_not_the_assistants(folder: Path, tmp_path: Path) -> None:
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    prompt, completion = "the licence of ", "a copy shall"
    before, whole = (len(tokenizer(text)["input_ids"]) for text in (prompt, prompt + completion))
    summary, _ = masked(folder, write(tmp_path / "d", [{"prompt": prompt, "completion": completion}]), tmp_path / "m")
    assert (summary.tokens, summary.assistant_tokens) == (whole - 1, whole - before)


def test_labels_that_a_feature_brings_stay_masked(folder: Path, tmp_path: Path) -> None:
    masked(folder, write(tmp_path / "train.jsonl", examples()), tmp_path / "masks.jsonl", tau=1e9)
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    ids = tokenizer(examples()[5]["text"])["input_ids"][:LENGTH]
    batch = MaskedCollator(tokenizer, tmp_path / "masks.jsonl")([{"input_ids": ids, "labels": [-100, *ids[1:]]}])
    assert batch["labels"][0].tolist() == [-100, *ids[1:]]


def test_an_example_without_a_mask_is_an_error(folder: Path, tmp_path: Path) -> None:
    masked(folder, write(tmp_path / "train.jsonl", examples()), tmp_path / "masks.jsonl")
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    with pytest.raises(ValueError, match="no mask for an example of 3 tokens"):
        MaskedCollator(tokenizer, tmp_path / "masks.jsonl")([{"input_ids": [5, 6, 7]}])
    with pytest.raises(ValueError, match="is not a mask file"):
        MaskedCollator(tokenizer, write(tmp_path / "other.jsonl", [{"line": 1}]))


def test_lines_that_are_no_examples_are_named_and_the_rest_goes_on(folder: Path, tmp_path: Path) -> None:
    bad = ["{", "[]", '{"text": 1}', '{"text": ""}', '{"text": "\\ud800"}', '{"messages": [{"role": "user"}]}', '{"prompt": "x"}']
    summary, skipped = masked(folder, write(tmp_path / "d", [{"text": "a copy"}, *bad, {"text": "a licence"}]), tmp_path / "m")
    assert (summary.examples, summary.skipped) == (2, 7)
    assert [line for line, _ in skipped] == list(range(2, 9))
    assert skipped[5][1].startswith("has messages that are not")
    assert len((tmp_path / "m").read_text().splitlines()) == 3


def test_nothing_half_written_stays(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = write(tmp_path / "train.jsonl", examples())
    monkeypatch.setattr("track_evaluator.masking.runs", lambda _mask: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        masked(folder, data, tmp_path / "masks.jsonl")
    assert [path.name for path in tmp_path.iterdir()] == ["train.jsonl"]


def test_the_program_tells_what_it_did(folder: Path, tmp_path: Path) -> None:
    data = write(tmp_path / "train.jsonl", ["{", *examples()])
    done = program(folder, data, tmp_path / "masks.jsonl")
    told = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.returncode == 0
    assert told[0] == {"type": "skipped", "line": 1, "reason": "is not JSON in UTF-8"}
    assert told[-1]["type"] == "done"
    assert told[-1]["density"] == pytest.approx(told[-1]["masked"] / told[-1]["tokens"])
    missing = program(folder, tmp_path / "none.jsonl", tmp_path / "masks.jsonl")
    assert missing.returncode == 1
    assert "none.jsonl" in json.loads(missing.stdout)["message"]


def program(folder: Path, data: Path, out: Path) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "track_evaluator", "mask", "--checkpoint", folder, "--data", data, "--out", out]
    return subprocess.run(
        [str(part) for part in [*command, "--max-length", LENGTH]],
        capture_output=True,
        text=True,
        env={"PATH": "/usr/bin:/bin", "PYTHONPATH": str(SOURCE), "LANG": "C.UTF-8"},
        check=False,
    )


def test_without_a_file_the_same_lines_come_among_the_messages(folder: Path, tmp_path: Path) -> None:
    data = write(tmp_path / "train.jsonl", examples())
    summary, _ = masked(folder, data, tmp_path / "masks.jsonl")
    command = [sys.executable, "-m", "track_evaluator", "mask", "--checkpoint", str(folder), "--data", str(data)]
    answered = subprocess.run(
        [*command, "--max-length", str(LENGTH)],
        capture_output=True,
        check=True,
        env={"PATH": "/usr/bin:/bin", "HOME": "/nonexistent", "PYTHONPATH": str(SOURCE)},
    )
    lines = answered.stdout.decode().splitlines()
    assert [line for line in lines if "type" not in json.loads(line)] == (tmp_path / "masks.jsonl").read_text().splitlines()
    done = json.loads(lines[-1])
    assert done["type"] == "done"
    assert sum(done["histogram"]) == done["tokens"] == summary.tokens
    assert sum(done["histogram"][5:]) == done["masked"]  # bin 5 begins at ln 2.5


def test_token_ids_are_taken_as_they_are(folder: Path, tmp_path: Path) -> None:
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    text = models.texts(1, 20)[0]
    ids = tokenizer(text, verbose=False)["input_ids"]
    as_text, _ = masked(folder, write(tmp_path / "a.jsonl", [{"text": text}]), tmp_path / "a")
    as_ids, _ = masked(folder, write(tmp_path / "b.jsonl", [{"input_ids": ids}]), tmp_path / "b")
    assert as_ids == as_text
    assert (tmp_path / "a").read_text() == (tmp_path / "b").read_text()
    bad = [{"input_ids": values} for values in ([], ["a"], [-1], [1 << 31], [300], [True])]
    summary, skipped = masked(folder, write(tmp_path / "c.jsonl", bad), tmp_path / "c")
    assert summary.skipped == len(skipped) == len(bad)

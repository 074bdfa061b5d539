"""Types against a plain sum over every token, and what tokens read as."""

import json
import math
import subprocess
import sys
from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import transformers

import models
from conversation import PROTOCOL, SOURCE, Evaluator, request
from track_evaluator.pieces import Vocabulary
from track_evaluator.types import type_losses


def plain(folder: Path, texts: list[str], context: int) -> dict[int, list[float]]:
    """NLL of every token by type, a window at a time, by transformers' own logits."""
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    model = transformers.AutoModelForCausalLM.from_pretrained(folder).eval()
    found: dict[int, list[float]] = defaultdict(list)
    for text in texts:
        ids = [tokenizer.bos_token_id, *tokenizer(text, add_special_tokens=False)["input_ids"]]
        assert len(ids) <= context + 1  # one window, so that no rule of windows is repeated here
        with torch.no_grad():
            chances = torch.log_softmax(model(torch.tensor([ids[:-1]])).logits[0].double(), dim=-1)
        for place, token in enumerate(ids[1:]):
            found[token].append(-chances[place, token].item())
    return found


def test_the_types_of_a_domain_are_those_of_a_plain_sum_and_add_up_to_it(evaluator: Evaluator, llama: Path, tmp_path: Path) -> None:
    texts = models.texts(12, 3)
    asked = {**request(llama, tmp_path / "documents.jsonl", {"a/b": texts}, context=60), "types": 7}
    answer = next(message for message in evaluator.evaluate(asked) if message["type"] == "domain")
    expected = plain(llama, texts, 60)
    types = answer["types"]
    order = sorted(expected, key=lambda token: (-sum(expected[token]), token))
    assert types["id"] == order[:7]
    assert types["count"] == [len(expected[token]) for token in order[:7]]
    assert types["nll"] == pytest.approx([sum(expected[token]) for token in order[:7]], rel=1e-5)
    assert types["rest"]["count"] == sum(len(expected[token]) for token in order[7:])
    assert sum(types["count"]) + types["rest"]["count"] == sum(answer["documents"]["tokens"])
    assert sum(types["nll"]) + types["rest"]["nll"] == pytest.approx(sum(answer["documents"]["nll"]), rel=1e-12)


@pytest.mark.parametrize("windows", ["disjoint", "strided", "truncated", "packed"])
def test_they_add_up_under_every_form_of_windows(evaluator: Evaluator, llama: Path, tmp_path: Path, windows: str) -> None:
    stride = {"stride": 5} if windows == "strided" else {}
    asked = request(llama, tmp_path / "documents.jsonl", {"a/b": models.texts(9, 40)}, windows=windows, **stride)
    answer = next(message for message in evaluator.evaluate({**asked, "types": 1000}) if message["type"] == "domain")
    assert answer["types"]["rest"] == {"count": 0, "nll": 0.0}
    assert sum(answer["types"]["count"]) == sum(answer["documents"]["tokens"])
    assert sum(answer["types"]["nll"]) == pytest.approx(sum(answer["documents"]["nll"]), rel=1e-12)


def test_none_are_listed_unless_asked_for(evaluator: Evaluator, llama: Path, tmp_path: Path) -> None:
    asked = request(llama, tmp_path / "documents.jsonl", {"a/b": ["the licence"]})
    for request_ in (asked, {**asked, "types": 0}):
        answer = next(message for message in evaluator.evaluate(request_) if message["type"] == "domain")
        assert "types" not in answer
    assert evaluator.evaluate({**asked, "types": -1})[-1]["type"] == "error"


def test_an_infinite_loss_comes_first_and_equal_ones_by_id() -> None:
    ids = np.asarray([5, 3, 9, 3, 7])
    listed = type_losses(ids, np.asarray([1.0, 0.25, math.inf, 0.75, 1.0], dtype=np.float32), 3, Vocabulary(models.tokenizer()))
    assert (listed["id"], listed["nll"], listed["count"]) == ([9, 3, 5], [math.inf, 1.0, 1.0], [1, 2, 1])
    assert listed["rest"] == {"count": 1, "nll": 1.0}


def test_tokens_read_as_their_text_and_join_to_whole_characters() -> None:
    tokenizer = models.tokenizer()
    vocabulary = Vocabulary(tokenizer)
    text = "größer 漢 def\x00 \ufffe"
    ids = tokenizer(text, add_special_tokens=False)["input_ids"]
    joined = "".join(part for _, _, part in vocabulary.groups(ids))
    assert joined == "größer 漢 def<0x00> <0xEF><0xBF><0xBE>"
    assert [begin for begin, _, _ in vocabulary.groups(ids)][1:] == [end for _, end, _ in vocabulary.groups(ids)][:-1]
    lone = tokenizer("漢", add_special_tokens=False)["input_ids"]
    half = lone[:1] if len(lone) > 1 else []
    assert all(part.startswith("<0x") for part in vocabulary.texts(half))
    assert vocabulary.texts([0, 299_999]) == ["<s>", "<299999>"]
    # Bytes that never become a character stand for themselves and hold nothing back.
    byte = tokenizer.convert_tokens_to_ids("ÿ")
    assert next(part for _, _, part in vocabulary.groups([byte, *ids[:1]])) == "<0xFF>"


def tokens(folder: Path, documents: Path, count: int, **protocol: Any) -> list[dict[str, Any]]:
    command = [sys.executable, "-m", "track_evaluator", "tokens", "--checkpoint", str(folder), "--documents", str(documents)]
    command += ["--domain", "a/b", "--count", str(count), "--protocol", json.dumps({**PROTOCOL, **protocol})]
    answered = subprocess.run(
        command, capture_output=True, check=False, env={"PATH": "/usr/bin:/bin", "HOME": "/nonexistent", "PYTHONPATH": str(SOURCE)}
    )
    assert answered.stdout, answered.stderr.decode()
    return [json.loads(line) for line in answered.stdout.splitlines()]


def test_the_tokens_command_tells_every_token_as_the_evaluation_scores_it(
    evaluator: Evaluator, llama: Path, tmp_path: Path
) -> None:
    texts = [*models.texts(3, 30), "größer 漢字"]
    asked = request(llama, tmp_path / "documents.jsonl", {"a/b": texts})
    answer = next(message for message in evaluator.evaluate({**asked, "types": 50}) if message["type"] == "domain")
    messages = tokens(llama, tmp_path / "documents.jsonl", len(texts))
    *documents, done = messages
    for document, text, nll, count in zip(documents, texts, answer["documents"]["nll"], answer["documents"]["tokens"], strict=True):
        assert "".join(piece["text"] for piece in document["pieces"]) == "<s>" + text
        scores = [score for piece in document["pieces"] for score in piece["nll"]]
        assert scores[0] is None
        assert len(scores) == count + 1
        assert sum(scores[1:]) == pytest.approx(nll, rel=1e-6)
    assert done["histogram"] == answer["histogram"]
    assert done["types"]["id"] == answer["types"]["id"]
    assert tokens(llama, tmp_path / "documents.jsonl", len(texts), windows="packed")[-1]["type"] == "error"
    assert tokens(tmp_path / "none", tmp_path / "documents.jsonl", 1)[-1]["type"] == "error"

"""`track-evaluator count-tokens` says how many tokens a document has, as the tokenizer itself does."""

import json
import subprocess
import sys
from pathlib import Path

from tokenizers import Tokenizer, models, pre_tokenizers, processors

from conversation import SOURCE


def test_every_document_is_counted_without_special_tokens(tmp_path: Path) -> None:
    _tokenizer(tmp_path)
    documents = [
        {"text": "a b a"},
        {"text": "b " * 3000},
        {"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b b"}]},
        {"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": ""}]},
        *({"text": "a " * length} for length in range(1, 200)),
    ]
    result = _count(tmp_path, documents)
    assert result.returncode == 0, result.stderr
    assert [int(line) for line in result.stdout.split()] == [3, 3000, 3, 1, *range(1, 200)]


def test_a_folder_without_a_tokenizer_is_named(tmp_path: Path) -> None:
    result = _count(tmp_path, [{"text": "a"}])
    assert result.returncode == 1
    assert str(tmp_path / "tokenizer.json") in result.stderr
    assert "Traceback" not in result.stderr


def _tokenizer(folder: Path) -> None:
    """Words are tokens; it would cut at ten tokens and add one in front, if it were let."""
    tokenizer = Tokenizer(models.WordLevel({"a": 0, "b": 1, "<s>": 2}, unk_token="a"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.post_processor = processors.TemplateProcessing(single="<s> $A", special_tokens=[("<s>", 2)])
    tokenizer.enable_truncation(10)
    tokenizer.enable_padding(length=10)
    tokenizer.save(str(folder / "tokenizer.json"))


def _count(folder: Path, documents: list[dict[str, object]]) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "track_evaluator", "count-tokens", str(folder)],
        input="".join(json.dumps(document) + "\n" for document in documents),
        env={"PYTHONPATH": str(SOURCE), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )

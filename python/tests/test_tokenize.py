"""`track-evaluator tokenize`: ids and ends of texts, without torch."""

import json
import subprocess
import sys
from pathlib import Path

from tokenizers import Tokenizer, models, pre_tokenizers, processors

from conversation import SOURCE


def _folder(path: Path) -> Path:
    tokenizer = Tokenizer(models.WordLevel({"<s>": 0, "a": 1, "bö": 2, "?": 3}, unk_token="?"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.post_processor = processors.TemplateProcessing(single="<s> $A", special_tokens=[("<s>", 0)])
    tokenizer.save(str(path / "tokenizer.json"))
    return path


def _run(folder: Path, *questions: object) -> "subprocess.CompletedProcess[bytes]":
    # torch is made to be missing: tokenising must not need it.
    program = f"import sys; sys.path.insert(0, {str(SOURCE)!r}); sys.modules['torch'] = None; "
    program += f"sys.argv = ['track-evaluator', 'tokenize', {str(folder)!r}]; from track_evaluator.__main__ import main; main()"
    asked = b"".join(json.dumps(question).encode() + b"\n" for question in questions)
    return subprocess.run([sys.executable, "-c", program], input=asked, capture_output=True, check=False)


def test_ids_and_the_characters_that_they_cover(tmp_path: Path) -> None:
    result = _run(_folder(tmp_path), {"text": "a bö a", "special": False}, {"text": "a", "special": True})
    greeting, plain, special = map(json.loads, result.stdout.splitlines())
    assert result.returncode == 0
    assert "tokenizers" in greeting
    assert plain == {"ids": [1, 2, 1], "ends": [1, 4, 6]}
    assert special == {"ids": [0, 1], "ends": [0, 1]}


def test_a_folder_without_tokenizer_is_named(tmp_path: Path) -> None:
    result = _run(tmp_path)
    assert result.returncode == 66
    assert str(tmp_path / "tokenizer.json").encode() in result.stderr
    assert b"Traceback" not in result.stderr

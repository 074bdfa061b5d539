"""`track-evaluator tokenize FOLDER`: text to token ids, JSON Lines over standard input and output.

For evaluators that do not load the model: it needs the `tokenizers` library alone, not torch.
"""

import json
import sys
from pathlib import Path

import tokenizers


def run(arguments: list[str]) -> int:
    """Answers `{"text", "special"}` with `{"ids", "ends"}` until standard input ends. `ends` counts characters of the text."""
    if len(arguments) != 1:
        print("usage: track-evaluator tokenize FOLDER", file=sys.stderr)
        return 64
    path = Path(arguments[0]) / "tokenizer.json"
    try:
        tokenizer = tokenizers.Tokenizer.from_file(str(path))
    except Exception as problem:  # the library raises plain Exception, for a missing file as for a damaged one
        print(f"cannot read {path}: {problem}. Save the tokenizer beside the model with save_pretrained.", file=sys.stderr)
        return 66
    tokenizer.no_truncation()
    tokenizer.no_padding()
    _say({"tokenizers": tokenizers.__version__})
    for line in sys.stdin.buffer:
        question = json.loads(line)
        encoded = tokenizer.encode(question["text"], add_special_tokens=question["special"])
        _say({"ids": encoded.ids, "ends": [end for _, end in encoded.offsets]})
    return 0


def _say(message: dict[str, object]) -> None:
    sys.stdout.buffer.write(json.dumps(message, separators=(",", ":")).encode() + b"\n")
    sys.stdout.buffer.flush()

"""`track-evaluator count-tokens`: how many tokens documents have, for `track domains add` to draw by.

Standard input holds a document per line, an object with `text` or `messages`; standard output gets a number per line, in order.
A text is counted without special tokens; of a conversation the contents are, without what a chat template adds.
"""

import argparse
import itertools
import json
import sys
from collections.abc import Iterator
from pathlib import Path

from tokenizers import Tokenizer

BLOCK_DOCUMENTS = 64
BLOCK_BYTES = 1 << 20


def run(arguments: list[str]) -> int:
    """The exit status: 0 when every document was counted, 1 when not, with the reason on standard error."""
    parser = argparse.ArgumentParser(prog="track-evaluator count-tokens", description=__doc__)
    parser.add_argument("folder", type=Path, help="a checkpoint's folder with tokenizer.json")
    path = parser.parse_args(arguments).folder / "tokenizer.json"
    try:
        tokenizer = Tokenizer.from_file(str(path))
    except Exception as problem:  # the library raises Exception itself
        print(f"{path} is not a tokenizer that can be read: {problem}. Save it again with save_pretrained.", file=sys.stderr)
        return 1
    tokenizer.no_truncation()
    tokenizer.no_padding()
    for block in _blocks(sys.stdin.buffer):
        documents = [_parts(line) for line in block]
        encoded = iter(tokenizer.encode_batch_fast(list(itertools.chain.from_iterable(documents)), add_special_tokens=False))
        counts = (sum(len(next(encoded)) for _ in parts) for parts in documents)
        sys.stdout.write("".join(f"{count}\n" for count in counts))
        sys.stdout.flush()
    return 0


def _blocks(lines: Iterator[bytes]) -> Iterator[list[bytes]]:
    """So many documents at a time as make a batch worth while, and not more than memory should hold."""
    block: list[bytes] = []
    size = 0
    for line in lines:
        block.append(line)
        size += len(line)
        if len(block) == BLOCK_DOCUMENTS or size >= BLOCK_BYTES:
            yield block
            block, size = [], 0
    if block:
        yield block


def _parts(line: bytes) -> list[str]:
    value = json.loads(line)
    return [value["text"]] if "text" in value else [message["content"] for message in value["messages"]]

"""A data collator for the Hugging Face Trainer that leaves out the tokens of a mask file (`track mask`).

from track_evaluator.collator import MaskedCollator

trainer = Trainer(..., data_collator=MaskedCollator(tokenizer, "masks.jsonl"))
"""

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

from track_evaluator.masking import FORMAT, digest

IGNORED = -100
"""The label that the loss of transformers leaves out."""


class MaskedCollator:
    """Pads token ids on the right and sets the labels of masked tokens to -100.

    An example is found by its token ids, so the order of the data does not matter; the tokenizer, the chat template and the
    length to which examples are cut must be those of `track mask`. One that is not found is an error, not an unmasked example.
    """

    def __init__(self, tokenizer: Any, masks: str | os.PathLike[str], pad_to_multiple_of: int | None = None) -> None:
        self._pad = tokenizer.pad_token_id if tokenizer.pad_token_id is not None else 0
        self._multiple = pad_to_multiple_of or 1
        self._path = Path(masks)
        self._masks = _read(self._path)

    def __call__(self, features: Sequence[Mapping[str, Any]]) -> dict[str, torch.Tensor]:
        """A batch of `input_ids`, `attention_mask` and `labels`. `labels` of a feature are kept where they are not masked."""
        longest = max(len(feature["input_ids"]) for feature in features)
        width = -(-longest // self._multiple) * self._multiple
        ids = torch.full((len(features), width), self._pad, dtype=torch.long)
        seen = torch.zeros((len(features), width), dtype=torch.long)
        labels = torch.full((len(features), width), IGNORED, dtype=torch.long)
        for row, feature in enumerate(features):
            own = torch.as_tensor(feature["input_ids"], dtype=torch.long)
            ids[row, : len(own)] = own
            seen[row, : len(own)] = 1
            labels[row, : len(own)] = torch.as_tensor(feature.get("labels", own), dtype=torch.long)
            for begin, end in self._mask(feature["input_ids"]):
                labels[row, begin:end] = IGNORED
        return {"input_ids": ids, "attention_mask": seen, "labels": labels}

    def _mask(self, ids: Any) -> np.ndarray:
        found = self._masks.get(digest(ids))
        if found is None:
            raise ValueError(
                f"{self._path} has no mask for an example of {len(ids)} tokens. Make the masks with `track mask` from the same "
                "data, tokenizer and chat template, and with the length to which the training cuts examples (--max-length)."
            )
        return found


def _read(path: Path) -> dict[str, np.ndarray]:
    with path.open(encoding="utf-8") as lines:
        head = json.loads(next(lines, "{}"))
        if not isinstance(head, dict) or head.get("track_masks") != FORMAT:
            raise ValueError(f"{path} is not a mask file of `track mask` (format {FORMAT}).")
        records = (json.loads(line) for line in lines)
        return {record["ids"]: np.asarray(record["masked"], dtype=np.int32).reshape(-1, 2) for record in records}

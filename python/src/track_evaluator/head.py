"""The output head apart from the body of a model, where that reproduces the model's own logits."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch

Final = Callable[[torch.Tensor], torch.Tensor]


@dataclass(frozen=True)
class Head:
    """A model in two steps: `body` gives hidden states [rows, tokens, width], `logits` float32 logits of some of them."""

    base: Any
    linear: torch.nn.Module
    final: Final

    def body(self, ids: torch.Tensor) -> torch.Tensor:
        """Hidden states of the last layer."""
        return self.base(input_ids=ids, use_cache=False).last_hidden_state

    def logits(self, hidden: torch.Tensor) -> torch.Tensor:
        """Float32 logits over the vocabulary."""
        return self.final(self.linear(hidden)).float()


def choose_head(model: Any, probe: torch.Tensor, own: torch.Tensor) -> Head | None:
    """The two steps that give the model's own logits on the probe, or None when no known form does.

    Gemma caps its logits after the head, Cohere, Granite and others scale them. What a configuration announces is
    tried, and so is the bare head; the closest form counts, and only if it is close.
    """
    base, linear = model.base_model, model.get_output_embeddings()
    if base is model or linear is None:
        return None
    hidden = getattr(base(input_ids=probe, use_cache=False), "last_hidden_state", None)
    if hidden is None or hidden.shape[-1] != linear.weight.shape[-1]:
        return None
    heads = [Head(base, linear, final) for final in _final_steps(model.config.get_text_config())]
    best = min(heads, key=lambda head: distance(head.logits(hidden), own))
    return best if distance(best.logits(hidden), own) <= tolerance(model.dtype) else None


def tolerance(dtype: torch.dtype) -> float:
    """Largest `distance` that rounding alone explains."""
    return 1e-4 if dtype == torch.float32 else 3e-2


def distance(one: torch.Tensor, other: torch.Tensor) -> float:
    """Largest difference relative to the largest value; infinite when they differ in shape or in where they are finite."""
    if one.shape != other.shape:
        return float("inf")
    difference = scale = 0.0
    # Row by row: each of the copies that this takes would be 33 MB for 64 positions of 128,000 logits, and the evaluator's peak.
    for left, right in zip(one.flatten(0, -2), other.flatten(0, -2), strict=True):
        finite = torch.isfinite(right)
        if not torch.equal(torch.isfinite(left), finite):
            return float("inf")
        if finite.any():
            left, right = left[finite].float(), right[finite].float()
            difference = max(difference, float((left - right).abs().max()))
            scale = max(scale, float(right.abs().max()))
    return difference / max(1e-6, scale)


def _final_steps(config: Any) -> list[Final]:
    """What models do with logits after the head, as their configurations name it; the bare head last."""
    steps: list[Final] = []
    if cap := getattr(config, "final_logit_softcapping", None):
        steps.append(lambda logits: torch.tanh(logits / cap) * cap)
    for name in ("logits_scaling", "logit_scale", "lm_head_multiplier"):
        if isinstance(scale := getattr(config, name, None), int | float) and scale not in (0, 1):
            steps.append(lambda logits, scale=scale: logits * scale)
            steps.append(lambda logits, scale=scale: logits / scale)
    return [*steps, lambda logits: logits]

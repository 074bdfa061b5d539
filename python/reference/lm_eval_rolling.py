"""Runs lm-evaluation-harness itself on the tests' models and writes what it says: `scripts/reference` starts it.

The models are the tests' own, random from a seed, so that a test can make them again and hold this evaluator's numbers against
lm-evaluation-harness's without installing it. Its document sums are kept in full; nothing of this evaluator's is.
"""

import hashlib
import importlib.metadata
import json
import tempfile
from pathlib import Path

import safetensors.torch
import torch
from lm_eval.api.instance import Instance
from lm_eval.models.huggingface import HFLM

import models

RESULT = Path(__file__).parents[1] / "tests" / "data" / "lm_eval_rolling.json"
CONTEXTS = (16, 64)
DOCUMENTS, LONGEST, SEED = 24, 60, 11


def weights_digest(folder: Path) -> str:
    """Of names and bytes of the weights: a seed that gives another model elsewhere must be told from a wrong number."""
    digest = hashlib.sha256()
    for name, tensor in sorted(safetensors.torch.load_file(folder / "model.safetensors").items()):
        digest.update(name.encode() + tensor.numpy().tobytes())
    return digest.hexdigest()


def rolling(folder: Path, context: int, batch: int, texts: list[str]) -> list[float]:
    """Log-likelihood of each text, float32. The cache is off: it confuses windows of repeated tokens."""
    harness = HFLM(
        pretrained=str(folder),
        device="cpu",
        dtype="float32",
        batch_size=batch,
        max_length=context,
        add_bos_token=False,
        logits_cache=False,
    )
    requests = [Instance("loglikelihood_rolling", {}, (text,), number) for number, text in enumerate(texts)]
    return harness.loglikelihood_rolling(requests, disable_tqdm=True)


def main() -> None:
    """Writes the file, and says how far two batch sizes of lm-evaluation-harness are apart."""
    texts = models.texts(DOCUMENTS, LONGEST, SEED)
    cases = []
    for family in models.CONFIGS:
        with tempfile.TemporaryDirectory() as name:
            folder = models.save(Path(name), family)
            for context in CONTEXTS:
                values = rolling(folder, context, 1, texts)
                batched = rolling(folder, context, 8, texts)
                apart = max(abs(one - other) / abs(one) for one, other in zip(values, batched, strict=True))
                print(f"{family}, context {context}: batches of 1 and of 8 differ by {apart:.1e} at most")
                cases.append({"family": family, "weights": weights_digest(folder), "context": context, "loglikelihood": values})
    made = {
        "by": "scripts/reference",
        "torch": torch.__version__,
        **{name: importlib.metadata.version(name) for name in ("lm_eval", "transformers", "tokenizers")},
        "call": "HFLM(dtype='float32', batch_size=1, add_bos_token=False, logits_cache=False).loglikelihood_rolling",
    }
    documents = {"count": DOCUMENTS, "longest": LONGEST, "seed": SEED}
    RESULT.write_text(json.dumps({"made": made, "documents": documents, "cases": cases}, indent=1) + "\n")
    print(f"written to {RESULT}")


if __name__ == "__main__":
    main()

"""Against lm-evaluation-harness, document by document: its numbers were made by `scripts/reference` and lie in `data/`."""

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import safetensors.torch

import models
from track_evaluator.checkpoint import CheckpointLoader
from track_evaluator.contract import Domain
from track_evaluator.documents import Tokenization, TokenizedDomain
from track_evaluator.protocol import Protocol
from track_evaluator.scoring import Scorer

REFERENCE = json.loads((Path(__file__).parent / "data" / "lm_eval_rolling.json").read_text())


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The models that lm-evaluation-harness read, made again from their seeds."""
    return {family: models.save(tmp_path_factory.mktemp(family), family) for family in models.CONFIGS}


def weights_digest(folder: Path) -> str:
    digest = hashlib.sha256()
    for name, tensor in sorted(safetensors.torch.load_file(folder / "model.safetensors").items()):
        digest.update(name.encode() + tensor.numpy().tobytes())
    return digest.hexdigest()


@pytest.mark.parametrize("case", REFERENCE["cases"], ids=lambda case: f"{case['family']}-{case['context']}")
def test_disjoint_windows_are_lm_evaluation_harness_rolling_loglikelihood(folders: dict[str, Path], case: dict[str, Any]) -> None:
    folder = folders[case["family"]]
    assert weights_digest(folder) == case["weights"], "the seed gives another model here: run scripts/reference"
    made = REFERENCE["documents"]
    texts = models.texts(made["count"], made["longest"], made["seed"])
    checkpoint = CheckpointLoader().load(str(folder), "sha256:0", "float32")
    protocol = Protocol(case["context"], "float32")
    domain = TokenizedDomain(Domain(index=0, name="a/b", documents=len(texts)))
    Tokenization(checkpoint, protocol, case["context"])._append(domain, list(texts))
    scores = Scorer(checkpoint).score(domain.sequences, protocol, case["context"], lambda _finished, _tokens: None)
    nll = [float(each.sum(dtype=np.float64)) for each in scores]
    assert nll == pytest.approx([-each for each in case["loglikelihood"]], rel=1e-6)

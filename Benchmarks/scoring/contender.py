"""One contender in a process of its own: loads, scores what it is told to, says what that took. Started by `scoring`."""

import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("HF_DATASETS_OFFLINE", "1")

import torch
import transformers

Score = Callable[[], tuple[float, int]]
"""Scores everything once: summed NLL in nats, and scored tokens."""


def ours(folder: Path, texts: list[str], dtype: str, context: int) -> Score:
    """The evaluator's own scoring, as in a run, without its process."""
    from track_evaluator import environment
    from track_evaluator.checkpoint import CheckpointLoader
    from track_evaluator.contract import Domain
    from track_evaluator.documents import Tokenization, TokenizedDomain
    from track_evaluator.protocol import Protocol
    from track_evaluator.scoring import Scorer

    environment.prepare()
    checkpoint = CheckpointLoader().load(str(folder), "sha256:0", dtype)
    protocol = Protocol(context, dtype)
    scorer = Scorer(checkpoint)

    def score() -> tuple[float, int]:
        domain = TokenizedDomain(Domain(index=0, name="a/b", documents=len(texts)))
        Tokenization(checkpoint, protocol, context)._append(domain, list(texts))
        values = scorer.score(domain.sequences, protocol, context, lambda _finished, _tokens: None)
        return sum(float(nll.sum(dtype="float64")) for nll in values), sum(len(nll) for nll in values)

    return score


def bare(folder: Path, texts: list[str], dtype: str, context: int) -> Score:
    """The model's own forward over the batches that we make of the same tokens, in the same arithmetic; the logits are thrown away."""
    from track_evaluator import environment, scoring
    from track_evaluator.checkpoint import CheckpointLoader
    from track_evaluator.contract import Domain
    from track_evaluator.documents import Tokenization, TokenizedDomain
    from track_evaluator.protocol import Protocol
    from track_evaluator.windows import windows

    environment.prepare()
    checkpoint = CheckpointLoader().load(str(folder), "sha256:0", dtype)
    protocol = Protocol(context, dtype)

    def score() -> tuple[float, int]:
        domain = TokenizedDomain(Domain(index=0, name="a/b", documents=len(texts)))
        Tokenization(checkpoint, protocol, context)._append(domain, list(texts))
        work = [
            piece
            for number, sequence in enumerate(domain.sequences)
            for piece in scoring._pieces(number, sequence.counted, windows(protocol, sequence.predictions, context))
        ]
        work.sort(key=lambda piece: -piece.window.length)
        with torch.inference_mode():
            for batch in scoring._batches(work, scoring.TOKENS_PER_BATCH["cpu"]):
                ids = torch.zeros(len(batch), batch[0].window.length, dtype=torch.int64)
                for row, piece in enumerate(batch):
                    part = domain.sequences[piece.number].ids[piece.window.start : piece.window.stop]
                    ids[row, : len(part)] = torch.from_numpy(part.astype("int64"))
                checkpoint.model(input_ids=ids, use_cache=False)
        return 0.0, sum(len(piece.counted) for piece in work)

    return score


def harness(batch: str) -> Callable[[Path, list[str], str, int], Score]:
    """lm-evaluation-harness with a batch size, or `auto`."""

    def make(folder: Path, texts: list[str], dtype: str, context: int) -> Score:
        from lm_eval.api.instance import Instance
        from lm_eval.models.huggingface import HFLM

        size: str | int = batch if batch == "auto" else int(batch)
        options: dict[str, Any] = {"max_length": context, "add_bos_token": False, "logits_cache": False}
        model = HFLM(pretrained=str(folder), device="cpu", dtype=dtype, batch_size=size, max_batch_size=64, **options)

        def score() -> tuple[float, int]:
            requests = [Instance("loglikelihood_rolling", {}, (text,), number) for number, text in enumerate(texts)]
            values = model.loglikelihood_rolling(requests, disable_tqdm=True)
            return -sum(values), sum(len(model.tok_encode(text)) for text in texts)

        return score

    return make


def loop(folder: Path, texts: list[str], dtype: str, context: int) -> Score:
    """What a notebook does: one text after the other, the model's own loss, cut to the context."""
    model = transformers.AutoModelForCausalLM.from_pretrained(folder, dtype=getattr(torch, dtype)).eval()
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)

    def score() -> tuple[float, int]:
        nll, tokens = 0.0, 0
        with torch.no_grad():
            for text in texts:
                ids = tokenizer(tokenizer.bos_token + text, return_tensors="pt", truncation=True, max_length=context)["input_ids"]
                count = ids.shape[1] - 1
                nll += float(model(input_ids=ids, labels=ids).loss) * count
                tokens += count
        return nll, tokens

    return score


CONTENDERS = {"ours": ours, "bare forward": bare, "lm-eval, batch 8": harness("8"), "lm-eval, auto": harness("auto"), "loop": loop}


def main() -> None:
    """Arguments: name, folder, dtype, context. Says what scoring took, without loading."""
    name, folder, dtype, context = sys.argv[1], Path(sys.argv[2]), sys.argv[3], int(sys.argv[4])
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    transformers.logging.set_verbosity_error()
    texts = json.loads((folder / "documents.json").read_text())
    score = CONTENDERS[name](folder, texts, dtype, context)
    cpu, wall = time.process_time(), time.perf_counter()
    nll, tokens = score()
    spent = {"cpu": time.process_time() - cpu, "wall": time.perf_counter() - wall}
    print(json.dumps({"nll": nll, "tokens": tokens, "peak": _peak(), **spent}), file=answers, flush=True)


def _peak() -> int:
    """Bytes. Not `ru_maxrss`, which begins with what the parent held when it started this process."""
    [peak] = [line.split()[1] for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM:")]
    return int(peak) * 1024


if __name__ == "__main__":
    main()

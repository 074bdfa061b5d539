"""Computes perplexity once more, in the slowest and plainest way, to check the evaluator against.

    verify_perplexity.py --checkpoint DIR --documents FILE.jsonl... --context N

Every document alone and one window at a time through the model's own forward; nothing is batched, sorted, chunked or
shared with the evaluator. Prints {"source/subdomain": {"nll": …, "tokens": …, "perplexity": …, "documents": [{nll, tokens}]}}.
"""

import argparse
import json
import math
from pathlib import Path
from typing import Any

import torch
import transformers


def document_nll(model: Any, prefix: int, tokens: list[int], context: int) -> float:
    """Summed NLL of a document in nats: the tokens in runs of `context`, each run scored by one forward pass.

    The first run sees the prefix token before it. A later run sees the token before it, and the last one, when it is
    short, as many tokens before it as fill the context.
    """
    total = 0.0
    for start in range(0, len(tokens), context):
        run = tokens[start : start + context]
        before = [prefix] if start == 0 else tokens[start - 1 - (context - len(run)) : start]
        logits = model(torch.tensor([before + run[:-1]])).logits[0].float()
        chances = torch.log_softmax(logits[-len(run) :], dim=-1)
        total -= sum(chances[i, token].item() for i, token in enumerate(run))
    return total


def domain_totals(checkpoint: Path, files: list[Path], context: int) -> dict[str, dict[str, Any]]:
    """Per domain: summed NLL, scored tokens and perplexity, and NLL and tokens of each document."""
    model = transformers.AutoModelForCausalLM.from_pretrained(checkpoint, dtype=torch.float32, local_files_only=True).eval()
    tokenizer = transformers.AutoTokenizer.from_pretrained(checkpoint, local_files_only=True)
    prefix = tokenizer.bos_token_id if tokenizer.bos_token_id is not None else tokenizer.eos_token_id
    result: dict[str, dict[str, Any]] = {}
    for file in files:
        for line in file.read_text(encoding="utf-8").split("\n"):
            if not line:
                continue
            document = json.loads(line)
            tokens = tokenizer(document["text"], add_special_tokens=False, verbose=False)["input_ids"]
            with torch.no_grad():
                nll = document_nll(model, prefix, tokens, context)
            domain = result.setdefault(f"{document['source']}/{document['subdomain']}", {"nll": 0.0, "tokens": 0, "documents": []})
            domain["nll"] += nll
            domain["tokens"] += len(tokens)
            domain["documents"].append({"nll": nll, "tokens": len(tokens)})
    for domain in result.values():
        domain["perplexity"] = math.exp(domain["nll"] / domain["tokens"])
    return result


def main() -> None:
    """Reads the arguments and prints the result as JSON."""
    parser = argparse.ArgumentParser(description="Computes perplexity once more, plainly, to check the evaluator against.")
    parser.add_argument("--checkpoint", type=Path, required=True, metavar="DIR")
    parser.add_argument("--documents", type=Path, required=True, nargs="+", metavar="FILE.jsonl")
    parser.add_argument("--context", type=int, required=True, metavar="TOKENS")
    arguments = parser.parse_args()
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    print(json.dumps(domain_totals(arguments.checkpoint, arguments.documents, arguments.context), indent=1))


if __name__ == "__main__":
    main()

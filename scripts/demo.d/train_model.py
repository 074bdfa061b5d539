"""Trains a tiny Llama on a mixture, then fine-tunes it on one domain, and registers every checkpoint with track.

    train_model.py --data OUT --into DIR --seed N [--small] [--track PROGRAM] [--lineage NAME] [--masks FILE]

OUT is what make_domains.py wrote. Writes DIR/base (the model trained on the mixture), DIR/blocks.jsonl (the token ids that it is
fine-tuned on) and DIR/tuned/checkpoint-N (the Hugging Face Trainer's checkpoints). With --masks, what `track mask` wrote for
those blocks, only the fine-tuning is done again, from DIR/base on the same blocks in the same order, without the masked tokens;
its checkpoints are DIR/masked/checkpoint-N. The fine-tuning goes on at a high constant rate, so that the model forgets: it gets
better where it is trained and worse everywhere else. That is what track is there to see.
"""

import argparse
import json
import logging
import os
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

# Evaluations run beside the training: threads that spin while they wait would take four times the processor time. Read when
# torch is imported.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")

import tokenizers
import torch
import transformers

from track_evaluator.collator import MaskedCollator
from track_evaluator.trainer import TrackCallback

CONTEXT = 128
BATCH = 32
IN_DOMAIN = "legal/licences"
HELDOUT_TOKENS = {False: 20_000, True: 6_000}  # planned for a held-out domain, by --small


@dataclass(frozen=True)
class Size:
    """Sizes and steps at which the effect shows within a minute (or 15 seconds) on two cores."""

    vocabulary: int
    layers: int
    base_steps: int
    tuning_steps: int
    save_every: int


FULL = Size(vocabulary=1024, layers=3, base_steps=250, tuning_steps=60, save_every=12)
SMALL = Size(vocabulary=512, layers=2, base_steps=120, tuning_steps=40, save_every=10)


def read_documents(folder: Path) -> dict[str, list[str]]:
    """Texts by domain."""
    result = {}
    for path in sorted(folder.glob("*/*.jsonl")):
        lines = path.read_text(encoding="utf-8").split("\n")
        result[f"{path.parent.name}/{path.stem}"] = [json.loads(line)["text"] for line in lines if line]
    return result


def train_tokenizer(training: dict[str, list[str]], size: Size) -> transformers.PreTrainedTokenizerFast:
    """A byte-level BPE over equal shares of all domains."""
    core = tokenizers.Tokenizer(tokenizers.models.BPE())
    core.pre_tokenizer = tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False)
    core.decoder = tokenizers.decoders.ByteLevel()
    trainer = tokenizers.trainers.BpeTrainer(
        vocab_size=size.vocabulary,
        special_tokens=["<s>", "</s>"],
        initial_alphabet=sorted(tokenizers.pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
    )
    share = min(sum(map(len, texts)) for texts in training.values())
    core.train_from_iterator((text for texts in training.values() for text in up_to(texts, share)), trainer)
    return transformers.PreTrainedTokenizerFast(tokenizer_object=core, bos_token="<s>", eos_token="</s>", model_max_length=CONTEXT)


def up_to(texts: list[str], characters: int) -> list[str]:
    """The first texts, up to a number of characters."""
    result, total = [], 0
    for text in texts:
        if total >= characters:
            break
        result.append(text)
        total += len(text)
    return result


def count_heldout(tokenizer: transformers.PreTrainedTokenizerFast, heldout: dict[str, list[str]], planned: int) -> None:
    """Says how many tokens every evaluation will score, and which domains have more than planned."""
    counts = {
        domain: sum(map(len, tokenizer(texts, add_special_tokens=False, verbose=False)["input_ids"]))
        for domain, texts in heldout.items()
    }
    say(f"{sum(counts.values()):,} held-out tokens in {len(counts)} domains")
    for domain, tokens in counts.items():
        if tokens > planned:
            say(f"{domain} has {tokens:,} held-out tokens, more than the {planned:,} planned: evaluations take longer")


def stream(tokenizer: transformers.PreTrainedTokenizerFast, texts: list[str]) -> torch.Tensor:
    """All texts in one row of token ids, each behind a BOS and before an EOS."""
    encoded = tokenizer(texts, add_special_tokens=False, verbose=False)["input_ids"]
    row: list[int] = []
    for ids in encoded:
        row += [tokenizer.bos_token_id, *ids, tokenizer.eos_token_id]
    return torch.tensor(row)


def new_model(tokenizer: transformers.PreTrainedTokenizerFast, size: Size) -> transformers.LlamaForCausalLM:
    """A Llama of half a million parameters."""
    return transformers.LlamaForCausalLM(
        transformers.LlamaConfig(
            vocab_size=len(tokenizer),
            hidden_size=128,
            intermediate_size=320,
            num_hidden_layers=size.layers,
            num_attention_heads=4,
            max_position_embeddings=CONTEXT,
            tie_word_embeddings=True,
            bos_token_id=tokenizer.bos_token_id,
            eos_token_id=tokenizer.eos_token_id,
        )
    )


def train_base(model: transformers.LlamaForCausalLM, streams: list[torch.Tensor], size: Size, seed: int) -> None:
    """Trains on windows drawn from all domains alike."""
    generator = torch.Generator().manual_seed(seed)
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3, weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda step: min(1, (step + 1) / 20) * max(0.1, 1 - step / size.base_steps)
    )
    began = time.monotonic()
    model.train()
    for step in range(1, size.base_steps + 1):
        rows = []
        for _ in range(BATCH):
            tokens = streams[int(torch.randint(len(streams), (), generator=generator))]
            start = int(torch.randint(len(tokens) - CONTEXT, (), generator=generator))
            rows.append(tokens[start : start + CONTEXT])
        batch = torch.stack(rows)
        loss = model(input_ids=batch, labels=batch).loss
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad()
        schedule.step()
        if step % (size.base_steps // 5) == 0:
            say(f"base      step {step:3} of {size.base_steps}  loss {loss.item():.3f}  {time.monotonic() - began:.0f} s")


class TellProgress(transformers.TrainerCallback):
    """One line per saved checkpoint."""

    def __init__(self, steps: int) -> None:
        self._steps = steps
        self._began = time.monotonic()

    def on_log(self, args: Any, state: Any, control: Any, logs: dict[str, float] | None = None, **kwargs: Any) -> None:  # noqa: ARG002
        """Prints what the Trainer logs."""
        if logs and "loss" in logs:
            seconds = time.monotonic() - self._began
            say(f"fine-tune step {state.global_step:3} of {self._steps}  loss {float(logs['loss']):.3f}  {seconds:.0f} s")


def fine_tune(
    model: transformers.LlamaForCausalLM,
    tokenizer: transformers.PreTrainedTokenizerFast,
    blocks: torch.Tensor,
    into: Path,
    size: Size,
    seed: int,
    callbacks: list[transformers.TrainerCallback],
    collator: Any = transformers.default_data_collator,
) -> None:
    """Goes on with the Hugging Face Trainer on one domain alone."""
    trainer = transformers.Trainer(
        model=model,
        args=transformers.TrainingArguments(
            output_dir=str(into),
            max_steps=size.tuning_steps,
            per_device_train_batch_size=BATCH,
            learning_rate=1.5e-3,
            lr_scheduler_type="constant",
            save_steps=size.save_every,
            save_only_model=True,
            logging_steps=size.save_every,
            include_num_input_tokens_seen=True,
            report_to="none",
            disable_tqdm=True,
            use_cpu=True,
            dataloader_pin_memory=False,
            seed=seed,
        ),
        train_dataset=[{"input_ids": block, "labels": block} for block in blocks],
        data_collator=collator,
        processing_class=tokenizer,
        callbacks=[TellProgress(size.tuning_steps), *callbacks],
    )
    trainer.remove_callback(transformers.PrinterCallback)
    trainer.train()


def write_blocks(blocks: torch.Tensor, path: Path) -> None:
    """The training examples as `track mask` reads them."""
    path.write_text("".join(json.dumps({"input_ids": block}) + "\n" for block in blocks.tolist()), encoding="utf-8")


def read_blocks(path: Path) -> torch.Tensor:
    """What `write_blocks` wrote."""
    return torch.tensor([json.loads(line)["input_ids"] for line in path.read_text(encoding="utf-8").splitlines()])


def say(line: str) -> None:
    """A line that a person sees at once."""
    print(line, flush=True)


def main() -> None:
    """Reads the arguments and does all of it."""
    parser = argparse.ArgumentParser(description="Trains a tiny model, fine-tunes it on one domain, and registers checkpoints.")
    parser.add_argument("--data", type=Path, required=True, help="what make_domains.py wrote")
    parser.add_argument("--into", type=Path, required=True, help="a folder for the checkpoints")
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--small", action="store_true", help="the quick form")
    parser.add_argument("--track", help="the track program; without it nothing is registered")
    parser.add_argument("--lineage", default="licences")
    parser.add_argument("--masks", type=Path, help="fine-tune again, without the tokens that this file of `track mask` names")
    parser.add_argument("--readable-by-all", action="store_true", help="lets evaluations run as another user")
    arguments = parser.parse_args()
    logging.basicConfig(format="%(message)s", stream=sys.stdout)
    logging.getLogger("track").setLevel(logging.INFO)
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    transformers.set_seed(arguments.seed)

    size = SMALL if arguments.small else FULL
    base = arguments.into / "base"
    callbacks = []
    if arguments.track:
        callbacks.append(
            TrackCallback(
                arguments.lineage,
                baseline=base,
                in_domain=[IN_DOMAIN],
                track=arguments.track,
                readable_by_all=arguments.readable_by_all,
            )
        )
    if arguments.masks:
        tokenizer = transformers.AutoTokenizer.from_pretrained(base)
        model = transformers.LlamaForCausalLM.from_pretrained(base)
        collator = MaskedCollator(tokenizer, arguments.masks)
        blocks = read_blocks(arguments.into / "blocks.jsonl")
        fine_tune(model, tokenizer, blocks, arguments.into / "masked", size, arguments.seed, callbacks, collator)
        return
    training = read_documents(arguments.data / "training")
    if IN_DOMAIN not in training:
        sys.exit(f"{arguments.data} has no training text of {IN_DOMAIN}: run make_domains.py first")
    tokenizer = train_tokenizer(training, size)
    count_heldout(tokenizer, read_documents(arguments.data / "heldout"), HELDOUT_TOKENS[arguments.small])
    streams = {domain: stream(tokenizer, texts) for domain, texts in training.items()}
    model = new_model(tokenizer, size)
    say(f"training a Llama of {model.num_parameters():,} parameters on {len(streams)} domains, then on {IN_DOMAIN} alone")
    train_base(model, list(streams.values()), size, arguments.seed)
    model.save_pretrained(base)
    tokenizer.save_pretrained(base)
    tokens = streams[IN_DOMAIN]
    blocks = tokens[: len(tokens) // CONTEXT * CONTEXT].view(-1, CONTEXT)
    write_blocks(blocks, arguments.into / "blocks.jsonl")
    fine_tune(model, tokenizer, blocks, arguments.into / "tuned", size, arguments.seed, callbacks)


if __name__ == "__main__":
    main()

"""What every contender scores: random Llamas of real sizes, and real text of mixed lengths."""

import json
import random
from dataclasses import dataclass
from pathlib import Path

import tokenizers
import torch
import transformers

CONTEXT = 1024


@dataclass(frozen=True)
class Size:
    """A model to measure with."""

    name: str
    vocabulary: int
    hidden: int
    layers: int


SIZES = {
    "tiny": Size("tiny", 4_096, 64, 2),
    "100M": Size("100M", 32_000, 768, 8),
    "174M": Size("174M", 128_000, 768, 8),
}
"""`tiny` is for trying the programs out. The other two have 106 and 253 million parameters with both embeddings."""


def make(folder: Path, size: Size, tokens: int) -> Path:
    """A checkpoint folder with a file `documents.json` of texts that hold about so many tokens in all."""
    texts = _texts()
    tokenizer = _tokenizer(texts)
    torch.manual_seed(0)
    config = transformers.LlamaConfig(
        vocab_size=size.vocabulary,
        hidden_size=size.hidden,
        intermediate_size=size.hidden * 8 // 3 // 16 * 16,
        num_hidden_layers=size.layers,
        num_attention_heads=size.hidden // 64,
        max_position_embeddings=CONTEXT,
        bos_token_id=0,
        eos_token_id=0,
        tie_word_embeddings=False,
    )
    transformers.LlamaForCausalLM(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    chosen, held = [], 0
    generator = random.Random(1)
    while held < tokens:
        text = generator.choice(texts)
        # Log-normal, as documents of the web are: half below 230 tokens, a tenth above 1,000.
        size_in_characters = int(700 * generator.lognormvariate(0, 1.15))
        start = generator.randrange(max(1, len(text) - size_in_characters))
        piece = text[start : start + size_in_characters]
        if piece.strip():
            chosen.append(piece)
            held += len(tokenizer(piece)["input_ids"])
    (folder / "documents.json").write_text(json.dumps(chosen))
    return folder


def _texts() -> list[str]:
    """The Python standard library and Debian's licences: on every machine that can run this."""
    found = [*sorted(Path(random.__file__).parent.glob("*.py")), *sorted(Path("/usr/share/doc").glob("*/copyright"))]
    texts = [path.read_text(errors="ignore") for path in found[:600] if path.is_file()]
    return [text for text in texts if len(text) > 500]


def _tokenizer(texts: list[str]) -> transformers.PreTrainedTokenizerFast:
    """Of 4,000 tokens: what a head costs depends on the width of the embedding, not on how many of its rows are used."""
    core = tokenizers.Tokenizer(tokenizers.models.BPE())
    core.pre_tokenizer = tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False)
    core.decoder = tokenizers.decoders.ByteLevel()
    alphabet = tokenizers.pre_tokenizers.ByteLevel.alphabet()
    trainer = tokenizers.trainers.BpeTrainer(vocab_size=4000, special_tokens=["<s>"], initial_alphabet=alphabet, show_progress=False)
    core.train_from_iterator(texts[:200], trainer)
    return transformers.PreTrainedTokenizerFast(tokenizer_object=core, bos_token="<s>", eos_token="<s>")

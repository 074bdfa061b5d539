"""Tiny random models with a real tokenizer, made on the spot: what the tests evaluate."""

import random
from pathlib import Path
from typing import Any

import tokenizers
import torch
import transformers

WORDS = (
    "the licence of a copy shall not be held liable for any damage Übermut größer naïve 漢字 def return import class self".split()
)


def texts(count: int, longest: int, seed: int = 0) -> list[str]:
    """Texts of 1 to `longest` words."""
    generator = random.Random(seed)
    return [" ".join(generator.choices(WORDS, k=1 + generator.randrange(longest))) for _ in range(count)]


def tokenizer(bos: bool = True, eos: bool = True) -> transformers.PreTrainedTokenizerFast:
    """A byte-level BPE of 300 tokens, with or without the tokens that can be a prefix."""
    core = tokenizers.Tokenizer(tokenizers.models.BPE())
    core.pre_tokenizer = tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False)
    core.decoder = tokenizers.decoders.ByteLevel()
    trainer = tokenizers.trainers.BpeTrainer(
        vocab_size=300,
        special_tokens=["<s>", "</s>"],
        initial_alphabet=tokenizers.pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    core.train_from_iterator(texts(200, 30), trainer)
    named = {"bos_token": "<s>"} if bos else {}
    return transformers.PreTrainedTokenizerFast(tokenizer_object=core, **named, **({"eos_token": "</s>"} if eos else {}))


SIZE: dict[str, Any] = {
    "vocab_size": 300,
    "hidden_size": 32,
    "intermediate_size": 64,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "head_dim": 8,
    "max_position_embeddings": 64,
    "bos_token_id": 0,
    "eos_token_id": 1,
    "pad_token_id": None,
}

CONFIGS = {
    "llama": lambda: transformers.LlamaConfig(**SIZE, tie_word_embeddings=False),
    "gpt2": lambda: transformers.GPT2Config(vocab_size=300, n_positions=64, n_embd=32, n_layer=2, n_head=4),
    "gemma2": lambda: transformers.Gemma2Config(**SIZE, final_logit_softcapping=3.0, query_pre_attn_scalar=8),
    "cohere": lambda: transformers.CohereConfig(**{k: v for k, v in SIZE.items() if k != "head_dim"}, logit_scale=0.25),
    "granite": lambda: transformers.GraniteConfig(**{k: v for k, v in SIZE.items() if k != "head_dim"}, logits_scaling=4.0),
}


def build(family: str, seed: int = 0) -> transformers.PreTrainedModel:
    """A random model whose logits differ from token to token as much as a trained one's."""
    torch.manual_seed(seed)
    model = transformers.AutoModelForCausalLM.from_config(CONFIGS[family]())
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.dim() == 2:
                parameter.mul_(6)
    return model.eval()


def save(folder: Path, family: str = "llama", seed: int = 0, **tokens: bool) -> Path:
    """Writes a checkpoint folder of model and tokenizer, and returns it."""
    build(family, seed).save_pretrained(folder)
    tokenizer(**tokens).save_pretrained(folder)
    return folder

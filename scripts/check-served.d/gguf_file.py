"""A checkpoint of the Llama family as the file that llama.cpp reads, in float32: `gguf_file.py FOLDER FILE`.

llama.cpp's own converter knows tokenizers by the hash of what they make of a sample, and refuses one that was trained on the spot.
"""

import json
import sys
from pathlib import Path
from typing import Any

import gguf
import numpy as np
import safetensors.numpy

NAMES = {
    "input_layernorm": "attn_norm",
    "self_attn.q_proj": "attn_q",
    "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output",
    "post_attention_layernorm": "ffn_norm",
    "mlp.gate_proj": "ffn_gate",
    "mlp.up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down",
}


def write(folder: Path, file: Path) -> None:
    config = json.loads((folder / "config.json").read_text())
    writer = gguf.GGUFWriter(file, "llama")
    _describe(writer, config)
    _add_tokenizer(writer, json.loads((folder / "tokenizer.json").read_text()), config)
    for name, tensor in safetensors.numpy.load_file(folder / "model.safetensors").items():
        writer.add_tensor(*_renamed(name, tensor, config))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def _describe(writer: gguf.GGUFWriter, config: dict[str, Any]) -> None:
    writer.add_file_type(gguf.LlamaFileType.ALL_F32)
    writer.add_context_length(config["max_position_embeddings"])
    writer.add_embedding_length(config["hidden_size"])
    writer.add_block_count(config["num_hidden_layers"])
    writer.add_feed_forward_length(config["intermediate_size"])
    writer.add_head_count(config["num_attention_heads"])
    writer.add_head_count_kv(config["num_key_value_heads"])
    writer.add_layer_norm_rms_eps(config["rms_norm_eps"])
    writer.add_rope_dimension_count(config["head_dim"])
    writer.add_rope_freq_base(config["rope_parameters"]["rope_theta"])
    writer.add_vocab_size(config["vocab_size"])


def _add_tokenizer(writer: gguf.GGUFWriter, tokenizer: dict[str, Any], config: dict[str, Any]) -> None:
    special = {token["id"]: token["content"] for token in tokenizer["added_tokens"]}
    by_id = {number: token for token, number in tokenizer["model"]["vocab"].items()} | special
    tokens = [by_id[number] for number in range(config["vocab_size"])]
    kinds = [gguf.TokenType.CONTROL if number in special else gguf.TokenType.NORMAL for number in range(len(tokens))]
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("gpt-2")
    writer.add_token_list(tokens)
    writer.add_token_types(kinds)
    writer.add_token_merges([" ".join(pair) for pair in tokenizer["model"]["merges"]])
    writer.add_bos_token_id(config["bos_token_id"])
    writer.add_eos_token_id(config["eos_token_id"])
    writer.add_add_bos_token(True)


def _renamed(name: str, tensor: np.ndarray, config: dict[str, Any]) -> tuple[str, np.ndarray]:
    match name.removesuffix(".weight").removeprefix("model.").split(".", 2):
        case ["embed_tokens"]:
            return "token_embd.weight", tensor
        case ["norm"]:
            return "output_norm.weight", tensor
        case ["lm_head"]:
            return "output.weight", tensor
        case ["layers", layer, part]:
            heads = {"self_attn.q_proj": "num_attention_heads", "self_attn.k_proj": "num_key_value_heads"}.get(part)
            turned = tensor if heads is None else _interleaved(tensor, config[heads])
            return f"blk.{layer}.{NAMES[part]}.weight", turned
    raise SystemExit(f"gguf_file.py: {name} is no tensor of a Llama")


def _interleaved(tensor: np.ndarray, heads: int) -> np.ndarray:
    """transformers turns the halves of a head against each other, llama.cpp its neighbours."""
    rows = tensor.reshape(heads, 2, tensor.shape[0] // heads // 2, *tensor.shape[1:])
    return np.ascontiguousarray(rows.swapaxes(1, 2).reshape(tensor.shape))


if __name__ == "__main__":
    write(Path(sys.argv[1]), Path(sys.argv[2]))

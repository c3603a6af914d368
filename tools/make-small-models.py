"""Writes the small random models that the tests of packages/rl read, and what transformers computes with them.

    python tools/make-small-models.py packages/rl/src/models/fixtures

Logits are computed in float64 from the weights as stored. Needs torch and transformers; see README.md.
"""

import json
import sys
from pathlib import Path

import torch
from transformers import AutoModelForCausalLM, LlamaConfig, LlamaForCausalLM, Qwen2Config, Qwen2ForCausalLM

PROMPTS = [[1, 2, 3, 4, 5], [7], [22, 0, 9, 9, 12, 5, 17, 3], [20, 11]]
NEW_TOKENS = 8
COMMON = dict(
    vocab_size=23,
    num_hidden_layers=2,
    max_position_embeddings=24,
    initializer_range=0.3,
    bos_token_id=0,
    eos_token_id=1,
    pad_token_id=2,
)
LLAMA3_ROPE = dict(
    rope_type="llama3",
    rope_theta=10.0,
    factor=4.0,
    low_freq_factor=1.0,
    high_freq_factor=3.0,
    # Small enough for kept, blended and divided frequencies to occur within 24 positions.
    original_max_position_embeddings=20,
)


def models():
    """Folder, model, type of the stored weights, largest shard."""
    # Grouped queries, heads wider than hidden_size / heads, a head of its own.
    llama = LlamaConfig(
        hidden_size=16, intermediate_size=40, num_attention_heads=4, num_key_value_heads=2, head_dim=8, **COMMON
    )
    yield "small-llama", LlamaForCausalLM(llama), torch.float32, "1GB"
    # Everything with a bias, stretched positions, tied, half precision in shards.
    llama3 = LlamaConfig(
        hidden_size=24,
        intermediate_size=32,
        num_attention_heads=3,
        num_key_value_heads=1,
        attention_bias=True,
        mlp_bias=True,
        tie_word_embeddings=True,
        rope_parameters=LLAMA3_ROPE,
        **{**COMMON, "eos_token_id": [1, 4]},
    )
    yield "small-llama3", LlamaForCausalLM(llama3), torch.bfloat16, "8KB"
    qwen2 = Qwen2Config(
        hidden_size=16,
        intermediate_size=24,
        num_attention_heads=2,
        num_key_value_heads=2,
        tie_word_embeddings=True,
        rope_parameters=dict(rope_type="default", rope_theta=1e6),
        **COMMON,
    )
    yield "small-qwen2", Qwen2ForCausalLM(qwen2), torch.float16, "1GB"


@torch.no_grad()
def expected(model, ids):
    logits = model(torch.tensor([ids])).logits[0]
    log_probs = logits.log_softmax(-1)
    greedy = list(ids)
    for _ in range(NEW_TOKENS):
        greedy.append(model(torch.tensor([greedy])).logits[0, -1].argmax().item())
    return {
        "input_ids": ids,
        "logits": [[round(value, 9) for value in row] for row in logits.tolist()],
        "next_token_logps": [round(log_probs[i, token].item(), 9) for i, token in enumerate(ids[1:])],
        "greedy_8": greedy[len(ids) :],
    }


def main():
    root = Path(sys.argv[1])
    for seed, (name, model, dtype, shard_size) in enumerate(models()):
        generator = torch.Generator().manual_seed(seed)
        for parameter_name, parameter in model.named_parameters():
            noise = torch.empty_like(parameter).normal_(0, 0.3, generator=generator)
            # Norms of exactly 1 and biases of 0 would hide a mistake.
            parameter.data = noise + 1 if "norm" in parameter_name else noise
        folder = root / name
        model.to(dtype).save_pretrained(folder, max_shard_size=shard_size)
        (folder / "generation_config.json").unlink(missing_ok=True)
        for file in folder.glob("*.safetensors"):
            file.chmod(0o644)
        stored = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float64).eval()
        cases = [expected(stored, ids) for ids in PROMPTS]
        (folder / "expected.json").write_text(json.dumps({"cases": cases}) + "\n")


main()

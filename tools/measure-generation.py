"""Speed of sampling from a GPT-2-shaped model in PyTorch, for `npm run bench -- engine`.

    python tools/measure-generation.py --loop hand --layers 4 --width 128 ... --batch 16 --prompt 16 --output 64 --steps 5

Prints one JSON line: new tokens per second of each measured batch, after a warm-up. `--loop hand` is a loop written for
speed, with keys and values in memory that is set aside once; it needs torch only. `--loop transformers` is `generate`
of transformers. Both draw at temperature 1 from the whole vocabulary and never end early; nothing is downloaded.
"""

import argparse
import json
import time

import torch
from torch import nn
from torch.nn import functional as F

WARM_UP_BATCHES = 2


class Block(nn.Module):
    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.qkv, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.fc, self.proj = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)

    def forward(self, x: torch.Tensor, keys: torch.Tensor, values: torch.Tensor, start: int) -> torch.Tensor:
        """Reads x [B, T, D] at positions start.. and keeps its keys and values [B, H, capacity, D / H]."""
        rows, length, width = x.shape
        end = start + length
        split = lambda t: t.view(rows, length, self.heads, width // self.heads).transpose(1, 2)
        q, k, v = (split(t) for t in self.qkv(self.norm1(x)).chunk(3, dim=-1))
        keys[:, :, start:end], values[:, :, start:end] = k, v
        # The prompt is read at once and looks back only; a single new token sees everything before it.
        mixed = F.scaled_dot_product_attention(q, keys[:, :, :end], values[:, :, :end], is_causal=length > 1)
        x = x + self.out(mixed.transpose(1, 2).reshape(rows, length, width))
        return x + self.proj(F.gelu(self.fc(self.norm2(x)), approximate="tanh"))


class Gpt(nn.Module):
    def __init__(self, vocabulary: int, capacity: int, width: int, heads: int, layers: int) -> None:
        super().__init__()
        self.shape = (heads, capacity, width // heads)
        self.tokens, self.positions = nn.Embedding(vocabulary, width), nn.Embedding(capacity, width)
        self.blocks = nn.ModuleList(Block(width, heads) for _ in range(layers))
        self.norm = nn.LayerNorm(width)

    def generate(self, prompt: torch.Tensor, new_tokens: int) -> torch.Tensor:
        caches = [(torch.empty(len(prompt), *self.shape), torch.empty(len(prompt), *self.shape)) for _ in self.blocks]
        drawn, ids, start = [], prompt, 0
        for _ in range(new_tokens):
            end = start + ids.shape[1]
            x = self.tokens(ids) + self.positions.weight[start:end]
            for block, (keys, values) in zip(self.blocks, caches):
                x = block(x, keys, values, start)
            logits = self.norm(x[:, -1]) @ self.tokens.weight.T
            ids, start = torch.multinomial(F.softmax(logits, dim=-1), 1), end
            drawn.append(ids)
        return torch.cat(drawn, dim=1)


def hand_loop(args):
    model = Gpt(args.vocabulary, args.prompt + args.output, args.width, args.heads, args.layers)
    return lambda prompt: model.generate(prompt, args.output), "hand-written"


def transformers_loop(args):
    import transformers

    config = transformers.GPT2Config(
        vocab_size=args.vocabulary,
        n_positions=args.prompt + args.output,
        n_embd=args.width,
        n_layer=args.layers,
        n_head=args.heads,
        bos_token_id=None,
        eos_token_id=None,
        pad_token_id=0,
    )
    model = transformers.GPT2LMHeadModel(config).eval()
    drawing = dict(max_new_tokens=args.output, do_sample=True, top_k=0, temperature=1.0, pad_token_id=0)

    def draw(prompt: torch.Tensor) -> torch.Tensor:
        return model.generate(prompt, attention_mask=torch.ones_like(prompt), **drawing)[:, args.prompt :]

    return draw, f"transformers {transformers.__version__}"


def main() -> None:
    loops = {"hand": hand_loop, "transformers": transformers_loop}
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--loop", choices=loops, required=True)
    for name in ("layers", "width", "heads", "vocabulary", "batch", "prompt", "output", "steps"):
        parser.add_argument(f"--{name}", type=int, required=True)
    args = parser.parse_args()
    torch.manual_seed(1)
    draw, name = loops[args.loop](args)
    speeds = []
    with torch.inference_mode():
        for batch in range(WARM_UP_BATCHES + args.steps):
            prompt = torch.randint(args.vocabulary, (args.batch, args.prompt))
            started = time.perf_counter()
            drawn = draw(prompt)
            seconds = time.perf_counter() - started
            if drawn.shape != (args.batch, args.output):
                raise RuntimeError(f"{tuple(drawn.shape)} tokens were drawn, which is not what was asked for.")
            if batch >= WARM_UP_BATCHES:
                speeds.append(args.batch * args.output / seconds)
    versions = f"{name}, PyTorch {torch.__version__}"
    print(json.dumps({"tokensPerSecond": speeds, "versions": versions, "threads": torch.get_num_threads()}))


if __name__ == "__main__":
    main()

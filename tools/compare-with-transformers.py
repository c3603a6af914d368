"""Loads a model folder that Rankloop wrote in transformers and compares what both compute.

    python tools/compare-with-transformers.py FOLDER...

Language models: logits. Reward models: raw scores. Both: the ids of some texts. Exits with 1 when anything differs by
more than 1e-4, or when transformers finds a weight missing or left over. Needs Node, torch and transformers; see
README.md. Run it from the repository's root.
"""

import json
import subprocess
import sys
from pathlib import Path

import torch
from transformers import AutoModelForCausalLM, AutoModelForSequenceClassification, AutoTokenizer

TOLERANCE = 1e-4
OURS = ["node", "--import", "tsx", "packages/rl/scripts/print-outputs.ts"]


@torch.no_grad()
def compare(folder):
    printed = subprocess.run([*OURS, folder], capture_output=True, text=True)
    if printed.returncode != 0:
        errors = [line for line in printed.stderr.splitlines() if line.startswith("Error: ")]
        print(f"{folder}: {errors[0] if errors else printed.stderr}")
        return False
    ours = json.loads(printed.stdout.strip().splitlines()[-1])
    is_reward = ours["scores"] is not None
    kind = AutoModelForSequenceClassification if is_reward else AutoModelForCausalLM
    model, loading = kind.from_pretrained(folder, dtype=torch.float32, output_loading_info=True)
    model.eval()
    complaints = [f"{key}: {sorted(names)}" for key, names in loading.items() if names]
    worst = 0.0
    for i, ids in enumerate(ours["sequences"]):
        theirs = model(torch.tensor([ids])).logits[0]
        expected = torch.tensor(ours["scores"][i : i + 1] if is_reward else ours["logits"][i])
        worst = max(worst, (theirs - expected).abs().max().item())
    if not worst <= TOLERANCE:
        complaints.append(f"outputs differ by {worst:.2e}")
    if ours["texts"]:
        tokenizer = AutoTokenizer.from_pretrained(folder)
        for text in ours["texts"]:
            ids = tokenizer(text["text"], add_special_tokens=False)["input_ids"]
            if ids != text["ids"]:
                complaints.append(f"{text['text']!r} is {text['ids']} here and {ids} in transformers")
    what = "scores" if is_reward else "logits"
    print(f"{folder}: {type(model).__name__} on {ours['engine']}, {what} differ by at most {worst:.1e}")
    for complaint in complaints:
        print(f"  {complaint}")
    return not complaints


if len(sys.argv) < 2:
    sys.exit("Name the model folders.")
if not Path(OURS[-1]).exists():
    sys.exit("Run this from the repository's root.")
results = [compare(folder) for folder in sys.argv[1:]]
sys.exit(0 if all(results) else 1)

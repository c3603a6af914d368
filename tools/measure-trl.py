"""Speed of TRL's trainers on a model folder, for `npm run bench -- engine`.

    python tools/measure-trl.py --method reward|dpo|ppo --model FOLDER --batch 16 --prompt 16 --output 48 --steps 20

Prints one JSON line: tokens per second of each measured step, after a warm-up. A step is the time from the end of one
to the end of the next, so that everything a trainer does in between counts. Token ids are random and of equal length:
nothing is lost to padding. Everything is float32 without gradient checkpointing, which is TRL's fastest way here.

`reward` and `dpo` need TRL 1.12 or later, `ppo` needs TRL 1.12, the last that has it. Nothing is downloaded.
"""

import argparse
import json
import logging
import os
import random
import tempfile
import time
import warnings

os.environ.update(HF_HUB_OFFLINE="1", TRL_EXPERIMENTAL_SILENCE="1", TRANSFORMERS_VERBOSITY="error", WANDB_MODE="disabled")
warnings.filterwarnings("ignore")
logging.disable(logging.WARNING)

import torch  # noqa: E402 (what is set above is read while importing)
import transformers  # noqa: E402
import trl  # noqa: E402
from datasets import Dataset  # noqa: E402
from transformers import (  # noqa: E402
    AutoModelForCausalLM,
    AutoModelForSequenceClassification,
    PreTrainedTokenizerFast,
    TrainerCallback,
)

WARM_UP_STEPS = 4
# The first ids are the special tokens of the folder's tokenizer.
PAD, END, FIRST_ORDINARY = 0, 1, 2


class Clock(TrainerCallback):
    """Notes when each step ended."""

    def __init__(self) -> None:
        self.ends = []

    def on_step_end(self, *args, **kwargs) -> None:
        self.ends.append(time.perf_counter())


def random_ids(vocabulary: int, length: int) -> list:
    return [random.randrange(FIRST_ORDINARY, vocabulary) for _ in range(length)]


def language_model(folder: str):
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
    model.config.pad_token_id = PAD
    return model


def scalar_model(folder: str):
    model = AutoModelForSequenceClassification.from_pretrained(folder, num_labels=1, dtype=torch.float32)
    model.config.pad_token_id = PAD
    return model


def settings(args, out: str, **more) -> dict:
    return dict(
        output_dir=out,
        per_device_train_batch_size=args.batch,
        gradient_accumulation_steps=1,
        learning_rate=1e-4,
        logging_strategy="no",
        save_strategy="no",
        report_to="none",
        disable_tqdm=True,
        use_cpu=True,
        bf16=False,
        gradient_checkpointing=False,
        dataloader_pin_memory=False,
        seed=1,
        **more,
    )


def reward_trainer(args, tokenizer, steps: int, out: str, clock: Clock):
    length = args.prompt + args.output
    model = scalar_model(args.model)
    ids = lambda: random_ids(model.config.vocab_size, length)
    rows = [{"chosen_ids": ids(), "rejected_ids": ids()} for _ in range(steps * args.batch)]
    return trl.RewardTrainer(
        model=model,
        args=trl.RewardConfig(**settings(args, out, max_steps=steps, max_length=length)),
        train_dataset=Dataset.from_list(rows),
        processing_class=tokenizer,
        callbacks=[clock],
    )


def dpo_trainer(args, tokenizer, steps: int, out: str, clock: Clock):
    model = language_model(args.model)
    # This trainer takes text only. Each ordinary token is a character of its own.
    text = lambda length: "".join(tokenizer.convert_ids_to_tokens(random_ids(model.config.vocab_size, length)))
    # It closes an output with the end of the text, which is one token more.
    output = lambda: text(args.output - 1) + tokenizer.eos_token
    rows = [
        {"prompt": text(args.prompt), "chosen": output(), "rejected": output()} for _ in range(steps * args.batch)
    ]
    length = args.prompt + args.output
    trainer = trl.DPOTrainer(
        model=model,
        args=trl.DPOConfig(**settings(args, out, max_steps=steps, max_length=length)),
        train_dataset=Dataset.from_list(rows),
        processing_class=tokenizer,
        callbacks=[clock],
    )
    for side in ("chosen_ids", "rejected_ids"):
        if any(len(ids) != args.output for ids in trainer.train_dataset[side]):
            raise RuntimeError("A text does not have the length that its tokens are counted with.")
    return trainer


def ppo_trainer(args, tokenizer, steps: int, out: str, clock: Clock):
    from trl.experimental.ppo import PPOConfig, PPOTrainer

    policy = language_model(args.model)
    rows = [{"input_ids": random_ids(policy.config.vocab_size, args.prompt)} for _ in range(steps * args.batch)]
    config = PPOConfig(
        **settings(args, out),
        total_episodes=steps * args.batch,
        num_ppo_epochs=1,
        num_mini_batches=1,
        response_length=args.output,
        local_rollout_forward_batch_size=args.batch,
        num_sample_generations=0,
        temperature=1.0,
    )
    return PPOTrainer(
        args=config,
        processing_class=tokenizer,
        model=policy,
        ref_model=language_model(args.model),
        reward_model=scalar_model(args.model),
        value_model=scalar_model(args.model),
        train_dataset=Dataset.from_list(rows),
        eval_dataset=Dataset.from_list(rows[: args.batch]),
        callbacks=[clock],
    )


def main() -> None:
    trainers = {"reward": reward_trainer, "dpo": dpo_trainer, "ppo": ppo_trainer}
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--method", choices=trainers, required=True)
    parser.add_argument("--model", required=True)
    for name in ("batch", "prompt", "output", "steps"):
        parser.add_argument(f"--{name}", type=int, required=True)
    args = parser.parse_args()
    random.seed(1)
    torch.manual_seed(1)
    tokenizer = PreTrainedTokenizerFast(tokenizer_file=os.path.join(args.model, "tokenizer.json"))
    tokenizer.pad_token, tokenizer.eos_token = tokenizer.convert_ids_to_tokens([PAD, END])
    clock = Clock()
    with tempfile.TemporaryDirectory() as out:
        trainer = trainers[args.method](args, tokenizer, WARM_UP_STEPS + args.steps, out, clock)
        # Trainers print metrics; the last line of the output is ours.
        trainer.train()
    sequences = args.batch if args.method == "ppo" else 2 * args.batch
    tokens = sequences * (args.prompt + args.output)
    ends = clock.ends[WARM_UP_STEPS - 1 :]
    speeds = [tokens / (end - start) for start, end in zip(ends, ends[1:])]
    versions = f"TRL {trl.__version__}, transformers {transformers.__version__}, PyTorch {torch.__version__}"
    print(json.dumps({"tokensPerSecond": speeds, "versions": versions, "threads": torch.get_num_threads()}))


if __name__ == "__main__":
    main()

"""No key of a description is taken without a word: it counts, or is said not to, or is refused."""

import json

import pytest

from analysis.compare.estimate import estimate
from analysis.compare.specification import PretrainingSpec, ReinforcementSpec, check_spec
from analysis.data.mistakes import InputError

KNOWN = {
    "name": "A model",
    "developer": "Somebody",
    "release_date": "2025-06-01",
    "params_total": 10e9,
    "params_active": 10e9,
    "hardware": "H100",
}
READ = KNOWN | {"tokens": 15e12}
OUTLINE = READ | {"layers": 40, "d_model": 4000, "seq_len": 8192}
STEPS = KNOWN | {
    "kind": "reinforcement",
    "chips": 64,
    "steps": 100,
    "prompts_per_step": 64,
    "samples_per_prompt": 8,
    "mean_len": 4000,
    "max_len": 16000,
}
OF_LLAMA = READ | {"params_total": 8.03e9, "params_active": 8.03e9, "seq_len": 8192}
RUNS = {
    "by its parameters": READ,
    "with layers alone": READ | {"layers": 30},
    "by its outline": OUTLINE,
    "with its vocabulary": OUTLINE | {"vocab": 100_000, "tied_embeddings": False},
    "with its heads": OUTLINE | {"n_heads": 32, "head_dim": 100, "vocab": 100_000},
    "by a row": OF_LLAMA | {"config": "llama-3-8b"},
    "by a file": OF_LLAMA | {"config": "config.json"},
    "reinforcement": STEPS,
}
OTHER = {  # another value than any of the runs has
    "architecture": "moe",
    "precision": "fp8",
    "peak_bf16_tflops": 700.0,
    "price_usd_per_gpu_hour": 9.0,
    "chips": 2048,
    "seq_len": 3000,
    "layers": 25,
    "d_model": 3000,
    "n_heads": 24,
    "head_dim": 96,
    "vocab": 60_000,
    "tied_embeddings": True,
    "active_counts": "head",
    "window_tokens": 512,
    "global_layers": 5,
}
FILE = {
    "model_type": "llama",
    "hidden_size": 4096,
    "num_hidden_layers": 32,
    "num_attention_heads": 32,
    "num_key_value_heads": 8,
    "intermediate_size": 14336,
    "vocab_size": 128256,
}
TOGETHER = {"window_tokens": {"global_layers": 5}, "global_layers": {"window_tokens": 512}}
CASES = [
    (run, key)
    for run, known in RUNS.items()
    for key in OTHER
    if key in (ReinforcementSpec if "kind" in known else PretrainingSpec).model_fields
]


@pytest.fixture(scope="module")
def beside(tmp_path_factory):
    folder = tmp_path_factory.mktemp("run")
    (folder / "config.json").write_text(json.dumps(FILE), encoding="utf-8")
    return folder


@pytest.mark.parametrize(("run", "key"), CASES, ids=lambda part: part.replace(" ", "_"))
def test_every_key_counts_or_is_said_to_change_nothing(evidence, beside, run, key):
    def answer(**given):
        spec = check_spec(RUNS[run] | given, "run", evidence, beside)
        found = estimate(spec, evidence)
        return found.pop("assumptions"), found

    _, before = answer()
    try:
        said, after = answer(**{key: OTHER[key]}, **TOGETHER.get(key, {}))
    except InputError as refused:
        assert key in str(refused)
        return
    if any(line.startswith(f"{key} changes nothing") for line in said):
        assert after == before
    else:
        assert after != before or any("by the config it is" in line for line in said), said

"""The work of a run by what is known of it: every key that is given counts, or is said not to."""

import itertools

import pandas as pd
import pytest

from analysis.compare.specification import check_spec
from analysis.compare.work import flop_per_token_of_spec

RUN = {
    "name": "Some model",
    "developer": "Somebody",
    "release_date": "2025-06-01",
    "params_total": 10e9,
    "params_active": 10e9,
    "tokens": 15e12,
    "hardware": "H100",
}
OUTLINE = {"layers": 10, "d_model": 2000}
TABLES = "params_active taken to count the tables of input and output"
WIDE = "attention taken as wide as the model"


@pytest.fixture
def alike() -> pd.DataFrame:
    """Three runs at 1, 1.2 and 2 times six a parameter."""
    rows = [(1e9, 6e9, 2_000.0), (1e9, 7.2e9, 4_000.0), (2e9, 24e9, 9_000.0)]
    return pd.DataFrame(rows, columns=["params_active", "flop_per_token", "seq_len_tokens"])


@pytest.fixture
def counted(evidence, alike):
    """FLOP a token of a run of ten billion parameters, and what is said of it."""

    def of(**keys) -> tuple[float, list[str]]:
        said: list[str] = []
        spec = check_spec(RUN | keys, "spec", evidence)
        return flop_per_token_of_spec(spec, alike, said), said

    return of


@pytest.mark.parametrize(
    ("keys", "more"),
    [
        ({}, []),
        ({"layers": 10}, ["layers changes nothing without d_model"]),
        ({"d_model": 2000}, ["d_model changes nothing without layers"]),
    ],
)
def test_without_both_dimensions_flop_are_the_median_ratio_of_like_runs(counted, keys, more):
    flop, said = counted(**keys)
    assert flop == pytest.approx(6 * 10e9 * 1.2)
    taken = "FLOP a token taken as 1.200 times six a parameter, the median of like runs"
    assert said == [taken, *more]


@pytest.mark.parametrize("key", ["vocab", "seq_len", "n_heads", "head_dim", "tied_embeddings"])
def test_a_key_of_an_outline_alone_is_said_to_change_nothing(counted, key):
    flop, said = counted(**{key: True if key == "tied_embeddings" else 128})
    assert flop == counted()[0]
    assert f"{key} changes nothing without layers and d_model" in said


def test_with_dimensions_what_is_not_given_is_said_and_taken(counted):
    length = "sequence length taken as 4,000 tokens, the median of like runs"
    table = "embedding table counted as multiplying: vocab is not given"
    flop, said = counted(**OUTLINE)
    assert flop == pytest.approx(6 * 10e9 + 6 * (10 * 2 * 2_000) * 4_000 / 2)
    assert said == [length, table, WIDE]
    flop, said = counted(**OUTLINE, seq_len=1000, vocab=100_000)
    assert flop == pytest.approx(6 * (10e9 - 1e5 * 2_000) + 6 * (10 * 2 * 2_000) * 1_000 / 2)
    assert said == [TABLES, WIDE]
    assert counted(**OUTLINE, vocab=100_000)[1] == [length, TABLES, WIDE]


def test_one_layer_of_one_dimension_is_an_outline(counted):
    """Half of 1,000 tokens of attention twice as wide as one, beside ten billion parameters."""
    flop, said = counted(layers=1, d_model=1, seq_len=1000)
    assert flop == pytest.approx(6 * 10e9 + 6 * 2 * 500, rel=1e-12)
    assert not any("like runs" in line for line in said)


def test_heads_wider_than_the_model_are_counted_so(counted):
    """Ten layers of 32 heads of 100: 3,200 wide where the model is 2,000."""
    known = {"seq_len": 1000, "vocab": 100_000}
    flop, said = counted(**OUTLINE, **known, n_heads=32, head_dim=100)
    assert flop == pytest.approx(6 * (10e9 - 1e5 * 2_000) + 6 * (10 * 2 * 3_200) * 1_000 / 2)
    assert said == [TABLES]
    flop, said = counted(**OUTLINE, **known, n_heads=32)
    assert flop == counted(**OUTLINE, **known)[0]
    assert "n_heads changes nothing: n_heads and head_dim are needed both" in said


def test_a_table_that_is_shared_multiplies(counted):
    """It is a tenth of the parameters, so a run that does not say is told what is taken."""
    known = {**OUTLINE, "seq_len": 1000, "vocab": 500_000}
    apart, said = counted(**known)
    assert "tied_embeddings taken as false: input and output have a table each" in said
    tied, said = counted(**known, tied_embeddings=True)
    assert tied - apart == pytest.approx(6 * 5e5 * 2_000)
    assert not any("tied" in line for line in said)


@pytest.mark.parametrize(("vocab", "said_so"), [(250_000, False), (250_001, True)])
def test_whether_a_table_is_shared_matters_from_a_twentieth_of_the_parameters_on(
    counted, vocab, said_so
):
    """250,000 words of 2,000 are 0.5 of ten billion."""
    _, said = counted(**OUTLINE, seq_len=1000, vocab=vocab)
    assert any("tied_embeddings taken as false" in line for line in said) is said_so


@pytest.mark.parametrize(
    ("active_counts", "tied", "tables"),
    [
        ("both", False, 0),
        ("head", False, 1),
        ("neither", False, 2),
        ("head", True, 0),
        ("neither", True, 1),
    ],
)
def test_a_count_that_leaves_tables_out_is_filled_up(counted, active_counts, tied, tables):
    known = {**OUTLINE, "seq_len": 1000, "vocab": 100_000, "tied_embeddings": tied}
    flop, said = counted(**known, active_counts=active_counts)
    assert flop - counted(**known)[0] == pytest.approx(6 * tables * 1e5 * 2_000)
    counts = "vocab changes nothing: params_active counts the table that multiplies"
    shared = "tied_embeddings changes nothing: one table multiplies, shared or not"
    head, others = [counts] * (active_counts == "head"), [shared] * (active_counts != "both")
    assert said == [*head, *others, WIDE]


KEYS = {
    "seq_len": {"seq_len": 1000},
    "layers": {"layers": 10},
    "d_model": {"d_model": 2000},
    "n_heads": {"n_heads": 32},
    "head_dim": {"head_dim": 100},
    "vocab": {"vocab": 100_000},
    "tied": {"tied_embeddings": True},
    "head": {"active_counts": "head"},
    "neither": {"active_counts": "neither"},
    "window": {"window_tokens": 500, "global_layers": 3},
    "wide window": {"window_tokens": 9000, "global_layers": 3},
    "no window": {"window_tokens": 500, "global_layers": 10},
    "config": {"config": "llama-3-8b"},
}


@pytest.mark.parametrize(
    ("outline", "asked"),
    [
        (outline, asked)
        for outline in ({}, OUTLINE)
        for asked in KEYS
        if not {*KEYS[asked]} & {*outline}
    ],
)
def test_a_key_moves_the_work_or_is_said_to_change_nothing(counted, outline, asked):
    """Beside any two others; one that takes the place of an assumption has had its say."""
    for pair in itertools.combinations(KEYS, 2):
        others = outline | KEYS[pair[0]] | KEYS[pair[1]]
        if {*KEYS[asked]} & {*others}:
            continue
        without, assumed = counted(**others)
        flop, said = counted(**others, **KEYS[asked])
        idle = {line.split()[0] for line in said if "changes nothing" in line}
        replaced = [line for line in assumed if line not in said and "taken" in line]
        moved = flop != without or replaced or {*KEYS[asked]} & idle
        assert moved, (others, asked)


@pytest.mark.parametrize(
    ("keys", "flop"),
    [
        (
            {
                "params_total": 235e9,
                "params_active": 22.19e9,
                "layers": 94,
                "d_model": 4096,
                "n_heads": 64,
                "head_dim": 128,
                "vocab": 151_936,
                "seq_len": 4096,
            },
            148.3e9,
        ),
        (
            {
                "params_total": 27.01e9,
                "params_active": 27.01e9,
                "layers": 62,
                "d_model": 5376,
                "n_heads": 32,
                "head_dim": 128,
                "vocab": 262_144,
                "tied_embeddings": True,
                "window_tokens": 1024,
                "global_layers": 10,
                "seq_len": 32_768,
            },
            172.7e9,
        ),
        (
            {
                "params_total": 1.236e9,
                "params_active": 1.236e9,
                "layers": 16,
                "d_model": 2048,
                "vocab": 128_256,
                "tied_embeddings": True,
                "seq_len": 8192,
            },
            9.03e9,
        ),
        (
            {
                "params_total": 20.91e9,
                "params_active": 3.61e9,
                "active_counts": "head",
                "layers": 24,
                "d_model": 2880,
                "n_heads": 64,
                "head_dim": 64,
                "vocab": 201_088,
                "window_tokens": 128,
                "global_layers": 12,
                "seq_len": 4096,
            },
            22.93e9,
        ),
    ],
    ids=["wide heads", "windows", "shared table", "the head alone"],
)
def test_an_outline_with_all_its_keys_counts_as_its_configuration(counted, keys, flop):
    """Counted from four published configurations, forward and backward, causal."""
    assert counted(**keys)[0] == pytest.approx(flop, rel=2e-3)


def test_a_config_fills_what_is_not_given_and_says_what_disagrees(counted):
    """Llama 3 8B of architectures.csv: 8.03 billion parameters."""
    flop, said = counted(config="llama-3-8b", seq_len=8192, params_total=9e9, params_active=8.03e9)
    assert flop == pytest.approx(6 * 7.504e9 + 6 * 32 * 2 * 4096 * 8192 / 2, rel=1e-3)
    assert said == ["params_total is 9e+09, by the config it is 8.03e+09"]
    own = {"params_total": 8.03e9, "params_active": 7.5e9}
    _, said = counted(config="llama-3-8b", seq_len=8192, layers=3, **own)
    assert said == ["layers changes nothing: the config has its own"]


@pytest.mark.parametrize(
    ("params_active", "fits"),
    [
        (8.03e9, True),  # both tables
        (7.505e9, True),  # that of the output alone
        (6.98e9, True),  # neither: 128,256 words of 4,096 less
        (6.98e9 * 1.008, True),
        (6.98e9 * 1.015, False),
        (7.25e9, False),
        (6.4e9, False),
    ],
)
def test_active_parameters_may_be_counted_with_both_tables_one_or_none(
    counted, params_active, fits
):
    _, said = counted(config="llama-3-8b", params_total=8.03e9, params_active=params_active)
    assert any(line.startswith("params_active is ") for line in said) is not fits


def test_a_config_stands_in_for_the_parameters(evidence):
    run = {key: value for key, value in RUN.items() if not key.startswith("params_")}
    spec = check_spec(run | {"config": "llama-3-8b"}, "spec", evidence)
    assert spec.params_total == spec.params_active == pytest.approx(8.03e9, rel=1e-3)

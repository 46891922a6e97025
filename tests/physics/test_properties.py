"""What the formulas of the physics must be for any input that a user may give: scaling with units,
the direction in which each input moves the answer, parts that make the whole.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from analysis.physics.architecture import main_model
from analysis.physics.attention import attention_width, context_products
from analysis.physics.cost import (
    capital_usd_per_gpu,
    declined_value_usd,
    energy_kwh,
    life_of_decline_years,
    owned_parts,
    owned_usd_per_gpu_hour,
    rental_usd,
    written_off_usd_per_gpu_hour,
)
from analysis.physics.flop import (
    flop_per_token,
    flop_per_token_from_dimensions,
    forward_flop_per_token,
    outline_attention_width,
)
from analysis.physics.parameters import (
    count_parameters,
    multiplying_parameters,
    total_parameters,
)
from analysis.physics.rollout import (
    forward_seconds,
    generation_gpu_hours,
    generation_seconds,
    longest_answer_tokens,
    update_seconds,
)
from analysis.physics.training import gpu_hours, mfu
from tests.physics.made import configurations, outlines

ANY = st.one_of(configurations(), outlines())
ATTENTION = st.sampled_from(["causal", "full"])
LENGTHS = st.floats(1, 1e7)
AMOUNTS = st.floats(1, 1e16)  # tokens, parameters, hours: what a description may hold
PEAKS = st.floats(1e11, 1e27)
SHARES = st.floats(1e-4, 1.0)
FACTORS = st.floats(1e-3, 1e3)


def near(value, rel=1e-9):
    """The same number but for rounding."""
    return pytest.approx(value, rel=rel)


# --- the work of a token


@given(model=ANY, attention=ATTENTION, mtp=st.booleans(), lengths=st.tuples(LENGTHS, LENGTHS))
def test_a_longer_text_is_never_less_work_a_token(model, attention, mtp, lengths):
    short, long = flop_per_token(model, sorted(lengths), attention, mtp)
    assert 6 * multiplying_parameters(model, mtp) <= short <= long * (1 + 1e-12)


@given(model=ANY, length=LENGTHS, mtp=st.booleans())
def test_half_of_the_square_is_at_most_all_and_at_least_half_of_it(model, length, mtp):
    half, whole = (context_products(model, length, how, mtp) for how in ("causal", "full"))
    assert 0 < half <= whole * (1 + 1e-12) and whole <= 2 * half * (1 + 1e-12)


@given(model=ANY, length=LENGTHS, attention=ATTENTION)
def test_nobody_looks_back_on_more_than_the_text(model, length, attention):
    """Summaries and indexers aside, which are work of their own."""
    assume(not getattr(model, "n_linear_layers", 0) and not getattr(model, "n_index_heads", 0))
    back = length if attention == "full" else length / 2
    most = attention_width(model) * back
    assert context_products(model, length, attention) <= most * (1 + 1e-12)


@given(model=ANY, length=LENGTHS)
def test_forward_and_backward_are_the_work_of_training(model, length):
    forward = forward_flop_per_token(model, length)
    assert forward + 2 * forward == near(flop_per_token(model, length))
    assert forward == near(2 * (multiplying_parameters(model) + context_products(model, length)))


@given(model=configurations(), length=LENGTHS, attention=ATTENTION)
def test_each_module_for_a_further_token_is_the_same_work(model, length, attention):
    def work(depth):
        deep = model.model_copy(update={"mtp_depth": depth})
        return flop_per_token(deep, length, attention, mtp=True)

    without, one, two = (work(depth) for depth in (0, 1, 2))
    assert without == flop_per_token(main_model(model), length, attention)
    assert two - one == pytest.approx(one - without, abs=1e-12 * two) and one > without


@given(model=configurations(), length=LENGTHS, window=st.integers(1, 10_000))
def test_a_wider_window_is_never_less_work_and_one_of_all_the_text_is_none(model, length, window):
    assume(not model.n_index_heads)
    windowed = model.n_layers - model.n_linear_layers

    def work(window_tokens, layers=windowed):
        bounded = {"window_tokens": window_tokens, "n_window_layers": layers}
        return flop_per_token(model.model_copy(update=bounded), length)

    assert work(window) <= work(window + 1) * (1 + 1e-12)
    assert work(int(length) + 1) == near(work(window, layers=0))


@given(model=configurations(), length=LENGTHS)
def test_a_window_that_ends_sees_no_more_than_one_that_slides(model, length):
    ends, slides = (model.model_copy(update={"chunked": chunked}) for chunked in (True, False))
    assert flop_per_token(ends, length) <= flop_per_token(slides, length) * (1 + 1e-12)


@given(model=outlines(), length=LENGTHS)
def test_both_ways_to_know_an_outline_are_one_sum(model, length):
    sizes = (model.params_active, model.n_layers, model.dim, model.vocab_size, length)
    by_dimensions = flop_per_token_from_dimensions(*sizes)
    assert by_dimensions == near(flop_per_token(model, length), rel=1e-6)
    tied = flop_per_token_from_dimensions(*sizes, tied_embeddings=True)
    table = 6 * model.vocab_size * model.dim
    assert tied - by_dimensions == pytest.approx(table, abs=1e-12 * tied)


DIMENSIONS = st.fixed_dictionaries(
    {
        "params_active": AMOUNTS,
        "layers": st.floats(1, 1e4),
        "d_model": st.floats(1, 1e6),
        "vocab": st.just(0.0),
        "seq_len_tokens": LENGTHS,
        "heads_width": st.floats(1, 1e6),
    }
)


@given(sizes=DIMENSIONS, shares=st.tuples(st.floats(0, 1), st.floats(0, 1)))
def test_layers_without_a_bound_and_those_with_one_add_up(sizes, shares):
    whole = flop_per_token_from_dimensions(**sizes)
    linear = 6 * sizes["params_active"]
    share, bound = shares[0], 1 + shares[1] * sizes["seq_len_tokens"]

    def attention(free_share):
        bounded = {"window_tokens": bound, "global_layers": free_share * sizes["layers"]}
        return flop_per_token_from_dimensions(**sizes, **bounded) - linear

    mixed = share * attention(1.0) + (1 - share) * attention(0.0)
    assert attention(share) == pytest.approx(mixed, abs=1e-9 * whole)
    assert linear <= linear + attention(0.0) <= whole * (1 + 1e-12)
    assert attention(1.0) == pytest.approx(whole - linear, abs=1e-12 * whole)


@given(sizes=DIMENSIONS, factor=FACTORS)
def test_attention_grows_with_layers_heads_and_text_and_the_rest_with_parameters(sizes, factor):
    def work(**changed):
        return flop_per_token_from_dimensions(**(sizes | changed))

    once = work(params_active=0.0)
    for name in ("layers", "heads_width", "seq_len_tokens"):
        assert work(params_active=0.0, **{name: factor * sizes[name]}) == near(factor * once)
    more = work(params_active=factor * sizes["params_active"]) - once
    assert more == pytest.approx(factor * (work() - once), abs=1e-9 * work())


@given(layers=AMOUNTS, width=AMOUNTS)
def test_an_outline_multiplies_queries_with_keys_and_weights_with_values(layers, width):
    assert outline_attention_width(layers, width) == near(layers * (width + width))


# --- parameters


@given(model=configurations())
def test_what_a_token_passes_is_part_of_all_there_is(model):
    counted = count_parameters(model)
    assert 0 < counted.active_with_head <= counted.active_with_embedding <= counted.total
    assert total_parameters(model) == counted.total and counted.mtp >= 0
    table = 0 if model.tied_embeddings else model.vocab_size * model.dim
    assert counted.active_with_embedding - counted.active_with_head == table


@given(model=configurations())
def test_a_token_that_passes_all_experts_passes_all_parameters(model):
    every = model.model_copy(update={"n_activated_experts": model.n_routed_experts})
    assert count_parameters(every).active_with_embedding == count_parameters(every).total


@given(model=configurations())
def test_experts_are_alike(model):
    assume(model.mixture_layers)
    counts = [
        count_parameters(model.model_copy(update={"n_activated_experts": activated}))
        for activated in range(3)
    ]
    one = model.mixture_layers * model.mlp_matrices * model.dim * model.moe_inter_dim
    for fewer, more in pairwise(counts):
        assert more.active_with_head - fewer.active_with_head == one
        assert more.total == fewer.total
    larger = model.model_copy(update={"n_routed_experts": model.n_routed_experts + 1})
    router = model.mixture_layers * model.dim
    assert count_parameters(larger).total - counts[0].total == one + router


@given(model=configurations(), more=st.integers(1, 50))
def test_layers_are_alike(model, more):
    """Further layers at the end, which are mixtures where there are any."""
    counts = [
        count_parameters(model.model_copy(update={"n_layers": model.n_layers + added}))
        for added in (0, 1, more)
    ]
    for name in ("total", "active_with_head"):
        none, one, several = (getattr(found, name) for found in counts)
        assert several - none == more * (one - none) > 0


@given(model=outlines())
def test_an_outline_multiplies_what_is_active_without_its_table(model):
    assert multiplying_parameters(model) + model.vocab_size * model.dim == model.params_active
    assert multiplying_parameters(model) <= total_parameters(model)


# --- hours of training


@given(tokens=AMOUNTS, work=AMOUNTS, peak=PEAKS, shares=st.tuples(SHARES, SHARES))
def test_a_higher_efficiency_is_never_more_hours(tokens, work, peak, shares):
    low, high = sorted(shares)
    assert gpu_hours(tokens, work, peak, high) <= gpu_hours(tokens, work, peak, low)


@given(tokens=AMOUNTS, work=AMOUNTS, peak=PEAKS, share=SHARES, part=st.floats(0, 1))
def test_hours_of_two_parts_of_a_corpus_are_those_of_the_whole(tokens, work, peak, share, part):
    parts = gpu_hours(np.array([part, 1 - part]) * tokens, work, peak, share)
    assert parts.sum() == near(gpu_hours(tokens, work, peak, share))


@given(flop=AMOUNTS, hours=AMOUNTS, peak=PEAKS, factor=FACTORS)
def test_efficiency_is_a_rate_over_a_peak(flop, hours, peak, factor):
    """In whatever unit of work both are counted; an hour has 3,600 seconds."""
    once = mfu(flop, hours, peak)
    assert mfu(factor * flop, hours, factor * peak) == near(once)
    assert mfu(flop, factor * hours, peak) == near(once / factor)
    assert mfu(peak, 1.0, peak) == near(1 / 3_600)


# --- a rollout


MACHINE = {"gpus": AMOUNTS, "peak_flop_s": PEAKS, "utilisation": SHARES}


@given(parameters=AMOUNTS, tokens=AMOUNTS, machine=st.fixed_dictionaries(MACHINE))
def test_what_chips_do_in_the_time_of_a_pass_is_its_work(parameters, tokens, machine):
    seconds = forward_seconds(parameters, tokens, **machine)
    done = seconds * machine["gpus"] * machine["peak_flop_s"] * machine["utilisation"]
    assert done == near(2 * parameters * tokens)


@given(parameters=AMOUNTS, tokens=AMOUNTS, machine=st.fixed_dictionaries(MACHINE))
def test_an_update_takes_the_hours_of_training_on_its_tokens(parameters, tokens, machine):
    hours = update_seconds(parameters, tokens, **machine) * machine["gpus"] / 3_600
    trained = gpu_hours(tokens, 6 * parameters, machine["peak_flop_s"], machine["utilisation"])
    assert hours == near(trained)


@given(tokens=AMOUNTS, rate=st.floats(1e-3, 1e9), factor=FACTORS)
def test_twice_the_tokens_take_twice_the_hours_to_write(tokens, rate, factor):
    once = generation_gpu_hours(tokens, rate)
    assert once * 3_600 * rate == near(tokens)
    assert generation_gpu_hours(factor * tokens, rate) == near(factor * once)
    assert generation_gpu_hours(tokens, factor * rate) == near(once / factor)


WRITING = st.fixed_dictionaries(
    {
        "answers": st.floats(1, 1e7),
        "mean_tokens": st.floats(1, 1e7),
        "longest_tokens": st.floats(1, 1e7),
        "gpus": st.floats(1, 1e6),
        "tokens_per_s_per_gpu": st.floats(1e-3, 1e9),
        "time_per_output_token_ms": st.floats(1e-3, 1e4),
    }
)


@given(given_=WRITING, factor=FACTORS)
def test_each_bound_of_a_rollout_moves_with_its_own_inputs_alone(given_, factor):
    once = np.array(generation_seconds(**given_))
    powers = {
        "answers": (1, 0),
        "mean_tokens": (1, 0),
        "longest_tokens": (0, 1),
        "gpus": (-1, 0),
        "tokens_per_s_per_gpu": (-1, 0),
        "time_per_output_token_ms": (0, 1),
    }
    for name, power in powers.items():
        changed = generation_seconds(**(given_ | {name: factor * given_[name]}))
        assert changed == near(once * factor ** np.array(power))


@given(given_=WRITING)
def test_a_rollout_at_full_speed_takes_the_hours_of_its_tokens(given_):
    seconds = generation_seconds(**given_)[0]
    tokens = given_["answers"] * given_["mean_tokens"]
    hours = generation_gpu_hours(tokens, given_["tokens_per_s_per_gpu"])
    assert seconds * given_["gpus"] / 3_600 == near(hours)


@given(
    mean=st.floats(1, 1e7),
    sigma=st.floats(0, 3),
    answers=st.floats(1, 1e7),
    limit=st.floats(1, 1e7),
    factor=FACTORS,
)
def test_the_longest_answer_is_a_length(mean, sigma, answers, limit, factor):
    """In whatever unit lengths are counted; without spread all answers are as long as their mean;
    what is longer than the limit is cut to it.
    """
    longest = longest_answer_tokens(mean, sigma, answers, limit)
    scaled = longest_answer_tokens(factor * mean, sigma, answers, factor * limit)
    assert scaled == near(factor * longest)
    assert longest_answer_tokens(mean, 0.0, answers, np.inf) == near(mean)
    uncut = longest_answer_tokens(mean, sigma, answers, np.inf)
    assert longest == min(uncut, limit)


# --- cost and energy


@given(hours=AMOUNTS, price=st.floats(1e-3, 1e3), factor=FACTORS)
def test_rent_is_proportional_to_hours_and_to_price(hours, price, factor):
    once = rental_usd(hours, price)
    assert rental_usd(factor * hours, price) == near(factor * once)
    assert rental_usd(hours, factor * price) == near(factor * once)
    assert once / hours == near(price)


PUE = st.floats(1, 5)
POWER = {"tdp_w": st.floats(1, 1e5), "node_power_per_tdp": st.floats(1, 3), "pue": PUE}


@given(hours=AMOUNTS, power=st.fixed_dictionaries(POWER), factor=FACTORS)
def test_energy_is_power_times_time_and_what_surrounds_a_chip_takes_more(hours, power, factor):
    once = energy_kwh(hours, **power)
    assert energy_kwh(factor * hours, **power) == near(factor * once)
    for name in power:
        assert energy_kwh(hours, **(power | {name: factor * power[name]})) == near(factor * once)
    assert once * 1_000 >= hours * power["tdp_w"] * (1 - 1e-12)


@given(price=st.floats(1, 1e7), share=st.floats(0, 0.9))
def test_server_and_network_are_the_capital(price, share):
    capital = capital_usd_per_gpu(price, share)
    assert price + share * capital == near(capital)


@given(capital=st.floats(1, 1e7), years=st.floats(0.01, 30), used=st.floats(1e-3, 1))
def test_all_used_hours_of_a_life_pay_for_the_machine(capital, years, used):
    hours = years * 365.25 * 24 * used
    assert written_off_usd_per_gpu_hour(capital, years, used) * hours == near(capital)


@given(
    price=st.floats(1, 1e7),
    rate=st.floats(1e-3, 1),
    years=st.tuples(st.floats(0, 15), st.floats(0, 15)),
)
def test_value_falls_in_two_steps_as_in_one(price, rate, years):
    first, then = years
    after = declined_value_usd(declined_value_usd(price, rate, first), rate, then)
    assert after == near(declined_value_usd(price, rate, first + then))
    assert after <= price


@given(price=st.floats(1, 1e7), rate=st.floats(1e-2, 1))
def test_an_hour_at_first_costs_what_equal_parts_of_the_life_cost(price, rate):
    hour = 1 / (365.25 * 24)
    lost = price - declined_value_usd(price, rate, hour)
    equal = written_off_usd_per_gpu_hour(price, life_of_decline_years(rate), 1.0)
    assert lost == near(equal, rel=1e-3)


OWNED = st.fixed_dictionaries(
    {
        "own_system_price_usd": st.floats(1e2, 1e6),
        "own_network_share": st.floats(0, 0.9),
        "own_life_years": st.floats(0.01, 30),
        "own_utilisation": st.floats(1e-3, 1),
        "own_node_power_per_tdp": st.floats(1, 3),
        "own_pue": PUE,
        "own_electricity_usd_per_kwh": st.floats(1e-3, 10),
        "own_hosting_usd_per_kw_month": st.floats(1, 1e4),
    }
)
TDP_W = st.floats(10, 1e4)
# how each part of an owned hour goes with an input: with it, against it, or not at all
PARTS = {
    "own_system_price_usd": (1, 0, 0),
    "own_life_years": (-1, 0, 0),
    "own_utilisation": (-1, 0, -1),
    "own_node_power_per_tdp": (0, 1, 1),
    "own_pue": (0, 1, 0),
    "own_electricity_usd_per_kwh": (0, 1, 0),
    "own_hosting_usd_per_kw_month": (0, 0, 1),
}


@given(values=OWNED, tdp_w=TDP_W, factor=FACTORS)
def test_each_part_of_an_owned_hour_moves_with_its_own_inputs_alone(values, tdp_w, factor):
    parts = np.array(list(owned_parts(values, tdp_w).values()))
    assert owned_usd_per_gpu_hour(values, tdp_w) == near(parts.sum()) and (parts > 0).all()
    for name, powers in PARTS.items():
        changed = owned_parts(values | {name: factor * values[name]}, tdp_w)
        assert list(changed.values()) == near(parts * factor ** np.array(powers, dtype=float))
    assert list(owned_parts(values, factor * tdp_w).values()) == near(parts * [1, factor, factor])


@given(values=OWNED, tdp_w=TDP_W, factor=FACTORS)
def test_an_owned_hour_is_in_the_currency_of_its_prices(values, tdp_w, factor):
    prices = {name: factor * value for name, value in values.items() if "_usd" in name}
    once = owned_usd_per_gpu_hour(values, tdp_w)
    assert owned_usd_per_gpu_hour(values | prices, tdp_w) == near(factor * once)


@given(values=OWNED, tdp_w=TDP_W)
def test_electricity_of_an_owned_hour_is_its_energy_at_its_price(values, tdp_w):
    energy = energy_kwh(1.0, tdp_w, values["own_node_power_per_tdp"], values["own_pue"])
    assert owned_parts(values, tdp_w)["energy"] == near(
        energy * values["own_electricity_usd_per_kwh"]
    )


KINDS = {
    "experts with latent heads": lambda c: c.is_latent and c.mixture_layers,
    "summaries and windows": lambda c: c.n_linear_layers and c.n_window_layers,
    "pieces": lambda c: c.chunked and c.n_window_layers and not c.n_index_heads,
    "an indexer": lambda c: c.n_index_heads and c.n_window_layers,
    "one table and modules": lambda c: c.tied_embeddings and c.mtp_depth,
}


def test_models_that_are_drawn_are_of_every_kind():
    """Else the tests above would try less than they say."""
    seen = set()

    @settings(database=None, derandomize=True)
    @given(model=configurations())
    def look(model):
        seen.update(kind for kind, holds in KINDS.items() if holds(model))

    look()
    assert seen == set(KINDS)

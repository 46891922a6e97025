"""The time of a step: sums by hand, and what may never make it slower."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from pydantic import ValidationError

from analysis.physics.architecture import Configuration
from analysis.physics.flop import flop_per_token
from analysis.physics.step_time.exchange import (
    context_seconds,
    expert_seconds,
    gradient_seconds,
    nodes_of_a_token,
    tensor_seconds,
)
from analysis.physics.step_time.held import local_parameters, state_bytes
from analysis.physics.step_time.layout import Efficiencies, Layout, Processor
from analysis.physics.step_time.products import (
    Product,
    attention_products,
    expert_products,
    product_seconds,
)
from analysis.physics.step_time.stage import Stage
from analysis.physics.step_time.step import PARTS, bubble_seconds, step_time
from tests.physics.made import reaching

CHIP = Processor("a chip", 1e15, 2e15, 80e9, 3e12, 132, 450e9, 50e9, 8)
DENSE = Configuration(
    n_layers=16, dim=4096, vocab_size=32_000, n_heads=32, n_kv_heads=8, head_dim=128, inter_dim=8192
)
MIXTURE = Configuration(
    n_layers=16,
    n_dense_layers=2,
    dim=4096,
    vocab_size=32_000,
    n_heads=32,
    n_kv_heads=8,
    head_dim=128,
    inter_dim=8192,
    n_routed_experts=64,
    n_activated_experts=4,
    moe_inter_dim=1024,
    n_shared_experts=1,
)
LAYOUT = Layout(
    chips=256,
    sequences_per_step=512,
    seq_len_tokens=4096,
    precision="bf16",
    tensor_parallel=2,
    pipeline_parallel=4,
    expert_parallel=16,
)
MEASURED = reaching(
    0.7,
    product_half_length=600.0,
    product_half_length_bf16=300.0,
    kernel_gap_s=4e-6,
    kernels_per_dense_layer=60.0,
    kernels_per_mixture_layer=120.0,
    exposed_tensor_exchange=0.5,
    exposed_expert_exchange=0.2,
    exposed_gradients=0.2,
    exchange_multiprocessors=12.0,
    routing_imbalance=1.1,
    stage_imbalance=1.05,
)


def changed(layout: Layout = LAYOUT, **fields: object) -> Layout:
    return Layout.model_validate(layout.model_dump() | fields)


def seconds(
    c: Configuration = MIXTURE,
    layout: Layout = LAYOUT,
    chip: Processor = CHIP,
    reached: Efficiencies = MEASURED,
) -> float:
    return float(step_time(c, layout, chip, reached).seconds[0])


def scaled(name: str, factor: float) -> Efficiencies:
    return replace(MEASURED, **{name: getattr(MEASURED, name) * factor})


def test_a_product_in_whole_waves_by_hand():
    """4 tiles on 3 multiprocessors are two waves of 2 x 512 x 128 x 128 each at a third of 0.5e15;
    with one of the three taken, still two; with two taken, four.
    """
    chip = replace(CHIP, multiprocessors=3, memory_bytes_per_s=1e30)
    product = Product(256, 256, 512)
    wave = 2 * 512 * 128 * 128 / (1e15 / 3 * 0.5)
    for taken, waves in ((0, 2), (1, 2), (2, 4)):
        found = product_seconds(product, "bf16", chip, reaching(0.5), taken)
        assert found == pytest.approx(waves * wave)


def test_a_product_that_ends_within_a_tile_takes_the_whole_tile():
    chip = replace(CHIP, multiprocessors=1, memory_bytes_per_s=1e30)
    reached = reaching(0.5)
    whole = product_seconds(Product(256, 128, 64, 3), "bf16", chip, reached)
    assert product_seconds(Product(129, 1, 64, 3), "bf16", chip, reached) == whole
    assert whole == pytest.approx(3 * 2 * 2 * 64 * 128 * 128 / 0.5e15)


def test_a_thin_product_waits_for_memory_by_hand():
    """(1 + 4096) x 4096 values of two bytes in, 4,096 out, at 0.5 of 3 TB/s; one byte in FP8."""
    product, reached = Product(1, 4096, 4096), reaching(0.5)
    chip = replace(CHIP, peak_bf16_flop_s=1e30, peak_fp8_flop_s=1e30)
    moved = 4096 * 4097 * 2 + 4096 * 2
    assert product_seconds(product, "bf16", chip, reached) == pytest.approx(moved / 1.5e12)
    moved = 4096 * 4097 + 4096 * 2
    assert product_seconds(product, "fp8", chip, reached) == pytest.approx(moved / 1.5e12)


def test_what_a_product_reaches_grows_with_its_summed_length():
    reached = replace(reaching(0.8), product_half_length_bf16=np.array([1000.0]))
    chip = replace(CHIP, multiprocessors=1, memory_bytes_per_s=1e30)
    found = product_seconds(Product(128, 128, 3000), "bf16", chip, reached)
    assert found == pytest.approx(2 * 3000 * 128 * 128 / (1e15 * 0.8 * 0.75))


def test_the_gradients_of_a_product_turn_it_and_keep_its_work():
    product = Product(3, 5, 7, 2)
    assert product.of_input() == Product(3, 7, 5, 2)
    assert product.of_weights() == Product(7, 5, 3, 2)
    work = {np.prod(form) for form in (product, product.of_input(), product.of_weights())}
    assert work == {210}


@pytest.mark.parametrize("c", [DENSE, MIXTURE])
def test_the_products_of_a_step_are_the_work_that_is_counted(c):
    """On a chip without tiles, waves or memory limits, products take the FLOP of all parameters,
    and attention its own; one chip holds all.
    """
    layout = Layout(chips=1, sequences_per_step=1, seq_len_tokens=4096, precision="bf16")
    chip = replace(CHIP, multiprocessors=1, memory_bytes_per_s=1e30, memory_bytes=1e15)
    parts = step_time(c, layout, chip, reaching(1.0)).parts
    attention = float(parts["attention"][0]) * 2.0 * 3.0 / 3.5 / 2.0
    whole = float(parts["products"][0]) + attention
    assert whole * 1e15 == pytest.approx(float(flop_per_token(c, 4096)) * 4096, rel=0.01)


def test_attention_by_hand():
    """Two products of 32 heads x 128, half the square of 4,096 tokens, 16 layers; backward 2.5."""
    layout = Layout(chips=1, sequences_per_step=1, seq_len_tokens=4096, precision="bf16")
    chip = replace(CHIP, memory_bytes=1e15)
    reached = replace(reaching(0.5), attention_backward=np.array([0.25]))
    forward = 16 * 2 * 4096 * 2048 * 32 * 256 / 0.5e15
    found = step_time(DENSE, layout, chip, reached).parts["attention"]
    assert found == pytest.approx(forward * (1 + 2.5 * 2))


def test_experts_of_a_chip_get_the_tokens_of_all_that_send_to_it():
    """4,096 tokens a chip, four experts each, four experts held: 4,096 tokens an expert."""
    first, second = expert_products(MIXTURE, LAYOUT.model_copy(update={"tensor_parallel": 1}))
    assert first == Product(4096, 2048, 4096, 4)
    assert second == Product(4096, 4096, 1024, 4)


def test_experts_without_chips_of_their_own_are_shared_as_all_products():
    """Two chips share a product: 4,096 tokens, four of 64 experts, half of 1,024 wide."""
    layout = changed(expert_parallel=1)
    first, second = expert_products(MIXTURE, layout)
    assert first == Product(256, 1024, 4096, 64)
    assert second == Product(256, 4096, 512, 64)
    spread = local_parameters(MIXTURE, changed(expert_parallel=2))
    assert local_parameters(MIXTURE, layout) == spread
    assert layout.expert_replicas == changed(expert_parallel=2).expert_replicas
    assert expert_seconds(MIXTURE, layout, CHIP, MEASURED) == 0
    alone = MIXTURE.model_copy(update={"n_shared_experts": 0})
    both = [tensor_seconds(alone, one, CHIP, MEASURED, True)[0] for one in (layout, LAYOUT)]
    assert both[0] == pytest.approx(2 * both[1])


def test_latent_attention_has_its_own_products():
    c = Configuration(
        n_layers=1,
        dim=512,
        vocab_size=10,
        n_heads=4,
        inter_dim=64,
        q_lora_rank=48,
        kv_lora_rank=32,
        qk_nope_head_dim=16,
        qk_rope_head_dim=8,
        v_head_dim=16,
    )
    layout = Layout(
        chips=2, sequences_per_step=2, seq_len_tokens=64, precision="bf16", tensor_parallel=2
    )
    assert list(attention_products(c, layout)) == [
        Product(32, 48, 512),
        Product(64, 48, 48),
        Product(32, 40, 512),
        Product(64, 64, 32),
        Product(64, 512, 32),
    ]
    straight = c.model_copy(update={"q_lora_rank": 0})
    assert next(attention_products(straight, layout)) == Product(64, 48, 512)


def test_exchange_within_products_by_hand():
    """Half of 4,096 x 4,096 values of two bytes, two pairs, two and three times, over 450 GB/s."""
    there, back = tensor_seconds(DENSE, LAYOUT, CHIP, reaching(0.5), mixture=False)
    sent = 4096 * 4096 * 2 / 2
    assert there == pytest.approx(2 * 2 * sent / 225e9)
    assert back == pytest.approx(2 * 3 * sent / 225e9)
    alone = MIXTURE.model_copy(update={"n_shared_experts": 0})
    half, _ = tensor_seconds(alone, LAYOUT, CHIP, reaching(0.5), mixture=True)
    assert half == pytest.approx(there / 2)


def test_a_token_is_sent_to_a_node_once():
    """2,048 tokens a chip in two bytes; 16 chips are two nodes, four experts lie on 1.875 of them,
    half of which are remote; within a node, four copies to 7/8 of the chips.
    """
    found = expert_seconds(MIXTURE, LAYOUT, CHIP, reaching(1.0))
    sent = 2048 * 4096 * 2
    assert found == pytest.approx(max(sent * 1.875 / 2 / 50e9, sent * 4 * 7 / 8 / 450e9))
    slow_link = replace(CHIP, link_bytes_per_s=1e9)
    assert expert_seconds(MIXTURE, LAYOUT, slow_link, reaching(1.0)) == pytest.approx(
        sent * 4 * 7 / 8 / 1e9
    )
    eight_bits = changed(exchange_bytes_per_value=1.0)
    assert expert_seconds(MIXTURE, eight_bits, CHIP, reaching(1.0)) == pytest.approx(0.75 * found)


def test_nodes_of_a_token_are_bounded_by_experts_nodes_and_the_limit():
    assert nodes_of_a_token(1, 8, None) == 1
    assert nodes_of_a_token(1000, 8, None) == pytest.approx(8, rel=0.01)
    assert nodes_of_a_token(8, 8, 4) == 4
    assert nodes_of_a_token(8, 2, 4) < 2


def test_gradients_are_summed_over_replicas_once_a_step():
    """Dense, 32 replicas of 1/8 of the parameters, four of them on a node: six bytes each, 31/32 of
    them over the network of four chips; sharded, three times two bytes in each of 16 micro-batches.
    """
    held, experts = local_parameters(DENSE, LAYOUT)
    assert experts == 0
    found = gradient_seconds(DENSE, LAYOUT, CHIP, reaching(1.0))
    assert found == pytest.approx(held * 6 * 31 / 32 / 200e9)
    sharded = gradient_seconds(DENSE, changed(sharding="full"), CHIP, reaching(1.0))
    assert sharded == pytest.approx(found * LAYOUT.micro_batches)


def test_gradients_of_experts_are_summed_over_their_own_replicas():
    """Four replicas of each expert, 16 chips apart: one on a node."""
    shared, experts = local_parameters(MIXTURE, LAYOUT)
    found = gradient_seconds(MIXTURE, LAYOUT, CHIP, reaching(1.0))
    by_hand = shared * 6 * 31 / 32 / 200e9 + experts * 6 * 3 / 4 / 50e9
    assert found == pytest.approx(by_hand)


def test_what_stays_on_a_node_goes_over_its_links():
    small = Layout(chips=8, sequences_per_step=8, seq_len_tokens=4096, precision="bf16")
    held, _ = local_parameters(DENSE, small)
    found = gradient_seconds(DENSE, small, CHIP, reaching(1.0))
    assert found == pytest.approx(held * 6 * 7 / 8 / 450e9)
    fast_network = replace(CHIP, network_bytes_per_s=1e15)
    wide = gradient_seconds(DENSE, LAYOUT, fast_network, reaching(1.0))
    assert wide == pytest.approx(local_parameters(DENSE, LAYOUT)[0] * 6 * 31 / 32 / 450e9)


def test_keys_go_around_the_chips_that_share_a_sequence():
    layout = changed(context_parallel=2)
    found = context_seconds(DENSE, layout, CHIP, reaching(1.0))
    assert found == pytest.approx(2048 * 2 * 8 * 128 / 2 * 2 / 450e9)
    assert context_seconds(DENSE, LAYOUT, CHIP, reaching(1.0)) == 0


def test_a_dual_pipe_holds_each_parameter_twice():
    dual = changed(schedule="dualpipe")
    for once, twice in zip(
        local_parameters(MIXTURE, LAYOUT), local_parameters(MIXTURE, dual), strict=True
    ):
        assert twice == 2 * once > 0


def test_state_in_memory_by_how_it_is_sharded():
    sizes = {
        name: state_bytes(DENSE, changed(sharding=name)) for name in ("none", "optimizer", "full")
    }
    held = local_parameters(DENSE, LAYOUT)[0]
    assert sizes["none"] == pytest.approx(held * 16)
    assert sizes["optimizer"] == pytest.approx(held * (4 + 12 / 32))
    assert sizes["full"] == pytest.approx(held * 16 / 32)


def test_bubbles_by_hand():
    one_by_one = changed(pipeline_parallel=8, virtual_stages=2)
    assert bubble_seconds(1.0, 1.5, 0.5, one_by_one) == pytest.approx(7 / 2 * 3)
    dual = changed(pipeline_parallel=8, schedule="dualpipe")
    assert bubble_seconds(1.0, 1.5, 0.5, dual) == pytest.approx(3 * (3 + 2 - 1.5))


def test_one_stage_has_no_bubble_and_no_uneven_stages():
    layout = Layout(chips=8, sequences_per_step=64, seq_len_tokens=4096, precision="bf16")
    assert step_time(DENSE, layout, CHIP, MEASURED).parts["bubble"] == 0
    assert seconds(DENSE, layout) == seconds(DENSE, layout, reached=scaled("stage_imbalance", 2))


def test_parts_add_up_and_give_the_rate():
    found = step_time(MIXTURE, LAYOUT, CHIP, MEASURED)
    assert set(found.parts) == set(PARTS)
    assert all(part >= 0 for part in found.parts.values())
    assert found.seconds == pytest.approx(sum(found.parts.values()))
    assert found.tokens_per_s_per_gpu * found.seconds * 256 == pytest.approx(512 * 4096)


LATER = ("bubble", "imbalance", "gradients", "optimizer")  # parts that are not of a micro-batch
FASTER_CHIPS = (
    "peak_bf16_flop_s",
    "peak_fp8_flop_s",
    "memory_bytes_per_s",
    "link_bytes_per_s",
    "network_bytes_per_s",
)


@pytest.mark.parametrize("name", FASTER_CHIPS)
@pytest.mark.parametrize("precision", ["bf16", "fp8"])
def test_a_faster_chip_is_never_slower(name, precision):
    faster = replace(CHIP, **{name: 2 * getattr(CHIP, name)})
    layout = changed(precision=precision)
    assert seconds(layout=layout, chip=faster) <= seconds(layout=layout)


@pytest.mark.parametrize(
    "name",
    [
        "product_ceiling_bf16",
        "attention_forward",
        "attention_backward",
        "memory",
        "link",
        "network",
    ],
)
def test_kernels_and_links_that_reach_more_are_faster(name):
    assert seconds(reached=scaled(name, 1.2)) < seconds()


@pytest.mark.parametrize(
    "name",
    [
        "product_half_length_bf16",
        "elementwise_passes",
        "kernel_gap_s",
        "kernels_per_dense_layer",
        "kernels_per_mixture_layer",
        "exposed_tensor_exchange",
        "exposed_gradients",
        "routing_imbalance",
        "stage_imbalance",
    ],
)
def test_what_costs_more_is_slower(name):
    assert seconds(reached=scaled(name, 1.2)) > seconds()


def test_eight_bits_have_their_own_kernels():
    layout = changed(precision="fp8")
    assert seconds(layout=layout, reached=scaled("product_ceiling", 1.2)) < seconds(layout=layout)
    assert seconds(reached=scaled("product_ceiling", 1.2)) == seconds()


def test_an_exchange_that_overlaps_takes_multiprocessors_and_hides():
    overlapped = changed(exchange="overlapped")
    none_taken = scaled("exchange_multiprocessors", 0.0)
    assert seconds(layout=overlapped, reached=none_taken) < seconds(reached=none_taken)
    assert seconds(layout=overlapped) > seconds(layout=overlapped, reached=none_taken)
    more_hidden = scaled("exposed_expert_exchange", 0.5)
    assert seconds(layout=overlapped, reached=more_hidden) < seconds(layout=overlapped)
    assert seconds(reached=more_hidden) == seconds()


def test_smaller_bubbles_never_make_a_step_slower():
    turns = [seconds(layout=changed(virtual_stages=turns)) for turns in (1, 2, 4)]
    assert turns == sorted(turns, reverse=True)
    larger = changed(sequences_per_step=2048)
    assert seconds(layout=larger) < 4 * seconds()


def test_recomputing_costs_what_it_makes_again():
    none, selective, full = (
        seconds(layout=changed(recomputation=how)) for how in ("none", "selective", "full")
    )
    assert none < selective < full
    layout = changed(recomputation="full", precision="bf16")
    again = step_time(MIXTURE, layout, CHIP, MEASURED).parts
    once = step_time(MIXTURE, LAYOUT, CHIP, MEASURED).parts
    assert again["attention"] == pytest.approx(once["attention"] * 4.5 / 3.5)


def test_what_a_real_router_costs_is_a_part_of_its_own():
    balanced = changed(routing="balanced")
    real, even = (step_time(MIXTURE, layout, CHIP, MEASURED).parts for layout in (LAYOUT, balanced))
    assert even["imbalance"] == 0
    without = real["bubble"] + sum(real[part] for part in PARTS if part not in LATER)
    assert real["imbalance"] == pytest.approx(0.1 * without)
    assert seconds(layout=balanced) == pytest.approx(
        seconds(reached=scaled("routing_imbalance", 1 / 1.1))
    )
    whole = changed(expert_parallel=1)
    assert step_time(DENSE, whole, CHIP, MEASURED).parts["imbalance"] == 0


@pytest.mark.parametrize("size", [1024, 2048, 8192])
def test_large_products_are_no_slower_in_eight_bits(size):
    product = Product(size, size, size)
    eight, sixteen = (
        product_seconds(product, precision, CHIP, MEASURED) for precision in ("fp8", "bf16")
    )
    assert eight < sixteen


def test_where_eight_bits_turn_from_loss_to_gain():
    """With these curves where 2 (K + 300) = K + 600: at no length, so a lower ceiling shows it."""
    lower = scaled("product_ceiling", 0.75)
    ratios = [
        float(
            product_seconds(Product(8192, 8192, summed), "bf16", CHIP, lower)[0]
            / product_seconds(Product(8192, 8192, summed), "fp8", CHIP, lower)[0]
        )
        for summed in (128, 256, 1024, 4096)
    ]
    assert ratios == sorted(ratios)
    assert ratios[0] < 1 < ratios[-1]


def test_one_expert_of_the_same_work_costs_no_more_than_many():
    def experts(number: int, activated: int, width: int) -> float:
        c = MIXTURE.model_copy(
            update={
                "n_routed_experts": number,
                "n_activated_experts": activated,
                "moe_inter_dim": width,
                "n_shared_experts": 0,
            }
        )
        layout = changed(expert_parallel=1, tensor_parallel=1)
        stage = Stage(c, layout, CHIP, MEASURED)
        return float(stage.layer(mixture=True).sums()[0][0])

    assert experts(1, 1, 4096) <= experts(4, 4, 1024) <= experts(64, 4, 1024)


def test_multi_token_prediction_is_one_more_layer_and_head():
    more = MIXTURE.model_copy(update={"mtp_depth": 1})
    deeper = MIXTURE.model_copy(update={"n_layers": 17})
    assert seconds(deeper) < seconds(more) < 1.2 * seconds(deeper)
    dense = DENSE.model_copy(update={"mtp_depth": 1})
    whole = changed(expert_parallel=1)
    assert seconds(DENSE.model_copy(update={"n_layers": 17}), whole) < seconds(dense, whole)


def test_samples_are_answered_as_one_by_one():
    pair = {
        name: np.concatenate([getattr(MEASURED, name), getattr(reaching(0.6), name)])
        for name in MEASURED.__dataclass_fields__
    }
    both = step_time(MIXTURE, LAYOUT, CHIP, Efficiencies(**pair)).seconds
    assert both == pytest.approx([seconds(), seconds(reached=reaching(0.6))])


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"tensor_parallel": 3}, "256 is no multiple of tensor x pipeline x context = 12"),
        ({"expert_parallel": 48}, "48 does not divide the 64 chips of a stage"),
        ({"sequences_per_step": 500}, "500 is no multiple of replicas x micro-batch = 32"),
        ({"precision": "int3"}, "'bf16', 'fp16' or 'fp8'"),
        ({"chips": 0}, "greater than 0"),
    ],
)
def test_a_layout_whose_factors_do_not_multiply_is_refused(fields, message):
    with pytest.raises(ValidationError, match=message):
        changed(**fields)


def test_a_layout_that_does_not_fit_is_refused():
    with pytest.raises(ValueError, match="GiB of a chip, a chip has 1"):
        seconds(chip=replace(CHIP, memory_bytes=2**30))
    with pytest.raises(ValueError, match="64 does not divide 32 heads"):
        seconds(layout=changed(tensor_parallel=64, expert_parallel=1))
    with pytest.raises(ValueError, match="32 does not divide 16 experts"):
        few = MIXTURE.model_copy(update={"n_routed_experts": 16})
        seconds(few, changed(expert_parallel=32))


def test_a_model_without_experts_spreads_none_over_chips():
    with pytest.raises(ValueError, match="2 does not divide 0 experts"):
        seconds(DENSE, changed(expert_parallel=2))
    assert seconds(DENSE, changed(expert_parallel=1)) > 0

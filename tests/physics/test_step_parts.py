"""The parts of a step by hand, where every efficiency is another number."""

from dataclasses import replace

import numpy as np
import pytest
from pydantic import ValidationError

from analysis.physics.architecture import Configuration
from analysis.physics.step_time.exchange import (
    context_seconds,
    expert_seconds,
    gradient_seconds,
    tensor_seconds,
)
from analysis.physics.step_time.held import local_parameters, state_bytes
from analysis.physics.step_time.layout import Efficiencies, Layout, same_everywhere
from analysis.physics.step_time.passes import attention_seconds, memory_bytes, optimizer_seconds
from analysis.physics.step_time.products import (
    Product,
    head_product,
    mlp_products,
    product_seconds,
)
from analysis.physics.step_time.stage import Chunk, Stage, added, total
from analysis.physics.step_time.step import bubble_seconds, step_time
from tests.physics.made import reaching
from tests.physics.test_step_time import CHIP, DENSE, LAYOUT, MIXTURE, changed

GIVEN = {
    "link": 0.5,
    "expert_link": 0.25,
    "network": 0.8,
    "memory": 0.4,
    "attention_forward": 0.6,
    "attention_backward": 0.3,
    "elementwise_passes": 1.5,
    "kernel_gap_s": 1e-5,
    "kernels_per_dense_layer": 30.0,
    "kernels_per_mixture_layer": 60.0,
    "exposed_tensor_exchange": 0.7,
    "exposed_expert_exchange": 0.2,
    "exposed_gradients": 0.1,
    "routing_imbalance": 1.25,
    "stage_imbalance": 1.2,
}
REACHED = reaching(0.5, **GIVEN)
LATENT = Configuration(
    n_layers=4,
    dim=512,
    vocab_size=1_000,
    n_heads=4,
    inter_dim=64,
    q_lora_rank=48,
    kv_lora_rank=32,
    qk_nope_head_dim=16,
    qk_rope_head_dim=8,
    v_head_dim=20,
)
ALONE = Layout(chips=1, sequences_per_step=1, seq_len_tokens=4096, precision="bf16")


def stage(c=DENSE, layout=LAYOUT, reached: Efficiencies = REACHED) -> Stage:
    return Stage(c, layout, CHIP, reached)


def one(seconds) -> float:
    return float(np.asarray(seconds).item())


# --- exchange


def test_four_chips_gather_three_quarters_from_each_other():
    layout = changed(tensor_parallel=4)
    there, back = tensor_seconds(DENSE, layout, CHIP, REACHED, mixture=False)
    sent = 4096 * 4096 * 2 * 3 / 4
    assert one(there) == pytest.approx(2 * 2 * sent / (450e9 * 0.5))
    assert one(back) == pytest.approx(2 * 3 * sent / (450e9 * 0.5))


def test_products_that_span_nodes_go_over_the_network_of_a_whole_node():
    """16 chips share a product, eight of them on a node: 8 x 50 GB/s x 0.8 is more than the link;
    a slow network is not.
    """
    layout = changed(tensor_parallel=16)
    sent = 2 * 2 * 4096 * 4096 * 2 * 15 / 16
    assert one(tensor_seconds(DENSE, layout, CHIP, REACHED, False)[0]) == pytest.approx(
        sent / 225e9
    )
    slow = replace(CHIP, network_bytes_per_s=10e9)
    assert one(tensor_seconds(DENSE, layout, slow, REACHED, False)[0]) == pytest.approx(sent / 64e9)


def test_keys_and_values_go_around_by_their_widths():
    """Of three chips two hold others': 4,096 / 3 tokens of each. Latent: 4 x (24 + 20) wide."""
    layout = Layout(
        chips=3, sequences_per_step=1, seq_len_tokens=4096, precision="bf16", context_parallel=3
    )
    found = context_seconds(LATENT, layout, CHIP, REACHED)
    assert one(found) == pytest.approx(2 * 4096 / 3 * 4 * (24 + 20) * 2 / 225e9)
    grouped = context_seconds(DENSE, layout, CHIP, REACHED)
    assert one(grouped) == pytest.approx(2 * 4096 / 3 * 2 * 8 * 128 * 2 / 225e9)


def test_chips_of_a_sequence_that_lie_on_other_nodes_meet_over_the_network():
    """Eight chips share a product, so the two of a sequence lie on two nodes, one on each; where
    four share it, two are on a node.
    """
    for shared, speed in ((8, 50e9 * 0.8), (4, 450e9 * 0.5), (16, 50e9 * 0.8)):
        layout = changed(tensor_parallel=shared, context_parallel=2, expert_parallel=1)
        found = context_seconds(DENSE, layout, CHIP, REACHED)
        assert one(found) == pytest.approx(2048 * 2 * 8 * 128 / shared * 2 / speed)


def test_experts_are_reached_by_the_slower_of_link_and_network():
    """Two nodes, 1.875 of which hold a token's four experts; half of the nodes are others."""
    sent = 2048 * 4096 * 2
    by_network, by_link = sent * 1.875 / 2 / (50e9 * 0.8), sent * 4 * 7 / 8 / (450e9 * 0.25)
    found = one(expert_seconds(MIXTURE, LAYOUT, CHIP, REACHED))
    assert found == pytest.approx(max(by_network, by_link)) and by_link > by_network
    slow = replace(CHIP, network_bytes_per_s=5e9)
    assert one(expert_seconds(MIXTURE, LAYOUT, slow, REACHED)) == pytest.approx(10 * by_network)
    few = changed(expert_parallel=4)  # on one node: nothing crosses its network
    found = one(expert_seconds(MIXTURE, few, slow, REACHED))
    assert found == pytest.approx(sent * 4 * 3 / 4 / (450e9 * 0.25))


def test_gradients_and_weights_go_over_what_their_replicas_share():
    """Two bytes three times in each micro-batch where sharded, else four and two once a step."""
    shared, experts = local_parameters(MIXTURE, LAYOUT)
    assert (LAYOUT.shared_replicas, LAYOUT.expert_replicas) == (32, 4)
    for sharding, gathered in (("optimizer", 6.0), ("none", 6.0), ("full", 6.0 * 16)):
        layout = changed(sharding=sharding)
        found = one(gradient_seconds(MIXTURE, layout, CHIP, REACHED))
        by_hand = shared * gathered * 31 / 32 / (4 * 50e9 * 0.8)
        by_hand += experts * gathered * 3 / 4 / (50e9 * 0.8)
        assert found == pytest.approx(by_hand)


# --- a layer


def bytes_of(active: float, copies: float, c=DENSE, heads=32 * 128) -> float:
    return 2 * (10 * c.dim + 4 * heads + 3 * active + 4 * copies)


def test_what_passes_through_memory_by_hand():
    dense, mixture = bytes_of(8192, 0), bytes_of(4 * 1024 + 1024, 4 * 4096)
    assert memory_bytes(DENSE, LAYOUT, REACHED, False) == pytest.approx(2048 * dense)
    assert memory_bytes(MIXTURE, LAYOUT, REACHED, True) == pytest.approx(2048 * mixture)
    eight = changed(precision="fp8")
    cast = 3 * (2 * 4096 + 32 * 128 + 8192)
    assert memory_bytes(DENSE, eight, REACHED, False) == pytest.approx(2048 * (dense + cast))
    cast = 3 * (2 * 4096 + 32 * 128 + 5 * 1024 + 4 * 4096)
    assert memory_bytes(MIXTURE, eight, REACHED, True) == pytest.approx(2048 * (mixture + cast))


def test_what_of_a_dense_layer_multiplies_no_weights():
    forward, inputs = stage()._without_products(False)
    memory = 2048 * bytes_of(8192, 0) / (3e12 * 0.4) * 1.5
    there, back = tensor_seconds(DENSE, LAYOUT, CHIP, REACHED, False)
    attention = 2 * 2048 * (4096 / 2) * 32 * 256 / (1e15 * 0.6)
    gaps = 30 * 1e-5 / 3
    by_hand = {"memory": memory, "attention": attention, "gaps": gaps}
    by_hand["tensor_exchange"] = 0.7 * one(there)
    assert {name: one(value) for name, value in forward.items()} == pytest.approx(by_hand)
    by_hand |= {"memory": 2 * memory, "attention": attention * 2.5 * 0.6 / 0.3}
    by_hand["tensor_exchange"] = 0.7 * one(back)
    assert {name: one(value) for name, value in inputs.items()} == pytest.approx(by_hand)


def test_experts_are_sent_to_and_from_in_each_direction():
    there_and_back = 2 * one(expert_seconds(MIXTURE, LAYOUT, CHIP, REACHED))
    for exchange, shown in (("exposed", 1.0), ("overlapped", 0.2)):
        forward, inputs = stage(MIXTURE, changed(exchange=exchange))._without_products(True)
        assert one(forward["expert_exchange"]) == pytest.approx(shown * there_and_back)
        assert one(inputs["expert_exchange"]) == pytest.approx(shown * there_and_back)
        assert one(forward["gaps"]) == pytest.approx(60 * 1e-5 / 3)
    assert "expert_exchange" not in stage(MIXTURE)._without_products(False)[0]


def test_attention_waits_for_the_keys_that_go_around_if_they_are_slower():
    layout = changed(context_parallel=2, tensor_parallel=8, expert_parallel=1)
    slow = replace(CHIP, network_bytes_per_s=1e9)
    found = attention_seconds(DENSE, layout, slow, REACHED)
    assert one(found) == one(context_seconds(DENSE, layout, slow, REACHED))
    fast = replace(CHIP, network_bytes_per_s=1e15)
    by_hand = 2 * 256 * (4096 / 2) * 32 * 256 / (1e15 * 0.6)
    assert one(attention_seconds(DENSE, layout, fast, REACHED)) == pytest.approx(by_hand)


def test_what_is_made_again_backward_by_how_much_is_kept():
    layers = {
        how: stage(MIXTURE, changed(recomputation=how)).layer(True)
        for how in ("none", "selective", "full")
    }
    none = layers["none"]
    for how, again in (("selective", {"memory"}), ("full", set(none.forward))):
        for part, seconds in layers[how].inputs.items():
            more = one(none.forward[part]) if part in again else 0.0
            assert one(seconds) == pytest.approx(one(none.inputs[part]) + more), (how, part)
        assert layers[how].forward.keys() == none.forward.keys()
    assert {"memory", "attention", "products", "gaps", "expert_exchange"} < set(none.forward)
    assert set(none.weights) == {"gaps", "products"}
    assert one(none.weights["gaps"]) == one(none.forward["gaps"])


def test_an_exchange_takes_multiprocessors_from_a_mixture_alone():
    taking = replace(REACHED, exchange_multiprocessors=np.array([100.0]))
    overlapped = changed(exchange="overlapped")
    for c, mixture, slower in ((MIXTURE, True, True), (MIXTURE, False, False)):
        for layout, takes in ((overlapped, slower), (LAYOUT, False)):
            free, taken = (
                one(stage(c, layout, reached).layer(mixture).forward["products"])
                for reached in (REACHED, taking)
            )
            assert (taken > 1.5 * free) is takes and (taken > free) is takes


# --- a stage


def test_the_head_writes_and_reads_its_logits():
    head = stage().head()
    assert one(head.forward["memory"]) == pytest.approx(4096 * 32_000 / 2 * 16 / (3e12 * 0.4))
    assert set(head.inputs) == set(head.weights) == {"products"}
    assert head_product(DENSE, LAYOUT) == Product(4096, 16_000, 4096)
    # in sixteen bits, whatever the layers have
    eight = stage(layout=changed(precision="fp8")).head()
    assert one(eight.forward["products"]) == one(head.forward["products"])


def test_a_stage_has_its_share_of_head_dense_layers_and_mixtures():
    for more in (0, 1):
        c = MIXTURE.model_copy(update={"mtp_depth": more})
        found, of = stage(c).chunks(), stage(c)
        parts = (of.head(), (1 + more) / 4), (of.layer(False), 2 / 4 * 1.2)
        parts += ((of.layer(True), (14 + more) / 4 * 1.2),)
        assert len(found) == 3
        for chunk, (whole, share) in zip(found, parts, strict=True):
            sums = [one(seconds) for seconds in chunk.sums()]
            assert sums == pytest.approx([share * one(seconds) for seconds in whole.sums()])
        dense = stage(DENSE.model_copy(update={"mtp_depth": more}))
        head, layers = dense.chunks()
        assert one(head.sums()[0]) == pytest.approx((1 + more) / 4 * one(dense.head().sums()[0]))
        whole = one(dense.layer(False).sums()[0])
        assert one(layers.sums()[0]) == pytest.approx((16 + more) / 4 * 1.2 * whole)


def test_stages_are_uneven_only_where_there_are_several():
    single = stage(layout=changed(pipeline_parallel=1))
    assert one(single.chunks()[1].sums()[0]) == pytest.approx(
        16 * one(single.layer(False).sums()[0])
    )


def test_chunks_add_up_by_part_over_all_ways():
    first = Chunk({"a": np.array([1.0])}, {"a": np.array([2.0])}, {"b": np.array([3.0])})
    second = Chunk({"a": np.array([10.0])}, {"b": np.array([20.0])}, {})
    assert {name: one(value) for name, value in added([first, second]).items()} == {
        "a": 13.0,
        "b": 23.0,
    }
    assert [one(value) for value in first.scaled(3.0).sums()] == [3.0, 6.0, 9.0]
    assert one(total({"a": np.array([1.0]), "b": np.array([2.0])})) == 3.0


def test_an_mlp_has_a_product_up_and_one_down_unless_it_has_no_width():
    assert list(mlp_products(DENSE, 8192, LAYOUT)) == [
        Product(4096, 2 * 8192 / 2, 4096),
        Product(4096, 4096, 8192 / 2),
    ]
    assert list(mlp_products(DENSE, 0, LAYOUT)) == []


def test_weights_are_renewed_on_the_replica_that_holds_them():
    shared, experts = local_parameters(MIXTURE, LAYOUT)
    for sharding, held in (
        ("none", shared + experts),
        ("optimizer", shared / 32 + experts / 4),
        ("full", shared / 32 + experts / 4),
    ):
        found = optimizer_seconds(MIXTURE, changed(sharding=sharding), CHIP, REACHED)
        assert one(found) == pytest.approx(held * 30 / (3e12 * 0.4))


def test_state_of_experts_is_spread_over_their_own_replicas():
    shared, experts = local_parameters(MIXTURE, LAYOUT)
    by_hand = {
        "none": (shared + experts) * 16,
        "optimizer": shared * (4 + 12 / 32) + experts * (4 + 12 / 4),
        "full": shared * 16 / 32 + experts * 16 / 4,
    }
    for sharding, taken in by_hand.items():
        assert state_bytes(MIXTURE, changed(sharding=sharding)) == pytest.approx(taken)


def test_parameters_of_a_chip_by_hand():
    """64 experts of 3 x 4,096 x 1,024 in 14 layers, over 16 chips and four stages; all else over
    two chips and four stages.
    """
    _, experts = local_parameters(MIXTURE, LAYOUT)
    assert experts == 14 * 64 * 3 * 4096 * 1024 / (16 * 4)
    attention = 4096 * 128 * (32 + 2 * 8) + 32 * 128 * 4096
    layer = attention + 3 * 4096 * 8192 + 2 * 4096
    found, none = local_parameters(DENSE, LAYOUT)
    assert none == 0
    assert found == pytest.approx((16 * layer + 2 * 32_000 * 4096) / (2 * 4), rel=1e-4)


def test_replicas_and_tokens_of_a_layout_by_hand():
    layout = changed(context_parallel=2, sequences_per_micro_batch=2)
    assert (layout.replicas, layout.micro_batches) == (16, 16)
    assert (layout.group_tokens, layout.chip_tokens) == (4096, 2048)
    assert (layout.shared_replicas, layout.expert_replicas, layout.expert_share) == (32, 4, 1)
    alone = changed(expert_parallel=1)
    assert (alone.expert_replicas, alone.expert_share) == (32, 2)


# --- a step


def test_a_step_of_one_stage_is_its_micro_batches_and_what_comes_once():
    layout = Layout(chips=8, sequences_per_step=64, seq_len_tokens=4096, precision="bf16")
    found, of = step_time(DENSE, layout, CHIP, REACHED), Stage(DENSE, layout, CHIP, REACHED)
    parts = {name: one(value) for name, value in found.parts.items()}
    once = added(of.chunks())
    for name in ("products", "attention", "memory", "gaps"):
        assert parts[name] == pytest.approx(8 * one(once[name]))
    gradients = one(gradient_seconds(DENSE, layout, CHIP, REACHED))
    assert parts["gradients"] == pytest.approx(0.1 * gradients)
    assert parts["optimizer"] == one(optimizer_seconds(DENSE, layout, CHIP, REACHED))
    assert parts["bubble"] == parts["imbalance"] == parts["expert_exchange"] == 0
    whole = sum(parts.values())
    assert one(found.seconds) == pytest.approx(whole)
    assert one(found.tokens_per_s_per_gpu) == pytest.approx(64 * 4096 / whole / 8)


def test_gradients_that_take_longer_than_all_else_show_what_nothing_hides():
    layout = Layout(chips=16, sequences_per_step=16, seq_len_tokens=4096, precision="bf16")
    slow = replace(CHIP, network_bytes_per_s=1e8)
    parts = step_time(DENSE, layout, slow, REACHED).parts
    all_else = sum(one(parts[name]) for name in parts if name not in ("gradients", "optimizer"))
    gradients = one(gradient_seconds(DENSE, layout, slow, REACHED))
    assert one(parts["gradients"]) == pytest.approx(gradients - all_else)


def test_a_real_router_is_a_quarter_of_all_that_comes_before():
    parts = step_time(MIXTURE, LAYOUT, CHIP, REACHED).parts
    later = ("imbalance", "gradients", "optimizer")
    before = sum(one(parts[name]) for name in parts if name not in later)
    assert one(parts["imbalance"]) == pytest.approx(0.25 * before)
    bubble = 3 * sum(
        one(way) for way in np.sum([c.sums() for c in stage(MIXTURE).chunks()], axis=0)
    )
    assert one(parts["bubble"]) == pytest.approx(bubble)


def test_a_dual_pipe_waits_for_nothing_where_weights_fill_the_time():
    dual = changed(pipeline_parallel=8, schedule="dualpipe")
    assert bubble_seconds(1.0, 1.0, 9.0, dual) == 0  # 11 + 10 - 27 is less than nothing
    assert bubble_seconds(1.0, 2.0, 0.5, dual) == pytest.approx(3 * (3.5 + 2.5 - 1.5))


def test_a_layout_says_nothing_of_is_on_one_chip_in_one_turn():
    layout = Layout(chips=4, sequences_per_step=8, seq_len_tokens=64, precision="bf16")
    ones = ("tensor_parallel", "pipeline_parallel", "context_parallel", "expert_parallel")
    ones += ("virtual_stages", "sequences_per_micro_batch")
    assert {getattr(layout, name) for name in ones} == {1}
    assert layout.exchange_bytes_per_value == 2.0 and layout.nodes_per_token is None
    assert CHIP.chips_per_node == 8
    assert [CHIP.peak_flop_s(name) for name in ("bf16", "fp16", "fp8")] == [1e15, 1e15, 2e15]


def test_efficiencies_that_are_one_number_lose_nothing_to_what_is_no_share():
    found = same_everywhere(0.5)
    nothing = ("product_half_length", "product_half_length_bf16", "kernel_gap_s")
    nothing += ("kernels_per_dense_layer", "kernels_per_mixture_layer", "exposed_gradients")
    nothing += ("exposed_expert_exchange", "exchange_multiprocessors")
    nothing += ("logit_bytes", "cast_bytes", "gradient_bytes", "optimizer_bytes")
    whole = ("elementwise_passes", "exposed_tensor_exchange", "routing_imbalance")
    whole += ("stage_imbalance", "tile")
    assert found.attention_backward_work == 2.0
    for name in set(Efficiencies.__dataclass_fields__) - {"attention_backward_work"}:
        expected = 0.0 if name in nothing else 1.0 if name in whole else 0.5
        assert getattr(found, name).tolist() == [expected], name


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"tensor_parallel": 2, "pipeline_parallel": 2, "context_parallel": 4}, "context = 16"),
        ({"tensor_parallel": 2, "context_parallel": 8}, "context = 16"),
        ({"pipeline_parallel": 16}, "context = 16"),
        ({"pipeline_parallel": 4, "expert_parallel": 4}, "4 does not divide the 2 chips"),
        ({"sequences_per_micro_batch": 16}, "replicas x micro-batch = 128"),
        ({"context_parallel": 2, "sequences_per_micro_batch": 32}, "micro-batch = 128"),
    ],
)
def test_eight_chips_and_64_sequences_divide_or_are_refused(given, message):
    layout = {"chips": 8, "sequences_per_step": 64, "seq_len_tokens": 64, "precision": "bf16"}
    assert Layout(**layout).replicas == 8
    with pytest.raises(ValidationError, match=message):
        Layout(**layout, **given)


def test_groups_of_thin_products_move_all_their_matrices():
    """Three of (2 x 64) by (64 x 32): inputs and weights in two bytes, results in two."""
    fast = replace(CHIP, peak_bf16_flop_s=1e30)
    found = product_seconds(Product(2, 32, 64, 3), "bf16", fast, REACHED)
    assert one(found) == pytest.approx(3 * 2 * (2 * 64 + 64 * 32 + 2 * 32) / (3e12 * 0.4))


def test_what_eight_and_sixteen_bits_reach_is_told_apart():
    """Of a summed length of 3,000: 0.8 x 3/4 of twice the peak, 0.6 x 3/5 of the peak."""
    chip = replace(CHIP, multiprocessors=1, memory_bytes_per_s=1e30)
    reached = replace(
        REACHED,
        product_ceiling=np.array([0.8]),
        product_half_length=np.array([1_000.0]),
        product_ceiling_bf16=np.array([0.6]),
        product_half_length_bf16=np.array([2_000.0]),
    )
    work = 2 * 3_000 * 128 * 128
    for precision, speed in (("fp8", 2e15 * 0.6), ("bf16", 1e15 * 0.36), ("fp16", 1e15 * 0.36)):
        found = product_seconds(Product(128, 128, 3_000), precision, chip, reached)
        assert one(found) == pytest.approx(work / speed)


def test_what_is_no_expert_is_shared_over_products_and_stages():
    """Attention, two wide layers, a shared expert and a router in each other, both tables."""
    attention = 4096 * 128 * (32 + 2 * 8) + 32 * 128 * 4096
    dense, mixed = 3 * 4096 * 8192, 3 * 4096 * 1024 + 4096 * 64
    whole = 16 * attention + 2 * dense + 14 * mixed + 2 * 32_000 * 4096
    shared, experts = local_parameters(MIXTURE, LAYOUT)
    assert shared == pytest.approx(whole / (2 * 4), rel=1e-3)
    more, same = local_parameters(MIXTURE.model_copy(update={"mtp_depth": 1}), LAYOUT)
    assert same == experts  # what predicts further is held with all that is no expert
    assert more - shared > (attention + mixed) / (2 * 4)
    alone, held = local_parameters(MIXTURE, changed(expert_parallel=1))
    assert alone == shared and held == 16 * experts / 2

import pytest

from analysis.data.chips import find_chip, peak_flop_s, peak_slips, peak_slips_of_unknown
from analysis.data.mistakes import InputError


@pytest.mark.parametrize(
    "name", ["H800 SXM", "H800", "h800", "NVIDIA H800", "H800-SXM5", "h800 80gb"]
)
def test_other_spellings_are_one_chip(evidence, name):
    assert find_chip(name, evidence["hardware"]).name == "H800 SXM"


@pytest.mark.parametrize(
    ("printed", "chip"),
    [
        ("NVIDIA A100-SXM4-80GB", "A100 80GB SXM"),
        ("NVIDIA A100-SXM4-40GB", "A100 40GB SXM"),
        ("NVIDIA A100 80GB PCIe", "A100 80GB PCIe"),
        ("NVIDIA H100 80GB HBM3", "H100 SXM"),
        ("NVIDIA H100 PCIe", "H100 PCIe"),
        ("NVIDIA H100 NVL", "H100 NVL"),
        ("NVIDIA B300 SXM6 AC", "B300"),
        ("NVIDIA GH200 480GB", "GH200"),
        ("Tesla V100-SXM2-16GB", "V100 16GB SXM"),
        ("NVIDIA GeForce RTX 4090", "RTX 4090"),
        ("AMD Instinct MI250X", "MI250X"),
        ("AMD Instinct MI300X OAM", "MI300X"),
        ("AMD Instinct MI355X", "MI355X"),
        ("NVIDIA L4", "L4"),
        ("NVIDIA L40", "L40"),
        ("NVIDIA L40S", "L40S"),
        ("H100-80G", "H100 SXM"),
        ("tpu-v5e", "TPU v5e"),
    ],
)
def test_names_are_read_as_tools_and_shops_print_them(evidence, printed, chip):
    assert find_chip(printed, evidence["hardware"]).name == chip


@pytest.mark.parametrize("name", ["A10", "L5", "L41", "H1000", "MI350Y"])
def test_another_model_number_is_never_suggested(evidence, name):
    with pytest.raises(InputError, match=r", the table of chips in the evidence folder$"):
        find_chip(name, evidence["hardware"])


def test_the_nearest_chip_of_the_same_number_is_suggested(evidence):
    with pytest.raises(InputError, match=r"did you mean H200 SXM\?"):
        find_chip("H200 NVL", evidence["hardware"])


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("MI250X GCD", "whole chips of 2 GCDs: name MI250X, half as many"),
        ("TPU v3-256", "whole chips of 2 cores: name TPU v3, half as many"),
        ("H20 die", "is a part or a slice; .* name H20"),
    ],
)
def test_a_part_or_a_slice_of_chips_is_refused_with_what_counts(evidence, name, said):
    with pytest.raises(InputError, match=said):
        find_chip(name, evidence["hardware"])


@pytest.mark.parametrize(
    ("tflops", "said"),
    [(989.4, None), (1979, "twice"), (989e12, "another unit"), (700, "differs and counts")],
)
def test_a_peak_that_is_not_the_dense_one_is_noticed(evidence, tflops, said):
    hardware = evidence["hardware"]
    slips = peak_slips(find_chip("H100", hardware), tflops, hardware)
    assert (said is None and slips == []) or (len(slips) == 1 and said in slips[0])


@pytest.mark.parametrize(
    ("name", "tflops", "said"),
    [
        ("", 989, None),
        ("H9000", 989, None),
        ("", 989e12, "another unit"),
        ("H9000", 989e3, "another unit"),
        ("MI250X GCD", 191.5, None),  # of a part, by its own peak
        ("A100", 312, None),  # four cards of one peak
        ("A100", 624, "twice"),
        ("A100", 312e9, "another unit"),
    ],
)
def test_a_peak_is_looked_at_where_the_name_is_no_one_chip(evidence, name, tflops, said):
    slips = peak_slips_of_unknown(name, tflops, evidence["hardware"])
    assert (said is None and slips == []) or (len(slips) == 1 and said in slips[0])


def test_every_name_in_the_table_finds_its_own_row(evidence):
    for chip in evidence["hardware"].chip:
        assert find_chip(chip, evidence["hardware"]).name == chip


def test_an_ambiguous_spelling_is_refused_with_the_candidates(evidence):
    cards = "A100 40GB PCIe or A100 40GB SXM or A100 80GB PCIe or A100 80GB SXM"
    with pytest.raises(InputError, match=f"A100 may be {cards}; name one"):
        find_chip("A100", evidence["hardware"])


@pytest.mark.parametrize("name", ["H8000", "", "?"])
def test_an_unknown_chip_is_refused(evidence, name):
    with pytest.raises(InputError, match=r"is not in hardware\.csv"):
        find_chip(name, evidence["hardware"])


def test_h800_has_the_compute_of_the_h100_and_half_its_links(evidence):
    table = evidence["hardware"].set_index("chip")
    assert peak_flop_s(table)["H800 SXM"] == peak_flop_s(table)["H100 SXM"]
    assert table.interconnect_gb_s["H800 SXM"] < table.interconnect_gb_s["H100 SXM"]


def test_a_chip_without_bf16_counts_at_its_fp16_peak(evidence):
    table = evidence["hardware"].set_index("chip")
    assert (
        peak_flop_s(table)["V100 32GB SXM"] == table.peak_fp16_dense_tflops["V100 32GB SXM"] * 1e12
    )
    assert peak_flop_s(table).notna().all()

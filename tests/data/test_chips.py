import pytest

from analysis.data.chips import find_chip, peak_flop_s
from analysis.data.mistakes import InputError


@pytest.mark.parametrize(
    "name", ["H800 SXM", "H800", "h800", "NVIDIA H800", "H800-SXM5", "h800 80gb"]
)
def test_other_spellings_are_one_chip(evidence, name):
    assert find_chip(name, evidence["hardware"]).name == "H800 SXM"


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

"""The file and the facts that a model begins with, as texts that are read back."""

import csv
import datetime
import tomllib
from dataclasses import replace

import pytest

from analysis.data.mistakes import InputError
from analysis.physics.architecture import Configuration, Outline
from analysis.reconstruction.new_model import (
    COLUMNS,
    TYPED,
    NewModel,
    Origin,
    _names,
    _plain,
    check_name,
    copied,
    facts_text,
    model_text,
    paths_of,
    prefix_of,
    told_in,
)

MODEL = NewModel(
    name="7b-mine",
    title='The "first"\\\n one',
    developer="A lab",
    release_date="2025-04-29",
    chip="H800 SXM",
    architecture=Outline(params_active=7e9, n_layers=10, dim=60, vocab_size=200),
    kind="dense",
    read_in=told_in("its paper"),
    tokens=15e12,
    seq_len=4096.0,
)


def rows_of(text):
    return {row["id"]: row for row in csv.DictReader(text.splitlines())}


def test_ids_begin_with_a_letter():
    assert prefix_of("mine-1.5") == "mine_1_5" and prefix_of("7b-mine") == "m_7b_mine"


def test_a_name_is_one_that_no_model_has_unless_forced(tmp_path, evidence):
    paths = paths_of("mine", tmp_path)
    assert paths == (tmp_path / "models" / "mine.toml", tmp_path / "models" / "mine.facts.csv")
    check_name("mine", evidence, force=False)
    check_name("deepseek-v3", evidence, force=True)
    with pytest.raises(InputError, match="is there already; --force"):
        check_name("deepseek-v3", evidence, force=False)
    for name in ("Mine", "", "-x", "a/b", "x" * 62):
        with pytest.raises(InputError, match="is no name of a model"):
            check_name(name, evidence, force=True)


def test_a_file_has_each_size_as_a_fact_and_hours_where_they_are_known():
    found = tomllib.loads(model_text(MODEL))
    assert found["title"] == "The first one" and found["architecture_kind"] == "dense"
    sizes = ("params_active", "n_layers", "dim", "vocab_size")
    assert found["architecture"] == {size: f"m_7b_mine_{size}" for size in sizes}
    assert "disclosed" not in found["phase"][0]
    whole = {
        "n_layers": 10,
        "dim": 60,
        "vocab_size": 200,
        "n_heads": 4,
        "head_dim": 16,
        "n_kv_heads": 2,
    }
    usual = replace(MODEL, architecture=Configuration(**whole, inter_dim=80, mlp_matrices=3))
    assert set(tomllib.loads(model_text(usual))["architecture"]) == {*whole, "inter_dim"}
    told = tomllib.loads(model_text(replace(MODEL, gpu_hours=1e6)))
    assert told["phase"][0]["disclosed"] == {"gpu_hours": "m_7b_mine_gpu_hours"}


def test_an_assumed_chip_stands_with_its_reason_and_one_that_is_named_without():
    assert "chip_assumed" not in tomllib.loads(model_text(MODEL))
    assert '# chip_assumed = ".."' in model_text(MODEL)
    guessed = replace(MODEL, chip_assumed='Its "other" models ran on it.')
    assert tomllib.loads(model_text(guessed))["chip_assumed"] == "Its other models ran on it."


def test_a_file_is_what_was_given_and_one_phase_that_reads_the_corpus():
    found = tomllib.loads(model_text(replace(MODEL, gpu_hours=1e6)))
    (phase,), (line,) = found.pop("phase"), found.pop("boundary")
    del found["architecture"]
    assert found == {
        "title": "The first one",
        "developer": "A lab",
        "release_date": datetime.date(2025, 4, 29),
        "architecture_kind": "dense",
        "chip": "H800 SXM",
        "rent": "release",
        "checks": [],
    }
    own = "m_7b_mine"
    stage = {"id": "corpus", "label": "The corpus, once", "kind": "pretraining"}
    stage |= {"tokens": f"{own}_tokens", "seq_len_tokens": f"{own}_seq_len"}
    assert (phase["id"], phase["stage"], phase["not_known"]) == (f"{own}_pretraining", [stage], [])
    guessed = tomllib.loads(model_text(replace(MODEL, chip_assumed="As before.")))
    left_open = ["The hours of the run, and their cost.", "The chip that it ran on."]
    assert guessed["phase"][0]["not_known"] == left_open
    assert (line["id"], line["adds"], line["headline"]) == (phase["id"], [phase["id"]], True)


def test_a_row_of_a_size_and_of_a_figure_of_the_run_by_hand():
    found = rows_of(facts_text(MODEL))
    empty = {"low": "", "high": "", "note": ""}
    known = {"kind": "disclosed", "confidence": "read", "source_id": "own_document"}
    typed = {"kind": "assumption", "note": TYPED.note}
    assert found["m_7b_mine_vocab_size"] == empty | known | {
        "id": "m_7b_mine_vocab_size",
        "subject": "7b-mine",
        "quantity": "configuration: vocab size",
        "value": "200",
        "unit": "count",
        "locator": "its paper",
    }
    assert found["m_7b_mine_seq_len"] == empty | known | typed | {
        "id": "m_7b_mine_seq_len",
        "subject": "7b-mine",
        "quantity": "sequence length of pre-training",
        "value": "4096",
        "unit": "tokens",
        "locator": "typed by its author",
    }


def test_a_figure_whose_document_is_known_is_disclosed_and_names_it():
    sheet = Origin("disclosed", "qwen25_report", "section 2", "From its sheet.")
    told = replace(MODEL, gpu_hours=1.5e6, origins={"tokens": sheet, "gpu_hours": told_in("p. 3")})
    rows = rows_of(facts_text(told))
    told = {
        name: tuple(rows[f"m_7b_mine_{name}"][key] for key in ("kind", "source_id", "locator"))
        for name in ("tokens", "gpu_hours", "seq_len")
    }
    assert told == {
        "tokens": ("disclosed", "qwen25_report", "section 2"),
        "gpu_hours": ("disclosed", "own_document", "p. 3"),
        "seq_len": ("assumption", "own_document", "typed by its author"),
    }
    assert rows["m_7b_mine_tokens"]["note"] == "From its sheet."


def test_facts_are_the_sizes_that_were_given_and_what_its_run_took():
    found = rows_of(facts_text(MODEL))
    units = {
        name.removeprefix("m_7b_mine_"): (row["value"], row["unit"]) for name, row in found.items()
    }
    assert units == {
        "params_active": ("7000000000", "params"),
        "n_layers": ("10", "count"),
        "dim": ("60", "count"),
        "vocab_size": ("200", "count"),
        "tokens": ("15000000000000", "tokens"),
        "seq_len": ("4096", "tokens"),
    }
    assert found["m_7b_mine_dim"]["locator"] == "its paper" != found["m_7b_mine_tokens"]["locator"]
    assert {row["subject"] for row in found.values()} == {"7b-mine"}
    told = rows_of(facts_text(replace(MODEL, gpu_hours=1.5e6)))
    assert told["m_7b_mine_gpu_hours"]["value"] == "1500000" and len(told) == len(found) + 1


def test_a_copy_has_every_fact_of_the_other_as_an_assumption_of_its_own(evidence):
    text, table = copied("mine", "Mine", "deepseek-v3", evidence)
    facts, rows = evidence.facts, rows_of(table)
    was = (evidence.directory / "models" / "deepseek-v3.toml").read_text(encoding="utf-8")
    named = {name for name in facts if _names(was, name)}
    general = {
        name for name in named if facts[name].subject in ("method", "hardware", "company", "other")
    }
    assert set(rows) == {f"mine_{name}" for name in named - general}
    assert all(_names(text, name) for name in [*rows, *general])
    assert not any(_names(text, name) for name in named - general)
    assert 'title = "Mine"' in text and text.count("\ntitle = ") == was.count("\ntitle = ")
    for row in rows.values():
        assert list(row) == list(COLUMNS)
        assert (row["subject"], row["kind"]) == ("mine", "assumption")
        own = facts[row["id"].removeprefix("mine_")]
        assert float(row["value"]) == own.value and row["unit"] == own.unit
        assert (row["low"] == "") == (not own.has_range)


def test_a_fact_is_named_by_its_whole_id_or_an_end_of_it():
    assert _names('x = "v3_tokens"', "v3_tokens") and _names("v3_tokens__low / 2", "v3_tokens")
    assert not _names("v3_tokens_per_day", "v3_tokens") and not _names("v3_token", "v3_tokens")


def test_what_ends_a_string_is_left_out_of_it():
    assert _plain('a"b\\c\nd é') == "abcd é"

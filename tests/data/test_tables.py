"""The evidence and the reading of it."""

import json
import math
import re
from pathlib import Path

import frictionless
import pandas as pd
import pytest
from pandera.io.pandas_io import from_frictionless_schema

from analysis.data.expressions import parse
from analysis.data.folder import default_directory, resources
from analysis.data.mistakes import InputError, did_you_mean
from analysis.data.tables import Evidence
from analysis.data.validation import table_schema

KNOWN = ["price_usd_per_gpu_hour", "chip", "mfu", "samples"]


def test_package_is_valid_by_the_standards_own_validator(evidence):
    report = frictionless.validate(str(evidence.directory / "datapackage.json"))
    assert report.valid, report.flatten(["rowNumber", "fieldName", "message"])


def test_a_column_of_days_takes_nothing_but_days(evidence):
    """A spreadsheet writes them anew, and texts of two kinds do not sort."""
    package = json.loads((evidence.directory / "datapackage.json").read_text(encoding="utf-8"))
    found = []
    for table in package["resources"]:
        cells = pd.read_csv(evidence.directory / table["path"], dtype=str, keep_default_na=False)
        for field in table["schema"]["fields"]:
            filled = cells[field["name"]][cells[field["name"]] != ""]
            if len(filled) and filled.str.fullmatch(r"\d{4}-\d\d-\d\d").all():
                found.append(field)
    assert len(found) >= 7
    assert [field["name"] for field in found if field["type"] != "date"] == []


def test_a_table_is_validated_as_pandera_reads_the_standard():
    """Field by field the schema is what pandera makes of it with the standard's own package."""
    of_a_table = ("strict", "coerce", "unique", "index", "ordered", "checks")
    of_a_column = ("name", "dtype", "checks", "nullable", "unique", "coerce", "required", "regex")

    def said(schema, make):
        table = make(schema)
        columns = {
            name: [repr(getattr(column, of)) for of in of_a_column]
            for name, column in table.columns.items()
        }
        return [repr(getattr(table, of)) for of in of_a_table], columns

    for resource in resources(default_directory()):
        schema = resource["schema"]
        assert said(schema, table_schema) == said(schema, from_frictionless_schema)


def test_every_identity_holds(evidence):
    assert evidence.broken_identities() == []


def test_a_wrong_figure_breaks_an_identity(scaled):
    broken = scaled("v3_total_gpu_hours").broken_identities()
    assert any(line.startswith("identities.csv, v3_hours_add_up") for line in broken)


def test_every_range_contains_its_value(evidence):
    for fact in evidence.facts.values():
        if fact.has_range:
            assert fact.low <= fact.value <= fact.high, fact.id
        assert math.isnan(fact.low) == math.isnan(fact.high), fact.id


def test_assumptions_have_a_reason_and_ratios_of_shares_stay_below_one(evidence):
    for fact in evidence.facts.values():
        if fact.kind == "assumption":
            assert fact.note, fact.id
        if fact.unit == "ratio" and ("share" in fact.id or "mfu" in fact.id):
            assert 0 < fact.value < 1, fact.id


def test_nothing_that_we_can_derive_is_stored(evidence):
    derived = set(evidence["arithmetic"].id)
    assert not derived & set(evidence.facts)
    assert "derived_here" not in set(evidence["facts"].kind)


def test_rows_of_the_run_tables_repeat_the_facts(evidence):
    runs = evidence["training_runs"].set_index("id")
    for run, facts in {
        "deepseek-v3": {
            "gpu_hours": "v3_pretraining_gpu_hours",
            "tokens": "v3_pretraining_tokens",
            "mfu_disclosed": "v3_mfu_causal",
        },
        "llama4-scout": {"gpu_hours": "llama4_scout_gpu_hours", "tokens": "llama4_scout_tokens"},
        "llama4-maverick": {
            "gpu_hours": "llama4_maverick_gpu_hours",
            "tokens": "llama4_maverick_tokens",
        },
        "llama3.1-405b": {"gpu_hours": "llama31_405b_gpu_hours"},
    }.items():
        for column, fact in facts.items():
            assert runs.loc[run, column] == evidence.facts[fact].value, (run, column)


def test_run_rows_that_serve_as_references_name_a_chip_and_unfit_rows_a_reason(evidence):
    runs = evidence["training_runs"]
    usable = runs[(runs.unfit == "") & runs.gpu_hours.notna()]
    assert (usable.chip != "").all()
    assert (runs.unfit.str.len() > 5)[runs.unfit != ""].all()


def test_step_parts_do_not_exceed_the_step(evidence):
    runs = evidence["rl_runs"]
    parts = runs[["generation_seconds", "scoring_seconds", "update_seconds", "fixed_seconds"]].sum(
        axis=1
    )
    known = runs.step_seconds.notna() & (parts > 0)
    assert known.sum() >= 10
    assert (parts[known] <= runs.step_seconds[known] * 1.005).all()


def test_the_length_curve_integrates_to_the_tokens_in_facts(evidence):
    curve = evidence["r1_zero_answer_length"]
    per_step = evidence.facts["r1_zero_batch_outputs"].value
    area = (
        (curve.mean_answer_tokens + curve.mean_answer_tokens.shift()) / 2 * curve.step.diff()
    ).sum()
    total = evidence.facts["r1_zero_nat_tokens_total"]
    assert total.low <= area * per_step <= total.high


@pytest.mark.parametrize(
    ("file", "old", "new", "expected"),
    [
        (
            "facts.csv",
            "id,subject,quantity,value",
            "id,subject,quantity,valeu",
            "column valeu is not known; did you mean value?",
        ),
        (
            "facts.csv",
            ",2664000,",
            ",many,",
            "facts.csv, line 2 (v3_pretraining_gpu_hours), value: found many, allowed is a number",
        ),
        ("facts.csv", ",2664000,", ",-1,", "found -1.0, allowed is a number, required, minimum 0"),
        ("facts.csv", ",2664000,", ",,", "value: found nothing, allowed is a number, required"),
        *[
            ("facts.csv", ",2664000,", f",{odd},", f"value: found {odd}, allowed is a number")
            for odd in ["１２", "5\N{NO-BREAK SPACE}", "0x10", " 5", "1e"]
        ],
        (
            "curves/r1_zero_answer_length.csv",
            "\n0,",
            "\n0.5,",
            "step: found 0.5, allowed is a integer",
        ),
        *[
            (
                "prices.csv",
                ",on_demand,2021-04-11,",
                f",on_demand,{odd},",
                f"prices.csv, line 2 (price_001), date: found {odd or 'nothing'}, allowed is a "
                "date as 2025-01-31, required",
            )
            for odd in [
                "2021-13-45",
                "2021-02-30",
                "2021-4-11",
                "2021-04",
                "11 April 2021",
                "4/11/2021",
                "",
            ]
        ],
        *[
            (
                "claims.csv",
                ",Reuters,2025-09-18,",
                f",Reuters,{odd},",
                f"claims.csv, line 2 (reuters_294k), date: found {odd}, allowed is a date as "
                "2025-01-31, required; of a month or a year give the first day, and date_known_to",
            )
            for odd in [
                *["2025", "2025-09", "2025-13-45", "2025-09-00", "2025-9", "2025-09-1"],
                *["20250918", "2025-02-29", "2025-04-31", "0000-01-01", "２０２５-09-18"],
            ]
        ],
        (
            "facts.csv",
            "v3_context_extension_gpu_hours,",
            "v3_pretraining_gpu_hours,",
            "each must be unique",
        ),
        ("facts.csv", ",gpu_hours,disclosed,", ",gpu_hour,disclosed,", "did you mean gpu_hours?"),
        (
            "facts.csv",
            ",read,v3_report,",
            ",read,v3_reprot,",
            "source_id: v3_reprot is not in sources; did you mean v3_report?",
        ),
        (
            "facts.csv",
            ",disclosed,read,",
            ",disclosed,red,",
            "confidence: found red, allowed are read, read_via_secondary",
        ),
        (
            "training_runs.csv",
            "H800 SXM,2048",
            "H801 SXM,2048",
            "chip: H801 SXM is not in hardware; did you mean H800 SXM?",
        ),
        (
            "models/deepseek-v3.toml",
            '"v3_pretraining_tokens"',
            '"v3_pretraining_token"',
            "did you mean v3_pretraining_tokens?",
        ),
        (
            "models/deepseek-v3.toml",
            'tokens = "v3_pretraining_tokens"',
            'tokens = "v3_cluster_gpus"',
            "unit is chips, expected tokens",
        ),
        (
            "models/deepseek-v3.toml",
            'kind = "pretraining"',
            'kind = "pretrainin"',
            "models/deepseek-v3.toml",
        ),
    ],
)
def test_damaged_evidence_is_one_line_that_names_the_place(edited, file, old, new, expected):
    from analysis.reconstruction.model_file import load_model

    directory = edited(file, old, new)
    with pytest.raises(InputError, match=re.escape(expected)) as caught:
        load_model("deepseek-r1", Evidence.load(directory))
    assert "\n" not in str(caught.value)


# to the letter what others may write; a second hand of either kind is marked
CONFIDENCES = {"read": False, "read_via_secondary": True, "read_via_epoch_ai": True}


@pytest.mark.parametrize("confidence", CONFIDENCES)
def test_a_fact_says_at_which_hand_it_was_read(edited, confidence):
    directory = edited("facts.csv", ",disclosed,read,", f",disclosed,{confidence},")
    facts = Evidence.load(directory).facts
    assert facts["v3_pretraining_gpu_hours"].second_hand == CONFIDENCES[confidence]


COLUMNS = {
    "facts": "id subject quantity value low high unit kind confidence source_id locator note",
    "sources": "source_id title publisher year kind url licence",
}


@pytest.mark.parametrize("table", COLUMNS)
def test_the_columns_that_others_rely_on_come_first(evidence, table):
    columns = COLUMNS[table].split()
    assert list(evidence[table])[: len(columns)] == columns


def test_the_words_of_a_facts_columns_are_those_that_others_rely_on():
    named = {resource["name"]: resource for resource in resources(default_directory())}
    fields = {field["name"]: field for field in named["facts"]["schema"]["fields"]}
    assert set(fields["confidence"]["constraints"]["enum"]) == set(CONFIDENCES)
    assert fields["kind"]["constraints"]["enum"] == [
        "disclosed",
        "derived_in_source",
        "digitised",
        "reported_by_press",
        "estimate_by_third_party",
        "assumption",
    ]


@pytest.mark.parametrize("file", ["facts.csv", "datapackage.json", "sources.csv"])
def test_a_missing_or_unreadable_file_is_one_line(folder: Path, file: str):
    (folder / file).write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InputError, match=re.escape(file)):
        Evidence.load(folder)
    (folder / file).unlink()
    with pytest.raises(InputError, match=re.escape(file)):
        Evidence.load(folder)


@pytest.mark.parametrize("odd", ["\0", "\x1b[31m", "\x7f", "\x9b", "\u202e", "\u2066"])
@pytest.mark.parametrize("file", ["facts.csv", "models/deepseek-r1.toml"])
def test_what_no_reader_sees_is_refused_where_it_stands(edited, file, odd):
    from analysis.reconstruction.model_file import load_model

    written = json.dumps(odd)[1:-1] if file.endswith("toml") else odd
    directory = edited(file, "DeepSeek", f"{written}DeepSeek")
    with pytest.raises(
        InputError, match=re.escape(f"holds {odd[0]!a}, which no reader sees")
    ) as at:
        load_model("deepseek-r1", Evidence.load(directory))
    assert at.value.where.startswith(file.rpartition("/")[2])


def test_other_writing_is_read(edited):
    odd = "שלום \u200f é \u2028 深 \ufeff"
    directory = edited("sources.csv", "DeepSeek-V3 Technical Report", odd)
    assert odd in set(Evidence.load(directory)["sources"].title)


def test_an_input_may_not_be_a_check(edited):
    from analysis.reconstruction.model_file import load_model

    directory = edited(
        "models/deepseek-r1.toml", 'steps = "r1_zero_steps"', 'steps = "r1_zero_hours"'
    )
    with pytest.raises(
        InputError, match="r1_zero_hours is a check of the run, which no reconstruction may read"
    ):
        load_model("deepseek-r1", Evidence.load(directory))


def test_nearest_name_by_spelling_and_by_shared_words():
    assert did_you_mean("chp", KNOWN) == "; did you mean chip?"
    assert did_you_mean("gpu_price", KNOWN) == "; did you mean price_usd_per_gpu_hour?"
    assert did_you_mean("zzzzzz", KNOWN) == ""


def test_names_in_an_expression_leave_out_numbers():
    assert parse("v3_tokens * 24 / 1e12 + a__low").names == ("v3_tokens", "a__low")


def test_the_hash_follows_the_content(evidence, folder):
    assert Evidence.load(folder).sha256 == evidence.sha256
    (folder / "facts.csv").write_text((folder / "facts.csv").read_text() + "\n")
    assert Evidence.load(folder).sha256 != evidence.sha256


@pytest.mark.parametrize(
    ("more", "says"),
    [
        (",".join("x" * 20), r"line \d+: not a readable table: found 20 cells, allowed are 7"),
        ('x,"never closed\n\n\n', r"line \d+: not a readable table: unexpected end"),
    ],
)
def test_rows_that_no_reader_takes_are_found_by_their_line(folder, more, says):
    path = folder / "sources.csv"
    lines = path.read_text(encoding="utf-8").count("\n") + 1
    with path.open("a", encoding="utf-8") as file:
        file.write(f"{more}\n")
    with pytest.raises(InputError, match=f"^sources.csv, {says}") as caught:
        Evidence.load(folder)
    assert f"line {lines}" in str(caught.value)


def test_what_pandas_alone_cannot_read_is_no_lack_of_memory(folder):
    (folder / "sources.csv").write_bytes(b'id,b\n ""\\""\r\xef\xbb\xbf\t\r\\\t \r \xef\xbb\xbf')
    with pytest.raises(InputError, match=r"^sources.csv, line 2: not a readable .* return"):
        Evidence.load(folder)


def test_a_table_for_which_there_is_no_memory_is_no_mistake_in_it(edited, monkeypatch):
    folder = edited("facts.csv", ",2788000,", ",2788001,")  # not read before

    def no_memory(*_, **__):
        raise pd.errors.ParserError("Error tokenizing data. C error: out of memory")

    monkeypatch.setattr("analysis.data.schema.pd.read_csv", no_memory)
    with pytest.raises(MemoryError):
        Evidence.load(folder)

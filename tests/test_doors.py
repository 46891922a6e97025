"""The doors: what they give shows itself, gives frames, and cannot be changed for others."""

import dataclasses
import inspect
import json
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

import analysis
from analysis.cli import main
from analysis.data.mistakes import InputError

SPEC = {
    "name": "Some <70B>",
    "developer": "Somebody",
    "release_date": "2025-06-01",
    "params_total": 70e9,
    "params_active": 70e9,
    "tokens": 15e12,
    "hardware": "H100",
}
DOORS = {
    "reconstruct": lambda: analysis.reconstruct(samples=256),
    "a phase": lambda: analysis.reconstruct(samples=256)["r1_zero_rl"],
    "judge": lambda: analysis.judge(samples=256),
    "sweep": lambda: analysis.sweep(mfu=[0.2, 0.3]),
    "estimate": lambda: analysis.estimate(**SPEC),
    "evidence": lambda: analysis.evidence(),
}


def test_importing_the_package_brings_no_pandas():
    said = "import sys, analysis; print(*{'pandas', 'numpy'} & {*sys.modules})"
    found = subprocess.run([sys.executable, "-c", said], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == ""


def test_the_doors_have_the_names_and_keys_that_others_call():
    assert {"reconstruct", "estimate", "sweep", "judge", "evidence", "charts"} <= {*dir(analysis)}
    names = [*inspect.signature(analysis.reconstruct).parameters.values()]
    assert [one.name for one in names] == ["model", "scenario", "data", "parameters"]
    assert [one.kind.name for one in names[1:]] == ["KEYWORD_ONLY", "KEYWORD_ONLY", "VAR_KEYWORD"]
    # a book that was built in this process has put its own words into signatures
    assert analysis.reconstruct.__defaults__ == analysis.evidence.__defaults__ == (None,)
    assert analysis.reconstruct.__kwdefaults__ == {"scenario": None, "data": None}


@pytest.mark.parametrize("door", DOORS)
def test_a_result_is_frozen_and_shows_itself(door):
    result = DOORS[door]()
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(result, dataclasses.fields(result)[0].name, None)
    assert len(repr(result)) < 200
    assert " at 0x" not in repr(result)
    shown = result._repr_html_()
    assert "<table" in shown and "<70B>" not in shown


@pytest.mark.parametrize("door", [name for name in DOORS if name != "a phase"])
def test_a_result_gives_a_frame_that_is_the_callers_own(door):
    result = DOORS[door]()
    frame = result.frame()
    assert len(frame)
    before = frame.copy()
    frame.insert(0, "changed", 1)
    pd.testing.assert_frame_equal(result.frame(), before)


def test_an_estimate_is_what_the_command_prints(tmp_path, capsys):
    found = analysis.estimate(**SPEC)
    (tmp_path / "run.toml").write_text(
        "\n".join(f"{key} = {json.dumps(SPEC[key])}" for key in SPEC)
    )
    assert main(["estimate", str(tmp_path / "run.toml"), "--json"]) == 0
    assert found.to_dict() == json.loads(capsys.readouterr().out) == found
    assert "GPU-hours" in repr(found) and found["gpu_hours"]["p50"] > 1e6
    found["gpu_hours"]["p50"] = 0.0
    found.to_dict()["assumptions"].clear()
    assert found["gpu_hours"]["p50"] > 1e6 and found["assumptions"]


MISTAKES = {
    "scenario: found 5, allowed is a text": lambda: analysis.reconstruct(scenario=5),
    "data: found 5, allowed is a text": lambda: analysis.reconstruct(data=5),
    "model: found b'x', allowed is a text": lambda: analysis.judge(b"x"),
    "models: found ['x'], allowed is a text": lambda: analysis.accounts(["x"]),
    "data: found b'x', allowed is a text": lambda: analysis.evidence(b"x"),
    "a.toml: no path of a file": lambda: analysis.reconstruct(scenario="\0a.toml"),
    "mfu: found 0.2, allowed is a list of values": lambda: analysis.sweep(mfu=0.2),
    "chip: found 'H100', allowed is a list of values": lambda: analysis.sweep(chip="H100"),
    "mfu: found [], allowed is a list of values": lambda: analysis.sweep(mfu=[]),
    "mfu: input should be a valid number, found a list": lambda: analysis.sweep(mfu=[[0.2]]),
    "a sweep needs a parameter and its values": lambda: analysis.sweep(),
    "report: found 5, allowed is a function": lambda: analysis.sweep(mfu=[0.2], report=5),
    "chip: 5 is not in hardware.csv": lambda: analysis.sweep(chip=[5]),
    "fact is not a table; did you mean facts?": lambda: analysis.evidence()["fact"],
    "5 is not a fact": lambda: analysis.evidence().facts[5],
}


@pytest.mark.parametrize("said", MISTAKES)
def test_a_mistake_at_a_door_is_that_of_a_command(said):
    with pytest.raises(InputError) as refused:
        MISTAKES[said]()
    assert said in str(refused.value) and "\n" not in str(refused.value)


def test_a_figure_without_a_value_is_told_at_the_door(folder, monkeypatch):
    monkeypatch.setattr("analysis.doors.account_of", lambda *_: np.log(np.zeros(1)))
    with pytest.raises(InputError, match="its figures come to no finite number: divide by zero"):
        analysis.reconstruct(data=folder)

"""A sweep's row is what single commands say; a cluster that loses a worker gives the same."""

import os
import signal
import socket
import ssl
import threading
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from analysis.cli import main
from analysis.data.mistakes import InputError
from analysis.data.scenario import load_scenario, usual_range
from analysis.reconstruction import sweep as sweeping
from analysis.reconstruction import sweep_file
from analysis.reconstruction.grids import combinations, parse_grid, size_of
from analysis.reconstruction.ground import ground_of
from analysis.reconstruction.ladder import ladder, rungs_of
from analysis.reconstruction.reconstruction import reconstruct
from analysis.reconstruction.sweep import (
    checked,
    chunks,
    counted,
    evaluate,
    evaluated,
    marks,
    sweep,
)
from analysis.reconstruction.sweep_cluster import evaluated_on_cluster
from analysis.reconstruction.sweep_file import check_target, remember, write

FEW = {"samples": 256}


@pytest.fixture(scope="module")
def scenario():
    return load_scenario(**FEW)


def test_a_row_is_what_reconstruct_and_the_ladder_say(scenario, evidence):
    grids = [
        "mfu=0.2,0.4",
        "time_per_output_token_ms=15,40",
        "price_usd_per_gpu_hour=1,3",
        "failed_run_share=0.5,0.8",
        "utilisation=0.5,0.9",
    ]
    frame = sweep("deepseek-r1", scenario, evidence, combinations(grids, None))
    assert len(frame) == 32
    assert not [name for name in frame if name.startswith(("v3_alone", "fleet_capital"))]
    assert "v3_pretraining_gpu_hours_p50" in frame and "v3_pretraining_usd_p50" not in frame
    assert list(frame)[:5] == [text.split("=")[0] for text in grids] and frame.columns.is_unique
    for row in frame.iloc[[0, 13, 31]].to_dict("records"):
        given = {text.split("=")[0]: row[text.split("=")[0]] for text in grids}
        found = reconstruct("deepseek-r1", load_scenario(**FEW, **given), evidence)
        single = found.to_dict()
        for name, value in single["total"]["gpu_hours"]["reconstructed"].items():
            assert row[f"gpu_hours_{name}"] == pytest.approx(value, rel=1e-9)
            assert row[f"usd_{name}"] == pytest.approx(
                single["total"]["usd"]["reconstructed"][name], rel=1e-9
            )
        for phase in single["phases"]:
            assert row[f"{phase['id']}_gpu_hours_p95"] == pytest.approx(
                phase["gpu_hours"]["reconstructed"]["p95"], rel=1e-9
            )
        rungs = rungs_of(ladder(found, evidence)).set_index("id")
        assert row["with_v3_post_training_usd"] == pytest.approx(rungs.usd["with_v3_post_training"])
        assert row["with_staff_usd_p95"] == pytest.approx(rungs.usd_p95["with_staff"], rel=1e-9)
        assert row["own_usd_per_gpu_hour_p05"] * rungs.gpu_hours["r1_zero"] == pytest.approx(
            rungs.own_usd_p05["r1_zero"], rel=1e-9
        )


def test_chips_are_swept_too_each_with_its_own_peak_and_prices(scenario, evidence):
    frame = sweep("deepseek-r1", scenario, evidence, combinations(["chip=H800,A100 80GB"], None))
    single = reconstruct("deepseek-r1", load_scenario(chip="A100 80GB", **FEW), evidence).to_dict()
    assert frame.gpu_hours_p50[1] == pytest.approx(
        single["total"]["gpu_hours"]["reconstructed"]["p50"], rel=1e-9
    )


def test_rows_come_in_the_order_of_the_combinations_whatever_their_number(scenario, evidence):
    sets = combinations(["price_usd_per_gpu_hour=1:2:400", "mfu=0.2,0.3"], None)
    frame = sweep("deepseek-r1", scenario, evidence, sets)
    pd.testing.assert_frame_equal(frame[list(sets)], sets)
    assert frame.data_sha256.eq(evidence.sha256).all() and frame.version.nunique() == 1


def test_more_efficiency_is_fewer_hours_and_a_higher_rent_more_dollars(scenario, evidence):
    frame = sweep("deepseek-r1", scenario, evidence, combinations(["mfu=0.1:0.6:6"], None))
    assert frame.gpu_hours_p50.is_monotonic_decreasing
    frame = sweep(
        "deepseek-r1", scenario, evidence, combinations(["price_usd_per_gpu_hour=1:6:6"], None)
    )
    assert frame.usd_p50.is_monotonic_increasing and frame.gpu_hours_p50.nunique() == 1


def test_a_sample_lies_in_its_ranges_and_is_the_same_each_time():
    first, again = (combinations(["mfu=0.2:0.3", "chip=H800,H100"], 50) for _ in range(2))
    pd.testing.assert_frame_equal(first, again)
    assert (
        first.mfu.between(0.2, 0.3).all()
        and set(first.chip) == {"H800", "H100"}
        and len(first) == 50
    )


def test_without_a_grid_every_parameter_with_a_usual_range_is_sampled():
    found = combinations([], 8)
    assert len(found.columns) > 5 and all(usual_range(name) for name in found)


def test_the_size_is_known_before_anything_is_made():
    assert size_of(["mfu=0.1:0.6:1000", "price_usd_per_gpu_hour=1:2:1000"], None) == 1_000_000


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("mfu=0.1:0.6", "expected key=lo:hi:n with n of two or more"),
        ("mfu=0.6:0.1:3", "with lo below hi"),
        ("mfu=0.1,,0.2", "an empty value"),
        ("mfu=a", "a is not a number"),
        ("mfuu=1", "did you mean mfu?"),
        ("samples=64,128", "samples is not a parameter that can be swept"),
        ("mfu", "an empty value"),
    ],
)
def test_a_malformed_grid_is_refused(text, says):
    with pytest.raises(InputError, match=says.replace("?", r"\?")):
        parse_grid(text)


def test_a_value_out_of_bounds_is_refused_before_the_first_is_evaluated(scenario, evidence):
    for grid, says in (
        ("mfu=0.2,1.2,0.3", r"mfu: input should be less than or equal to 1, found 1\.2"),
        ("mfu=0.2,1e-9,0.3", "mfu: input should be greater than or equal to"),
        ("mfu=0.2,nan,0.3", "nan is not a number"),
        ("chip=H800,H9000", "H9000 is not in"),
    ):
        with pytest.raises(InputError, match=says):
            checked("deepseek-r1", scenario, evidence, combinations([grid], None))


def test_what_all_rows_share_is_not_swept(scenario, evidence):
    with pytest.raises(InputError, match="seed is not a parameter that can be swept"):
        sweep("deepseek-r1", scenario, evidence, pd.DataFrame({"seed": [0, 1]}))


def run(capsys, *arguments):
    code = main(["sweep", *arguments])
    captured = capsys.readouterr()
    return code, captured.out, captured.err.splitlines()[-1] if captured.err else ""


def test_the_command_writes_table_and_chart_and_keeps_what_is_not_its_own(capsys, tmp_path):
    out = tmp_path / "mine.csv"
    code, said, _ = run(capsys, "--grid", "mfu=0.2,0.4", "-p", "samples=256", "--out", str(out))
    assert code == 0 and said.split() == [str(out), str(out.with_suffix(".svg"))]
    assert len(pd.read_csv(out)) == 2
    assert run(capsys, "--grid", "mfu=0.3", "-p", "samples=256", "--out", str(out))[0] == 0
    other = tmp_path / "other.csv"
    other.write_text("a,b\n1,2\n")
    code, _, error = run(capsys, "--grid", "mfu=0.3", "--out", str(other))
    assert code == 2 and "is no result of a sweep" in error and other.read_text() == "a,b\n1,2\n"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["mine.csv", "mine.svg", "other.csv"]


def test_too_many_combinations_ask_first(capsys, tmp_path):
    grids = ["--grid", "mfu=0.1:0.6:1000", "--grid", "price_usd_per_gpu_hour=1:2:1000"]
    code, _, error = run(capsys, *grids, "--out", str(tmp_path / "x.csv"))
    assert code == 2 and "1,000,000 combinations are more than 100,000; say --yes" in error


@pytest.mark.parametrize(
    "address",
    ["tcp://127.0.0.1:9", "ucx://h:1", "tls://127.0.0.1:1", "inproc://x", "http://x", "tcp://[::1"],
)
def test_a_scheduler_that_does_not_answer_is_the_users_mistake(capsys, tmp_path, address):
    out = tmp_path / "x.csv"
    code, _, error = run(capsys, "--grid", "mfu=0.3", "--scheduler", address, "--out", str(out))
    assert code == 2 and f"--scheduler {address}: no Dask scheduler answers there" in error
    assert len(error.splitlines()) == 1 and not out.exists()


@pytest.fixture
def cluster(monkeypatch) -> list:
    """The cluster of this machine's cores as it is started, of two workers."""
    import distributed

    started = []

    class Watched(distributed.LocalCluster):
        def __init__(self, **options):
            super().__init__(n_workers=2, **options)
            started.append(self)

    monkeypatch.setattr(distributed, "LocalCluster", Watched)
    return started


def reaches(address: str) -> bool:
    """Whether somebody without a key of the cluster is listened to."""
    host, _, port = address.removeprefix("tls://").rpartition(":")
    anybody = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    anybody.check_hostname, anybody.verify_mode = False, ssl.CERT_NONE
    try:
        with socket.create_connection((host, int(port)), 5) as plain:
            return bool(anybody.wrap_socket(plain).recv(1))  # it greets whom it listens to
    except (ssl.SSLError, ConnectionError):
        return False


def test_a_cluster_that_loses_a_worker_gives_the_same_rows(scenario, evidence, cluster):
    sets = combinations(["price_usd_per_gpu_hour=1:2:250", "mfu=0.2:0.5:16"], None)
    started, reached = threading.Event(), []

    def look_and_kill() -> None:
        started.wait()
        reached.append(reaches(cluster[0].scheduler_address))
        os.kill(cluster[0].workers[0].pid, signal.SIGKILL)

    killer = threading.Thread(target=look_and_kill)
    killer.start()
    parts = evaluated_on_cluster("deepseek-r1", scenario, evidence, sets, "local")
    shared = pd.concat(counted(parts, len(sets), lambda done, of: started.set()))
    killer.join()
    alone = pd.concat(evaluated("deepseek-r1", scenario, evidence, sets))
    pd.testing.assert_frame_equal(shared.sort_index(), alone.sort_index())
    assert cluster[0].scheduler_address.startswith("tls://127.0.0.1:") and reached == [False]


@pytest.mark.parametrize("count", [1, 2, 3, 5, 9])
def test_a_sample_has_as_many_rows_as_asked(count):
    found = combinations(["mfu=0.2:0.3", "chip=H800,H100,A100"], count)
    assert len(found) == count


def test_two_values_are_the_ends_of_their_range():
    assert parse_grid("mfu=0.2:0.4:2") == ("mfu", [0.2, 0.4])


def test_a_parameter_reaches_the_stages_that_use_it(evidence):
    """The longest answer reaches reinforcement alone, and only where it is set."""
    for given, reached in ((None, False), (8_000, True)):
        ground = ground_of("deepseek-r1", load_scenario(longest_answer_tokens=given), evidence)
        by_kind = {
            stage.work.kind: "longest_answer_tokens" in ground.parameters_of(phase.id, stage)
            for phase in ground.model.phases
            for stage in phase.stages
        }
        assert by_kind.pop("reinforcement") is reached
        assert by_kind and not any(by_kind.values())


def test_a_sample_without_a_seed_is_that_of_nought():
    first, same, other = (
        combinations(["mfu=0.2:0.3", "chip=H800,H100,A100"], 16, *seed) for seed in ((), (0,), (1,))
    )
    pd.testing.assert_frame_equal(first, same)
    assert not first.mfu.equals(other.mfu)


def test_points_of_a_sample_fill_their_range_and_choose_every_value_alike():
    found = combinations(["mfu=0.2:0.3", "chip=H800,H100,A100"], 64)
    assert found.mfu.min() < 0.21 and found.mfu.max() > 0.29
    assert found.mfu.mean() == pytest.approx(0.25, abs=0.005)
    assert found.chip.value_counts().between(20, 23).all()


def test_a_range_without_its_number_is_for_a_sample_alone():
    assert parse_grid("mfu=0.2:0.3", sampled=True) == ("mfu", (0.2, 0.3))
    with pytest.raises(InputError, match="--sample says how many; expected key=lo:hi"):
        parse_grid("mfu=0.2:0.3:7", sampled=True)
    with pytest.raises(InputError, match="expected key=a,b,c, or key=lo:hi:n with lo below hi"):
        parse_grid("mfu=0.2:0.3:7:7", sampled=True)
    for text in ("mfu=0.3:0.3", "mfu=0.3:0.2", "chip=1:2"):
        with pytest.raises(InputError, match="with lo below hi"):
            parse_grid(text, sampled=True)
    for text in (
        "mfu=0.2:0.3:1",
        "mfu=0.2:0.3:x",
        "mfu=0.2:0.3:2:2",
        "mfu=0.3:0.3:2",
        "chip=1:2:2",
    ):
        with pytest.raises(InputError, match=f"--grid {text}: expected key="):
            parse_grid(text)
    assert parse_grid("mfu=0.2:0.3:3")[1] == pytest.approx([0.2, 0.25, 0.3])
    assert parse_grid("chip= H800 , H100") == ("chip", ["H800", "H100"])


def test_the_number_of_combinations_is_that_of_the_sample_or_the_product_of_the_grids():
    assert size_of(["mfu=0.1,0.2,0.3", "price_usd_per_gpu_hour=1:2:4"], None) == 12
    assert size_of(["mfu=0.1:0.2"], 7) == 7 and size_of([], 1) == 1
    with pytest.raises(InputError, match="--sample 0: expected one to 100,000,000"):
        size_of([], 0)
    with pytest.raises(InputError, match="mfu stands twice"):
        combinations(["mfu=0.1,0.2", "mfu=0.3"], None)
    with pytest.raises(InputError, match="a sweep needs --grid"):
        combinations([], None)


def test_a_sweep_rests_on_its_scenario_a_version_and_the_data(scenario):
    found = marks(scenario, SimpleNamespace(sha256="of the data"))
    assert [*found] == ["scenario", "version", "data_sha256"]
    assert (found["scenario"], found["data_sha256"]) == (scenario.summary, "of the data")


def parts_of(sets, places, usd):
    """Pieces of a sweep, at their places."""
    for place, value in zip(places, usd, strict=True):
        yield sets.loc[[place]].assign(usd_p50=value)


def test_pieces_are_written_in_the_order_of_the_combinations_and_nothing_lies_beside(tmp_path):
    sets = pd.DataFrame({"chip": ["A", "=B", "C"]})
    found = write(sets, parts_of(sets, [2, 0, 1], [3.5, 1.0, np.nan]), {"v": "1"}, tmp_path / "x")
    assert (tmp_path / "x").read_text() == "chip,usd_p50,v\nA,1.0,1\n'=B,,1\nC,3.5,1\n"
    assert found.tolist() == pytest.approx([1.0, np.nan, 3.5], nan_ok=True)
    assert [path.name for path in tmp_path.iterdir()] == ["x"]


def test_a_sweep_that_ends_early_leaves_the_last_table(tmp_path):
    sets, out = pd.DataFrame({"mfu": [0.1, 0.2]}), tmp_path / "x.csv"
    out.write_text("of before")

    def stops():
        yield from parts_of(sets, [1], [1.0])
        raise InterruptedError("no disk of ours")

    with pytest.raises(InterruptedError):
        write(sets, stops(), {}, out)
    assert [path.name for path in tmp_path.iterdir()] == ["x.csv"]
    assert out.read_text() == "of before"
    with pytest.raises(InputError, match="cannot be written"):
        write(sets, parts_of(sets, [0, 1], [1.0, 2.0]), {}, tmp_path / "nowhere" / "x.csv")


def test_a_table_of_many_blocks_is_that_of_one(tmp_path, monkeypatch, scenario, evidence):
    """And what is in memory at once is a block."""
    sets = combinations(["price_usd_per_gpu_hour=1:2:30", "mfu=0.3,0.2"], None)
    for block, name in ((1_000, "one"), (7, "many")):
        monkeypatch.setattr(sweep_file, "BLOCK", block)
        parts = evaluated("deepseek-r1", scenario, evidence, sets)
        write(sets, parts, marks(scenario, evidence), tmp_path / name)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "many").read_bytes()
    whole = sweep("deepseek-r1", scenario, evidence, sets)
    assert (tmp_path / "one").read_text() == whole.to_csv(index=False)


def test_a_target_is_a_file_of_a_sweep_or_a_new_one_in_a_folder(tmp_path):
    with pytest.raises(InputError, match="is a folder"):
        check_target(tmp_path)
    with pytest.raises(InputError, match="its folder is not there"):
        check_target(tmp_path / "nowhere" / "x.csv")
    target = tmp_path / "x.csv"
    check_target(target)
    head = f"mfu,usd_p50,scenario,version,data_sha256\n{tmp_path.name},"
    target.write_text(f"{head}1\n")
    remember(target)
    check_target(target)
    for other in (f"{head}2\n", head, "", "\x00\n"):
        target.write_text(other)
        with pytest.raises(InputError, match=r"is no result of a sweep .* say --force"):
            check_target(target)
        check_target(target, force=True)
    target.write_text(f"{head}1\n")
    check_target(target)


def test_chunks_hold_five_hundred_and_those_of_alike_hours_together():
    sets = combinations(["price_usd_per_gpu_hour=1:2:300", "mfu=0.3,0.2"], None)
    pieces = list(chunks(sets))
    assert [len(piece) for piece in pieces] == [500, 100]
    assert pd.concat(pieces).mfu.is_monotonic_increasing
    alike = combinations(["price_usd_per_gpu_hour=3,1,2"], None)
    (whole,) = chunks(alike)
    assert whole.price_usd_per_gpu_hour.tolist() == [3, 1, 2]


def test_a_sweep_tells_how_far_it_is(scenario, evidence, monkeypatch):
    monkeypatch.setattr(sweeping, "evaluate", lambda model, scenario, evidence, sets: sets)
    sets = combinations(["price_usd_per_gpu_hour=1:2:300", "mfu=0.3,0.2"], None)
    told = []
    sweep("deepseek-r1", scenario, evidence, sets, lambda done, of: told.append((done, of)))
    assert told == [(500, 600), (600, 600)]


def test_a_stage_is_evaluated_once_for_what_reaches_it_and_kept_for_others(scenario, evidence):
    """Two efficiencies and two prices: stages of one efficiency are drawn once."""
    stages = {}
    sets = combinations(["mfu=0.2,0.4", "price_usd_per_gpu_hour=1,2"], None)
    found = evaluate("deepseek-r1", scenario, evidence, sets, stages)
    ground = ground_of("deepseek-r1", load_scenario(mfu=0.2, **FEW), evidence)
    by_efficiency = [
        "mfu" in ground.parameters_of(phase.id, stage)
        for phase in ground.model.phases
        for stage in phase.stages
    ]
    assert len(stages) == sum(2 if reached else 1 for reached in by_efficiency)
    again = evaluate("deepseek-r1", scenario, evidence, sets, stages)
    pd.testing.assert_frame_equal(found, again)
    assert found.usd_p50.tolist() == pytest.approx(
        (found.gpu_hours_p50 * found.price_usd_per_gpu_hour).tolist()
    )

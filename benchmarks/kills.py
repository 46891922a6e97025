"""Builds killed at moments spread over their running time: the last edition stands whole, nothing
is left, the next build succeeds.
"""

from __future__ import annotations

import argparse
import hashlib
import subprocess
import sys
import time
from pathlib import Path

import psutil

BUILD = [Path(sys.executable).with_name("traincost"), "build", "--out"]


def tree_hash(folder: Path) -> str:
    """One hash of every name and byte of a folder."""
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            digest.update(path.relative_to(folder).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def leftovers(before: set[int], seconds: float = 5.0) -> list[str]:
    """Processes of this interpreter that a killed build has left after some seconds."""
    end = time.monotonic() + seconds
    while True:
        found = [
            process
            for process in psutil.process_iter(["pid", "cmdline"])
            if process.info["pid"] not in before
        ]
        left = [
            " ".join(process.info["cmdline"] or [])[:80]
            for process in found
            if sys.prefix in " ".join(process.info["cmdline"] or [])
        ]
        if not left or time.monotonic() > end:
            return left
        time.sleep(0.1)


def main() -> None:
    """Build once, kill many, and print what each kill left."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="an empty folder to build into")
    parser.add_argument("--kills", type=int, default=50)
    options = parser.parse_args()
    out = options.folder / "edition"
    begin = time.perf_counter()
    subprocess.run([*BUILD, out, "-p", "mfu=0.299"], check=True, capture_output=True)
    whole, stands = time.perf_counter() - begin, tree_hash(out)
    print(f"a build takes {whole:.1f} s", flush=True)
    broken = 0
    for number in range(options.kills):
        before = {process.pid for process in psutil.process_iter()}
        command = [
            *BUILD,
            out,
            "-p",
            f"mfu=0.{300 + number}",
        ]  # a value that no page has been executed with
        build = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(whole * (number + 0.5) / options.kills)
        build.kill()
        finished = build.wait() == 0
        left, now = leftovers(before), tree_hash(out)
        following = subprocess.run(command, capture_output=True)
        last, stands = (
            stands,
            tree_hash(out),
        )  # the next build leaves alone an edition that was there whole just before the kill
        good = not left and now in (last, stands) and following.returncode == 0
        broken += not good
        said = (
            "whole"
            if good
            else f"BROKEN, left {left}, the next build ended with {following.returncode}"
        )
        print(f"{number + 1}: {said}{', had finished' if finished else ''}", flush=True)
    names = sorted(path.name for path in options.folder.iterdir())
    print(
        f"{options.kills - broken} of {options.kills} whole, with the next build done; beside the edition: {names}"
    )
    sys.exit(bool(broken) or names != ["edition"])


if __name__ == "__main__":
    main()

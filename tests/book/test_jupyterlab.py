"""Notebooks as most people meet them: opened in JupyterLab, in a browser, and run."""

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import nbformat
import pytest
from nbformat.reader import NotJSONError
from playwright.sync_api import expect

from tests.conftest import ROOT
from tests.test_notebooks import MOST_IN_SOAK, assert_whole

pytestmark = pytest.mark.browser
AT_MOST_MS = 120_000


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    found = tmp_path_factory.mktemp("lab")
    shutil.copytree(ROOT / "notebooks", found / "notebooks")
    return found


@pytest.fixture(scope="module")
def lab(folder) -> Iterator[str]:
    """The address of a JupyterLab of its own, over a copy of the notebooks."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    own = {f"JUPYTER_{name}_DIR": str(folder / name.lower()) for name in ("CONFIG", "RUNTIME")}
    settings = ["--IdentityProvider.token=", f"--ServerApp.port={port}", "--no-browser"]
    command = [sys.executable, "-m", "jupyterlab", "--allow-root", *settings]
    log = (folder / "log").open("w")
    server = subprocess.Popen(
        [*command, str(folder / "notebooks")],
        env={**os.environ, **own, "HOME": str(folder)},
        stdout=log,
        stderr=subprocess.STDOUT,
    )
    address = f"http://127.0.0.1:{port}/lab"
    try:
        wait_for(address)
        yield address
    finally:
        server.terminate()
        server.wait()
        log.close()


def wait_for(address: str) -> None:
    for _ in range(120):
        try:
            urlopen(address).close()
            return
        except (URLError, ConnectionError):
            time.sleep(0.5)
    raise TimeoutError(address)


@pytest.mark.parametrize("name", MOST_IN_SOAK)
def test_a_notebook_runs_in_jupyterlab(name, lab, folder, chromium):
    """All cells by the menu; what was saved has every cell run and no error."""
    page = chromium.new_context(viewport={"width": 1440, "height": 900}).new_page()
    page.goto(f"{lab}/tree/{name}.ipynb?reset")
    expect(page.locator(".jp-NotebookPanel .jp-CodeCell").first).to_be_visible(timeout=AT_MOST_MS)
    expect(page.get_by_text("| Idle")).to_be_visible(timeout=AT_MOST_MS)  # else nothing runs
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
    copy = folder / "notebooks" / f"{name}.ipynb"
    begun = time.monotonic()
    while not has_run(copy) and time.monotonic() < begun + AT_MOST_MS / 1000:
        page.keyboard.press("Control+s")
        page.wait_for_timeout(2_000)
    expect(page.locator("[data-mime-type='application/vnd.jupyter.error']")).to_have_count(0)
    page.context.close()
    assert_whole(copy)


def has_run(path: Path) -> bool:
    """Whether the file holds the run of its last cell, or an error."""
    try:
        read = nbformat.read(path, as_version=4)
    except NotJSONError:  # it is just being written
        return False
    cells = [cell for cell in read.cells if cell.cell_type == "code"]
    outputs = [out for cell in cells for out in cell.outputs]
    failed = any(out.output_type == "error" for out in outputs)
    return failed or all(cell.execution_count for cell in cells)

"""The forked kernel: in outputs and errors as a fresh one, blind to its siblings, and gone with its
parent.
"""

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import nbformat
import psutil
import pytest

from analysis.data.mistakes import InputError
from analysis.publish import execute as execution
from analysis.publish.execute import execute_all
from analysis.publish.forking.forks import can_fork
from analysis.publish.job import MARK, Job
from analysis.publish.kept import keep
from analysis.publish.notebook import tidied

pytestmark = pytest.mark.skipif(not can_fork(), reason="no forks here")

LEAK = (
    "import builtins, os, pandas as pd, analysis\n"
    "print(os.getcwd(), 'LEAK' in os.environ, pd.options.display.max_rows)\n"
    "print(hasattr(builtins, 'leak'), hasattr(analysis, 'leak'))\n"
    "os.chdir('/')\nos.environ['LEAK'] = '1'\nbuiltins.leak = analysis.leak = 1\n"
    "pd.options.display.max_rows = 7"
)
DRAW = "import random\nimport numpy as np\nx = np.random.random(), random.random()\nx"
NOTEBOOKS = {
    "streams": [
        # what is buffered is sent at the end of the cell, or 0.2 s after it was written: where the
        # order is to be seen, each is sent as it is written
        "import sys\nprint('out')\nprint('err', file=sys.stderr)",
        "print('out', flush=True)\nprint('err', file=sys.stderr, flush=True)\n"
        "print('out again', flush=True)",
        # a thread of the kernel reads what a child wrote: the cell waits for it
        "import os, subprocess, time\n_ = os.system('echo from a child')\ntime.sleep(1)",
        "import logging\nlogging.warning('logged')",
        "import warnings\nwarnings.warn('watch out', FutureWarning, stacklevel=1)",
        "print('no line end', end='')",
    ],
    "rich": [
        "from IPython.display import HTML, Markdown, display\n"
        "display(HTML('<b>bold</b>'), Markdown('*word*'))\n'the result'",
        "handle = display('first', display_id='here')",
        "handle.update('second')\nprint('kept', 1)\nNone",
        "import pandas as pd\npd.DataFrame({'a': [1.5, None]})",
        "pd.DataFrame({f'column {n} of a wide frame': [n] for n in range(9)})",
        "from IPython.display import clear_output\nprint('gone')\nclear_output()\nprint('stays')",
        "%timeit -n1 -r1 -q 1\nsorted(_oh), len(In)",
    ],
    "surroundings": [
        "import os, sys, threading, warnings, signal\n"
        "print(sys.argv[0], sys.argv[3:], sys.path, sys.flags, sys._xoptions, sys.executable)\n"
        "print(sys.warnoptions, __name__, sys.modules['__main__'].__dict__ is globals())",
        "print(os.getcwd(), sorted(os.environ), os.getsid(0) == os.getpid())",
        "print([row for row in warnings.filters if row[3]])",
        "print(*map(signal.getsignal, (signal.SIGINT, signal.SIGTERM, signal.SIGCHLD)))",
        "print(threading.current_thread().name, sys.getrecursionlimit(), sys.gettrace())\n"
        "print(type(get_ipython()), os.umask(0o22))",
        "import atexit, pathlib\n"
        "_ = atexit.register(pathlib.Path(given).write_text, 'said goodbye')",
    ],
    "seeded": [
        "import random\nimport numpy as np\nnp.random.seed(3)\nrandom.seed(3)\n"
        "np.random.random(), random.random()"
    ],
    "error": [
        "print('before')",
        "def inner():\n    [][1]\n"
        "try:\n    inner()\nexcept IndexError as error:\n    raise ValueError('wörds') from error",
        "1",
    ],
    "error_of_a_frozen_module": ["import os\nos.makedirs('/proc/nowhere/folder')"],
    "syntax": ["1", "1 +"],
    "interrupt": ["print('before')\nraise KeyboardInterrupt"],
    "leave": ["import sys\nprint('before')\nsys.exit(0)", "print('never')"],
    "leave_badly": ["import sys\nsys.exit('badly')"],
    "dead": ["print('before')", "import os\nos._exit(3)"],
    "killed": ["import os, signal\nos.kill(os.getpid(), signal.SIGKILL)"],
    "mistake": ["from analysis.data import InputError\nraise InputError('a mistake of the user')"],
}
OF_FORKS = {"leak": [LEAK], "leak_again": [LEAK], "draw": [DRAW], "draw_again": [DRAW]}
WRONG = "wrong_parameter"
NOT_STARTED = "Kernel died before replying"
FAILING = {
    "error",
    "error_of_a_frozen_module",
    "syntax",
    "interrupt",
    "leave_badly",
    "dead",
    "killed",
    "mistake",
}


def write(path: Path, *sources: str) -> Path:
    """A notebook with one parameter, `given`."""
    parameters = nbformat.v4.new_code_cell("given: str = None", metadata={"tags": ["parameters"]})
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    nbformat.write(
        nbformat.v4.new_notebook(
            cells=[parameters, *map(nbformat.v4.new_code_cell, sources)], metadata=kernel
        ),
        path,
    )
    return path


def outcomes(jobs: list[Job], fresh: bool) -> dict[str, object]:
    """The seconds or the error of each job, by name.

    A fresh kernel listens at ports that were free a moment before: where another process took one,
    it dies before any cell has run, and is started again.
    """
    found = {jobs[number].name: outcome for number, outcome in execution._outcomes(jobs, 2, fresh)}
    again = [job for job in jobs if NOT_STARTED in str(found[job.name])] if fresh else []
    return found | outcomes(again, fresh) if again else found


def steady(path: Path) -> str:
    """An executed notebook without what differs from process to process."""
    notebook = tidied(nbformat.read(path, as_version=4))
    notebook.metadata.pop(MARK)  # a hash that the number of the process goes into
    return re.sub(r"ipykernel_\d+", "", nbformat.writes(notebook))


@pytest.fixture(scope="module")
def both_ways(tmp_path_factory) -> dict[str, tuple[Path, dict[str, object]]]:
    """All notebooks executed in forks and in fresh kernels: the folder, and the outcomes."""
    notebooks = tmp_path_factory.mktemp("notebooks")
    given = str(notebooks / "goodbye")
    found = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("PYTEST_CURRENT_TEST")  # with it, a kernel leaves the output of children alone
        for way in ("forked", "fresh"):
            folder = tmp_path_factory.mktemp("executed")
            jobs = [
                Job(
                    name,
                    write(notebooks / f"{name}.ipynb", *sources),
                    {"given": given},
                    folder / f"{name}.ipynb",
                )
                for name, sources in (NOTEBOOKS | (OF_FORKS if way == "forked" else {})).items()
            ]
            path = write(notebooks / f"{WRONG}.ipynb", "1")
            jobs.append(Job(WRONG, path, {"givn": 1}, folder / f"{WRONG}.ipynb"))
            found[way] = folder, outcomes(jobs, way == "fresh")
            assert Path(given).read_text() == "said goodbye"
            Path(given).unlink()
    return found


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_outputs_are_those_of_a_fresh_kernel(both_ways, name):
    executed = [sorted(folder.glob(f"{name}*")) for folder, _ in both_ways.values()]
    assert [path.name for path in executed[0]] == [path.name for path in executed[1]]
    for forked, fresh in zip(*executed, strict=True):
        assert steady(forked) == steady(fresh)


def test_where_the_clock_cuts_a_stream_makes_no_difference():
    def written(*pieces: tuple[str, str]) -> str:
        outputs = [nbformat.v4.new_output("stream", name=name, text=text) for name, text in pieces]
        cell = nbformat.v4.new_code_cell("", outputs=outputs)
        return nbformat.writes(tidied(nbformat.v4.new_notebook(cells=[cell])))

    assert written(("stdout", "a\n"), ("stdout", "b\n")) == written(("stdout", "a\nb\n"))
    apart = written(("stdout", "a\n"), ("stderr", "!"), ("stdout", "b\n"))
    assert apart.count('"output_type": "stream"') == 3


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_errors_are_those_of_a_fresh_kernel(both_ways, name):
    (forked_folder, forked), (fresh_folder, fresh) = both_ways.values()
    assert isinstance(forked[name], Exception) == (name in FAILING)
    assert type(forked[name]) is type(fresh[name])
    if name in FAILING:
        assert str(forked[name]).replace(str(forked_folder), "") == str(fresh[name]).replace(
            str(fresh_folder), ""
        )


def test_nothing_leaks_into_the_next_notebook(both_ways):
    folder, _ = both_ways["forked"]
    first, second = (
        nbformat.read(folder / f"{name}.ipynb", 4).cells[-1].outputs
        for name in ("leak", "leak_again")
    )
    assert first == second != []


def test_random_numbers_are_each_notebooks_own(both_ways):
    folder, _ = both_ways["forked"]
    drawn = [
        nbformat.read(folder / f"{name}.ipynb", 4).cells[-1].outputs[0].data["text/plain"]
        for name in ("draw", "draw_again")
    ]
    first, second = (set(re.findall(r"0\.\d+", numbers)) for numbers in drawn)
    assert len(first) == len(second) == 2 and not first & second


@pytest.mark.parametrize("way", ["forked", "fresh"])
def test_a_wrong_parameter_is_the_users_mistake(both_ways, way):
    _, found = both_ways[way]
    assert isinstance(found[WRONG], InputError)
    says = f"givn is not a parameter of {WRONG}.ipynb; did you mean given?"
    assert says in str(found[WRONG])


def test_each_page_is_reported_and_the_rest_expected(tmp_path: Path, monkeypatch):
    monkeypatch.setattr(execution, "_cores", lambda: 1)  # two forks at a time
    jobs = [
        Job(name, write(tmp_path / "one.ipynb", "1"), {}, tmp_path / f"{name}.ipynb")
        for name in "abc"
    ]
    lines: list[str] = []
    keep(tmp_path / execution.SECONDS, {"a": 90, "b": 2, "c": 60})
    execute_all(jobs, lines.append)
    assert re.fullmatch(r"\[1/3\] [ac] executed \(\d+\.\d s\); about \d+ s to go", lines[0])
    assert re.fullmatch(r"\[3/3\] [abc] executed \(\d+\.\d s\)", lines[2])


def test_without_forks_a_kernel_is_started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(execution.forks, "can_fork", lambda: False)
    job = Job("x", write(tmp_path / "x.ipynb", "6 * 7"), {}, tmp_path / "out.ipynb")
    (tmp_path / execution.SECONDS).write_text("cut off in the mi")
    execute_all([job], print)
    assert nbformat.read(job.output, 4).cells[-1].outputs[0].data["text/plain"] == "42"


@pytest.mark.parametrize("fresh", [False, True], ids=["forked", "fresh"])
@pytest.mark.parametrize(
    "number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL], ids=lambda number: number.name
)
def test_nothing_is_left_of_an_interrupted_execution(tmp_path: Path, number, fresh):
    sleep = (
        "import pathlib, subprocess, time\nchild = subprocess.Popen(['sleep', '600'])\n"
        "pathlib.Path(given).touch()\ntime.sleep(600)"
    )
    write(tmp_path / "sleep.ipynb", sleep)
    code = (
        "from pathlib import Path\nimport signal\n"
        "from analysis.publish.execute import execute_all\n"
        "from analysis.publish.job import Job\n"
        # whoever starts the tests may ignore it
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "def job(name):\n"
        "    given = {'given': f'begun_{name}'}\n"
        "    return Job(name, Path('sleep.ipynb'), given, Path(f'{name}.ipynb'))\n"
        "jobs = [job('a'), job('b')]\n"
        f"execute_all(jobs, print, {fresh})"
    )
    parent = subprocess.Popen([sys.executable, "-c", code], cwd=tmp_path, stderr=subprocess.DEVNULL)
    workers = min(execution._cores(), 2)
    while len(list(tmp_path.glob("begun_*"))) < workers:
        assert parent.poll() is None
        time.sleep(0.05)
    family = psutil.Process(parent.pid).children(recursive=True)
    assert (
        len(family) >= 3 * workers + 1
    )  # the server, and with each notebook its job, kernel and child
    os.kill(parent.pid, number)
    parent.wait(timeout=30)
    _, alive = psutil.wait_procs(family, timeout=30)
    assert alive == []
    assert not list(tmp_path.glob("*.part.ipynb"))

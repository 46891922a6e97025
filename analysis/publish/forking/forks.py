"""Calls in clean forks: a fresh interpreter without threads imports once, and forks a process for
each call.

Whoever is left without a parent ends, and ends what it has started.
"""

from __future__ import annotations

import ctypes
import functools
import gc
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import closing
from multiprocessing import Pipe
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any, TypeVar

import psutil

SET_PARENT_DEATH_SIGNAL = 1  # PR_SET_PDEATHSIG of prctl(2)
POLL_SECONDS, ASK_AGAIN_SECONDS = 0.005, 2
LONGEST_FOLDER = 60  # characters: the path of a socket has 107 at most
Task = TypeVar("Task")
Found = TypeVar("Found")


class Fork:
    """A call in a forked process, with a pipe between; for the rest as `subprocess.Popen`."""

    stdin = stdout = stderr = None

    def __init__(self, call: Callable[..., object], *arguments: Any) -> None:
        self.connection, far = Pipe()
        self.returncode: int | None = None
        parent = os.getpid()
        signal.pthread_sigmask(
            signal.SIG_BLOCK, {signal.SIGTERM}
        )  # until the fork has its own way to end
        self.pid = os.fork()
        if not self.pid:
            self.connection.close()
            _run(parent, call, far, *arguments)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})
        far.close()

    def poll(self) -> int | None:
        """The exit code, or None while it runs."""
        return self.wait(os.WNOHANG)

    def wait(self, options: int = 0) -> int | None:
        """The exit code, once it has ended."""
        if self.returncode is None:
            ended, status = os.waitpid(self.pid, options)
            self.returncode = os.waitstatus_to_exitcode(status) if ended else None
        return self.returncode

    def send_signal(self, number: int) -> None:
        """Send a signal, unless it has ended."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        """Ask it to end."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """End it."""
        self.send_signal(signal.SIGKILL)


def private_folder() -> Path:
    """A folder for the sockets of this process and its forks, which nobody else may enter; it goes
    with the process that serves, which is asked to end before it is made or when it is known.
    """
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
    try:
        return _made_folder()
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@functools.cache
def _made_folder() -> Path:
    usual = tempfile.gettempdir()
    short = len(os.fsencode(usual)) <= LONGEST_FOLDER
    return Path(tempfile.mkdtemp(prefix="traincost-", dir=usual if short else "/tmp"))


def can_fork() -> bool:
    """Whether a process can be forked here, and be told to end with its parent."""
    return sys.platform == "linux"


def forked(
    function: Callable[[Task], object],
    tasks: Sequence[Task],
    workers: int,
    prepare: Callable[[], Iterable[Sequence[int]]] | None,
    meanwhile: Callable[[], object],
) -> Generator[tuple[int, Any], None, None]:
    """Call `function` on each task, after `prepare` once for all, and yield a task's number with
    its result or error as it ends.

    `prepare` gives the numbers of tasks that may begin before it ends, as often as it can wait for
    their start. `meanwhile` is called here while they prepare.
    """
    ours, theirs = Pipe()
    code = (
        "import sys; sys.path = list(filter(None, sys.path)); "  # the current folder holds none
        f"from {__name__} import serve; serve({theirs.fileno()}, {os.getpid()})"
    )
    # in a session of its own, so that an interrupt from the terminal arrives at this process alone
    server = subprocess.Popen(
        [sys.executable, "-c", code], pass_fds=[theirs.fileno()], start_new_session=True
    )
    theirs.close()
    try:
        ours.send((prepare, function, list(tasks), workers))
        meanwhile()
        for _ in tasks:
            yield ours.recv()
    except (EOFError, ConnectionError):
        raise RuntimeError("the process that forks the others was ended from outside") from None
    finally:
        ours.close()
        server.terminate()
        server.wait()


def beside(function: Callable[[Task], Found], task: Task, meanwhile: Callable[[], object]) -> Found:
    """What `function` gives for a task, in another process while `meanwhile` is called in this one;
    in this one where there are no forks.
    """
    if not can_fork():
        meanwhile()
        return function(task)
    with closing(forked(function, [task], 1, None, meanwhile)) as outcomes:
        ((_, outcome),) = outcomes
    if isinstance(outcome, BaseException):
        raise outcome
    found: Found = outcome
    return found


def serve(descriptor: int, parent: int) -> None:
    """Prepare, then call the function on each task that arrived, in as many forks at a time as
    there are workers; on those that need no more, while the rest is prepared.
    """
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    end_with(parent, signal.SIGTERM)
    connection = Connection(descriptor)
    prepare, function, tasks, workers = connection.recv()
    waiting, running = dict(enumerate(tasks)), dict[Any, tuple[int, Fork]]()

    def start(numbers: Sequence[int], most: int) -> None:
        gc.freeze()  # what the forks share stays shared
        ready = [number for number in numbers if number in waiting]
        for number in ready[: max(most - len(running), 0)]:
            fork = Fork(_call, function, waiting.pop(number))
            running[fork.connection] = number, fork

    def tell(seconds: float | None) -> None:
        for ended in wait(list(running), seconds):
            number, fork = running.pop(ended)
            connection.send((number, _outcome(fork)))

    try:
        for early in prepare() if prepare else ():
            tell(0)
            start(early, workers - 1)  # and this process goes on
        while waiting or running:
            start([*waiting], workers)
            tell(None)
    except Exception:
        traceback.print_exc()
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)  # it ends already
        _end([fork for _, fork in running.values()])
        if _made_folder.cache_info().currsize:
            shutil.rmtree(_made_folder(), ignore_errors=True)
        os._exit(0)


def _end(forks: list[Fork]) -> None:
    """Ask forks to end until they have: what a signal raises is lost where Python ignores
    exceptions.
    """
    while forks:
        for fork in forks:
            fork.terminate()
        asked = time.monotonic()
        while forks and time.monotonic() < asked + ASK_AGAIN_SECONDS:
            time.sleep(POLL_SECONDS)
            forks = [fork for fork in forks if fork.poll() is None]


def end_with(parent: int, number: signal.Signals) -> None:
    """Let this process be sent a signal when its parent ends, or now if it has ended."""
    ctypes.CDLL(None).prctl(SET_PARENT_DEATH_SIGNAL, number)
    if os.getppid() != parent:
        os.kill(os.getpid(), number)


def _run(parent: int, call: Callable[..., object], *arguments: Any) -> None:
    """Make a call in the process that has just been forked, and end there."""
    status: Any = 1
    try:
        signal.signal(signal.SIGTERM, _leave)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})
        end_with(parent, signal.SIGTERM)
        call(*arguments)
        status = 0
    except SystemExit as leaving:
        status = leaving.code
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status if isinstance(status, int) else int(status is not None))


def _call(connection: Connection, function: Callable[[Any], object], task: Any) -> None:
    try:
        connection.send(function(task))
    except Exception as error:
        connection.send(error)


def _outcome(fork: Fork) -> Any:
    """The result of a call, or its error."""
    try:
        return fork.connection.recv()
    except EOFError:
        return RuntimeError(f"a process was ended from outside, with code {fork.wait()}")
    finally:
        fork.wait()


def _leave(*_: object) -> None:
    """End, and before it what hangs on this process: a kernel, and what a notebook has started."""
    for child in psutil.Process().children(recursive=True):
        child.kill()
    sys.exit(1)

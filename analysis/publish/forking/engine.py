"""A papermill engine whose kernels are forks of a process that has imported everything; for the
rest papermill's own.

A kernel is a real one, with its messages: it differs from a fresh one only in what it need not
import again.
"""

from __future__ import annotations

import asyncio
import atexit
import importlib
import importlib.util
import os
import signal
import sys
import threading
from multiprocessing.connection import Connection
from typing import Any

import numpy as np
import zmq
from jupyter_client.asynchronous.client import AsyncKernelClient
from jupyter_client.manager import AsyncKernelManager
from jupyter_client.provisioning.local_provisioner import LocalProvisioner
from papermill.engines import NBClientEngine, NotebookExecutionManager, papermill_engines

from analysis.publish.forking.forks import Fork, end_with, private_folder

FORK = "fork"
LAUNCHER = "ipykernel_launcher"  # the module that a fresh kernel starts from
POLL_SECONDS, JOIN_SECONDS = 0.005, 0.5
ANSWER_MS, PUBLISHED_MS, RECONNECT_MS = 1000, 50, 5


def fork_kernel() -> None:
    """Fork the kernel of this process's notebook, to be called before anything else can leave
    traces in it.
    """
    ForkedKernel.waiting = Fork(_be_kernel)


class ForkedKernel(LocalProvisioner):
    """Launches the kernel that has been forked and waits."""

    waiting: Fork

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> Any:
        """Tell the waiting fork which kernel to be."""
        self.waiting.connection.send(
            (cmd, kwargs["env"] | {"JPY_PARENT_PID": str(os.getpid())}, kwargs.get("cwd"))
        )
        self.process: Any = self.waiting
        self.pid = self.pgid = self.waiting.pid
        return self.connection_info


class ForkClient(AsyncKernelClient):
    """A client that goes on as soon as both channels answer, without listening on for what nobody
    reads.
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.context.setsockopt(
            zmq.RECONNECT_IVL, RECONNECT_MS
        )  # the kernel is there in less than the default

    async def wait_for_ready(self, timeout: float | None = None) -> None:
        """Ask until the kernel answers and what it publishes arrives too."""
        published = False
        async with asyncio.timeout(timeout):
            while not published:
                if not await self.is_alive():
                    raise RuntimeError("the kernel died before it answered")
                self.kernel_info()
                if await self.shell_channel.socket.poll(ANSWER_MS):
                    await self.get_shell_msg()
                    published = bool(await self.iopub_channel.socket.poll(PUBLISHED_MS))


class ForkManager(AsyncKernelManager):
    """A kernel manager whose kernel is a fork."""

    def __init__(self, **kwargs: Any) -> None:
        # sockets of this process's own, where a port that is free may be taken before it is used
        sockets = str(private_folder() / f"{FORK}-{os.getpid()}")
        super().__init__(client_factory=ForkClient, transport="ipc", ip=sockets, **kwargs)
        self.provisioner = ForkedKernel(
            kernel_id=self.kernel_id, kernel_spec=self.kernel_spec, parent=self
        )

    async def _async_wait(self, pollinterval: float = POLL_SECONDS) -> None:
        await super()._async_wait(POLL_SECONDS)


class ForkEngine(NBClientEngine):  # type: ignore[misc]
    """Executes as papermill's own engine does, in a forked kernel, and saves at no cell's end."""

    @classmethod
    def execute_managed_notebook(
        cls, nb_man: NotebookExecutionManager, kernel_name: str, **kwargs: Any
    ) -> Any:
        """Execute a notebook and update it."""
        path, nb_man.output_path = nb_man.output_path, None  # else it saves around every cell
        try:
            return super().execute_managed_notebook(
                nb_man, kernel_name, kernel_manager_class=ForkManager, **kwargs
            )
        finally:
            nb_man.output_path = path


papermill_engines.register(FORK, ForkEngine)


def _be_kernel(connection: Connection) -> None:
    """Wait to be told which kernel to be, and be as one that has just been started."""
    from ipykernel.kernelapp import IPKernelApp

    end_with(os.getppid(), signal.SIGKILL)
    try:
        command, environment, folder = connection.recv()
    except EOFError:
        return
    os.setsid()
    os.dup2(connection.fileno(), 0)  # a pipe that nothing more is written to
    os.closerange(3, os.sysconf("SC_OPEN_MAX"))
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder or os.curdir)
    np.random.seed()
    spec = importlib.util.find_spec(LAUNCHER)
    sys.argv = [str(spec and spec.origin), *command[command.index(LAUNCHER) + 1 :]]
    IPKernelApp.launch_instance(parent_handle=os.getppid())  # a fresh one reads it at its import
    IPKernelApp.instance().control_thread.join(
        JOIN_SECONDS
    )  # it publishes its end through what is closed next
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()

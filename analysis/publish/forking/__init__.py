"""Notebooks executed in forks of a process that has imported everything.

A fresh kernel needs seconds to import what every notebook imports again. Here one process does it
once (`warm`), forks itself for each notebook (`forks`), and a fork becomes a kernel that papermill
talks to as to any other (`engine`). A notebook cannot see the difference: its outputs and errors
are those of a fresh kernel (the tests compare them), nothing of one reaches the next, and whatever
ends the build ends them all.

    the build ── pipe ── server: imports, then forks; it has no threads
                            ├── job: papermill and its client
                            │     └── kernel: forked first, waits to be told which one to be
                            └── drawer: draws the charts of all pages

Nothing public lets a process be as if just started, and end as if nobody had forked it. What is
used instead, each in one place:

- `threading._shutdown` and `atexit._run_exitfuncs`: a fork ends by `os._exit`, for it must not
  unwind into the code of the process that it was forked from; that skips the end of the
  interpreter, on which a notebook may count: its threads are waited for, and what it registered
  for the end runs.
- `AsyncKernelManager._async_wait` of jupyter_client: it looks ten times a second whether a kernel
  has ended, and each page would wait for that.
- `prctl(PR_SET_PDEATHSIG)` of Linux by `ctypes`: a process ends with its parent, even one that was
  killed. Where that is missing (`can_fork`), papermill starts ordinary kernels.
- `gc.freeze` before forking: a collection would write to, and so copy, the memory that all share.
"""

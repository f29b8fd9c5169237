from __future__ import annotations

from pathlib import Path

from studyctl.adapters.local.volume import Volume, used_bytes

MIB = 1024**2


def test_a_folder_takes_what_its_files_take_on_the_disk(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "full").write_bytes(b"x" * MIB)
    with (tmp_path / "hole").open("wb") as hole:
        hole.truncate(100 * MIB)
    (tmp_path / "dangling").symlink_to(tmp_path / "nowhere")

    assert MIB <= used_bytes(tmp_path) < 2 * MIB, "a block more or less, as the file system likes"
    assert used_bytes(tmp_path / "nowhere") == 0


def test_a_volume_has_room_up_to_its_size_and_not_beyond(tmp_path: Path) -> None:
    volume = Volume(tmp_path, 3 * MIB)
    (tmp_path / "data").write_bytes(b"x" * MIB)

    assert volume.has_room_for(MIB)
    assert not volume.has_room_for(2 * MIB + 1)

"""What erasure searches and removes, by the folders of a warehouse."""

from __future__ import annotations

from pathlib import Path

from linkage.base.settings import RunSettings
from linkage.erasure.places import Purpose, clear_build, find_files


def test_what_was_loaded_by_hand_is_searched_and_goes_whole(tmp_path: Path) -> None:
    extracts = tmp_path / "extracts"
    extracts.mkdir()
    settings = RunSettings("cris", extracts, tmp_path / "cris.duckdb")
    loaded = settings.dev_folder / "intake.duckdb"
    loaded.parent.mkdir()
    loaded.write_text("rows")
    (found,) = [one for one in find_files(settings) if one.path == loaded]
    assert found.purpose is Purpose.BUILD
    clear_build(settings, with_target=False)
    assert not settings.dev_folder.exists()

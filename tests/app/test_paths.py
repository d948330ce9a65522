from pathlib import Path

import pytest

from app import paths


def test_a_checkout_finds_its_own_folders() -> None:
    root = Path(__file__).resolve().parents[2]

    assert paths.static_directory() == root / "static"
    assert paths.templates_directory() == root / "templates"


def test_a_wheel_finds_the_folders_inside_the_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    packaged = tmp_path / "app" / "_data" / "static"
    packaged.mkdir(parents=True)
    (tmp_path / "static").mkdir()
    monkeypatch.setattr(paths, "__file__", str(tmp_path / "app" / "paths.py"))

    assert paths.static_directory() == packaged.resolve()


def test_a_missing_folder_is_named_with_both_places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paths, "__file__", str(tmp_path / "app" / "paths.py"))

    with pytest.raises(FileNotFoundError, match=r"'templates'.*app/_data/templates.*templates"):
        paths.templates_directory()

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from app.errors import SettingsError
from app.settings import Settings, load

README = Path(__file__).parents[2] / "README.md"


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder without a rapport.toml, and an environment without our settings."""
    monkeypatch.chdir(tmp_path)
    for name in ("INDEX_DIR", "PORT", "REGION", "RETRIEVE__CUTOFF"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


def test_defaults_stand() -> None:
    assert load().port == 8000
    assert load().index_dir == Path("index")


def test_the_environment_wins_over_the_file_and_arguments_over_both(elsewhere: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (elsewhere / "rapport.toml").write_text('port = 1001\nregion = "UK"\n[retrieve]\ncutoff = 0.3\n[clinic]\nname = "Riverside"\n')
    assert (load().port, load().region, load().retrieve.cutoff, load().clinic.name) == (1001, "UK", 0.3, "Riverside")
    monkeypatch.setenv("PORT", "1002")
    monkeypatch.setenv("RETRIEVE__CUTOFF", "0.4")
    assert (load().port, load().retrieve.cutoff) == (1002, 0.4)
    assert load(port=1003).port == 1003


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("PORT", "ninety", "port"),
        ("PORT", "70000", "port"),
        ("REGION", "usa", "region"),
        ("CLINIC__URL", "http://clinic.example", "https://"),
        ("ALLOWED_ORIGINS", '["https://*.example"]', "without a path or a star"),
        ("ALLOWED_ORIGINS", "not json", "rapport.toml and the environment"),
        ("RETRIEVE__CUTOFF", "-1", "retrieve.cutoff"),
    ],
)
def test_a_wrong_value_is_one_clear_sentence(monkeypatch: pytest.MonkeyPatch, name: str, value: str, said: str) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError, match=said) as error:
        load()
    assert "\n" not in str(error.value)


def test_a_wrong_secret_is_not_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REDIS_URL", "redis://:s3cret@host")
    assert "s3cret" not in repr(load())
    monkeypatch.setenv("PORT", "s3cret")
    with pytest.raises(SettingsError) as error:
        load()
    assert "s3cret" not in str(error.value)


def test_unknown_names_in_the_file_are_refused(elsewhere: Path) -> None:
    (elsewhere / "rapport.toml").write_text("prot = 1\n")
    with pytest.raises(SettingsError, match="prot"):
        load()


def _names(model: type[BaseModel], before: str = "") -> list[str]:
    names: list[str] = []
    for name, field in model.model_fields.items():
        kind: Any = field.annotation
        inner = isinstance(kind, type) and issubclass(kind, BaseModel)
        names += _names(kind, f"{before}{name}.") if inner else [before + name]
    return names


def test_the_readme_lists_every_setting_and_no_other() -> None:
    rows = [line.split("|")[1:3] for line in README.read_text("utf-8").splitlines() if line.startswith("| `")]
    listed = {setting.strip().strip("`"): environment.strip().strip("`") for setting, environment in rows}
    assert sorted(listed) == sorted(_names(Settings))
    assert all(environment == name.replace(".", "__").upper() for name, environment in listed.items())

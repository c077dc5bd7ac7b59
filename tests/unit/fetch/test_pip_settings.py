from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from outcrop.base.errors import InputError
from outcrop.fetch.pip_settings import PipSettings, read_pip_settings


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    """Nothing but files below ``tmp_path`` (and those of the system, which the tests outvote)."""
    return {
        "HOME": str(tmp_path / "home"),
        "XDG_CONFIG_DIRS": f"{tmp_path}/xdg1:{tmp_path}/xdg2",
        "PIP_CONFIG_FILE": str(tmp_path / "chosen.conf"),
    }


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def read(environ: dict[str, str], tmp_path: Path) -> PipSettings:
    return read_pip_settings(environ, tmp_path / "venv")


def test_nothing_said() -> None:
    assert read_pip_settings({"PIP_CONFIG_FILE": os.devnull}) == PipSettings()


def test_later_files_win(environ: dict[str, str], tmp_path: Path) -> None:
    places = [
        "xdg1/pip/pip.conf",
        "xdg2/pip/pip.conf",
        "home/.pip/pip.conf",
        "home/.config/pip/pip.conf",
        "venv/pip.conf",
        "chosen.conf",
    ]
    for number, place in enumerate(places):
        write(tmp_path / place, f"[global]\nindex-url = https://host/{number}\n")
        assert read(environ, tmp_path).index_url == f"https://host/{number}"
    environ["PIP_INDEX_URL"] = "https://host/variable"
    assert read(environ, tmp_path).index_url == "https://host/variable"


def test_xdg_config_home(environ: dict[str, str], tmp_path: Path) -> None:
    write(tmp_path / "settings/pip/pip.conf", "[global]\ncert = /a\n")
    environ["XDG_CONFIG_HOME"] = str(tmp_path / "settings")
    assert read(environ, tmp_path).cert == "/a"


def test_sections_and_spellings(environ: dict[str, str], tmp_path: Path) -> None:
    write(
        tmp_path / "chosen.conf",
        "[install]\nextra_index_url =\n    https://one\n    https://two\n"
        "[global]\nextra-index-url = https://zero\nno-index = yes\nTrusted-Host = a b\n"
        "[download]\ntimeout = 60\n[list]\nproxy = never\n",
    )
    settings = read(environ, tmp_path)
    assert settings.extra_index_urls == ("https://one", "https://two")
    assert settings.no_index
    assert settings.trusted_hosts == ("a", "b")
    assert settings.timeout == 60
    assert settings.proxy is None


def test_variables(environ: dict[str, str], tmp_path: Path) -> None:
    environ |= {
        "PIP_EXTRA_INDEX_URL": "https://a https://b",
        "PIP_FIND_LINKS": "/wheels https://c/links.html",
        "PIP_NO_INDEX": "0",
        "PIP_CERT": "/ca.pem",
        "PIP_CLIENT_CERT": "/me.pem",
        "PIP_PROXY": "http://proxy:1",
        "PIP_DEFAULT_TIMEOUT": "7.5",
        "PIP_TRUSTED_HOST": "x",
        "PIP_INDEX_URL": "",
    }
    assert read(environ, tmp_path) == PipSettings(
        extra_index_urls=("https://a", "https://b"),
        find_links=("/wheels", "https://c/links.html"),
        cert="/ca.pem",
        client_cert="/me.pem",
        proxy="http://proxy:1",
        timeout=7.5,
        trusted_hosts=("x",),
    )


def test_broken_files_are_named(environ: dict[str, str], tmp_path: Path) -> None:
    write(tmp_path / "chosen.conf", "[global]\nindex-url = x\nno section or value\n")
    with pytest.raises(InputError, match="cannot be parsed") as caught:
        read(environ, tmp_path)
    assert caught.value.place is not None
    assert str(caught.value.place.file) == str(tmp_path / "chosen.conf")
    write(tmp_path / "chosen.conf", "[global]\ntimeout = soon\n")
    with pytest.raises(InputError, match="seconds, got 'soon'"):
        read(environ, tmp_path)


def test_percent_signs_are_plain(environ: dict[str, str], tmp_path: Path) -> None:
    write(tmp_path / "chosen.conf", "[global]\nindex-url = https://me:p%40ss@host/simple\n")
    assert read(environ, tmp_path).index_url == "https://me:p%40ss@host/simple"


@pytest.mark.parametrize("chosen", [True, False])
def test_pip_agrees(environ: dict[str, str], tmp_path: Path, chosen: bool) -> None:
    write(tmp_path / "home/.pip/pip.conf", "[global]\nindex-url = https://host/legacy\nextra-index-url = https://x\n")
    write(tmp_path / "home/.config/pip/pip.conf", "[global]\nindex-url = https://host/user\n")
    if chosen:
        write(tmp_path / "chosen.conf", "[install]\nindex-url = https://host/chosen\n")
    settings = read_pip_settings(environ)

    def told(key: str) -> str:
        asked = subprocess.run(
            [sys.executable, "-m", "pip", "config", "get", key],
            env=environ,
            capture_output=True,
            text=True,
            check=False,
        )
        if "No module named" in asked.stderr:
            pytest.skip("this Python has no pip")
        return asked.stdout.strip()

    assert told("install.index-url" if chosen else "global.index-url") == settings.index_url
    assert told("global.extra-index-url").split() == list(settings.extra_index_urls)
    assert ("https://x" in settings.extra_index_urls) is not chosen

"""What was found valid is not checked again, and nothing else passes for it."""

from __future__ import annotations

import errno
import os
import shutil
import stat

import pytest

from analysis.data import known, validation
from analysis.data.folder import default_directory
from analysis.data.mistakes import InputError
from analysis.data.tables import Evidence


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """An empty cache folder, and a process that knows nothing yet; lists what is checked."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(known, "_new", {})
    known._kept.cache_clear()
    yield tmp_path / "cache" / "traincost" / "valid-tables"
    known._kept.cache_clear()


@pytest.fixture
def checked(monkeypatch):
    names, validate = [], validation.validate

    def noted(resource, frame, content):
        names.append(resource["path"])
        validate(resource, frame, content)

    monkeypatch.setattr(validation, "validate", noted)
    return names


def as_a_new_process(monkeypatch):
    monkeypatch.setattr(known, "_new", {})
    known._kept.cache_clear()


def touched(folder, name="facts.csv", more=""):
    """The folder's files as written anew, so that they are read again."""
    path = folder / name
    path.write_text(path.read_text(encoding="utf-8") + more, encoding="utf-8")
    os.utime(path, ns=(1, len(more) + path.stat().st_mtime_ns))


def test_a_table_is_checked_once_and_again_when_it_has_changed(cache, checked, folder, monkeypatch):
    first = Evidence.load(folder)
    assert len(checked) == len(set(checked)) > 30
    checked.clear()
    as_a_new_process(monkeypatch)
    touched(folder)
    again = Evidence.load(folder)
    assert checked == []
    assert again is not first and again["facts"].equals(first["facts"])
    touched(folder, more="\n")
    Evidence.load(folder)
    assert checked == ["facts.csv"]


def test_what_is_not_valid_is_refused_each_time(cache, folder):
    touched(folder, more="not,a,row\n")
    for _ in range(2):
        with pytest.raises(InputError, match=r"facts\.csv"):
            Evidence.load(folder)


DAMAGES = {
    "cut": lambda file: file.write_bytes(file.read_bytes()[:100]),
    "empty": lambda file: file.write_bytes(b""),
    "other bytes": lambda file: file.write_bytes(b"\x00\xff" * 1000),
    "a folder": lambda file: (file.unlink(), file.mkdir()),
    "unreadable": lambda file: file.chmod(0),
    "gone": lambda file: file.unlink(),
}


@pytest.fixture(scope="module")
def record(tmp_path_factory) -> str:
    """What is kept of evidence that was found valid whole."""
    home = tmp_path_factory.mktemp("cache")
    copy = shutil.copytree(default_directory(), tmp_path_factory.mktemp("copy") / "data")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(home))
        as_a_new_process(patch)
        Evidence.load(copy)
    known._kept.cache_clear()
    return (home / "traincost" / "valid-tables").read_text(encoding="ascii")


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_record_means_that_all_is_checked(
    cache, checked, folder, evidence, record, damage
):
    cache.parent.mkdir(parents=True)
    cache.write_text(record, encoding="ascii")
    DAMAGES[damage](cache)
    touched(folder)
    assert Evidence.load(folder)["facts"].equals(evidence["facts"])
    if damage != "unreadable":  # some users may read anything
        assert checked


def nobodys_home():
    raise RuntimeError("nobody's home")


def test_without_a_place_to_keep_it_everything_is_checked(folder, checked, monkeypatch, tmp_path):
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    as_a_new_process(monkeypatch)
    Evidence.load(folder)
    assert len(checked) > 30
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setattr(known.Path, "home", nobodys_home)
    as_a_new_process(monkeypatch)
    checked.clear()
    touched(folder)
    Evidence.load(folder)
    assert len(checked) > 30
    known._kept.cache_clear()


def test_the_record_is_the_users_own_and_is_bounded(cache, monkeypatch):
    monkeypatch.setattr(known, "MOST", 3)
    for number in range(5):
        known.remember(known.key_of(b"%d" % number))
    known.write()
    assert stat.S_IMODE(cache.stat().st_mode) == 0o600
    assert cache.read_text().split() == [known.key_of(b"%d" % number) for number in (2, 3, 4)]
    assert [path.name for path in cache.parent.iterdir()] == ["valid-tables"]


def test_nothing_stays_of_a_record_that_cannot_be_written(cache, monkeypatch):
    def full_disk(path, target):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(known.Path, "replace", full_disk)
    known.remember(known.key_of(b"content"))
    known.write()
    assert list(cache.parent.iterdir()) == []


def test_a_key_tells_where_a_part_ends():
    assert known.key_of(b"ab", b"c") != known.key_of(b"a", b"bc")

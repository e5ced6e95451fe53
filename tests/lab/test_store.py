"""The store: what is in it stays in it, and what is no store is refused."""

from __future__ import annotations

import os
import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rewardlab.errors import StoreUnusable
from rewardlab.lab import ResultStore, StoredRun
from rewardlab.lab.store import store_file

FINISHED = StoredRun("a1", "finished", {"seed": 0}, {"score": 0.1}, "", {"seconds": 1.5})
FAILED = StoredRun("a1", "failed", {"seed": 0}, {}, "step 7: got reward nan", {"seconds": 0.5})
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text('aé"\n\x00', max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("abc", max_size=2), inner, max_size=3),
    max_leaves=8,
)


@pytest.fixture
def store(tmp_path: Path) -> ResultStore:
    return ResultStore(tmp_path / "made" / "with" / "it" / "results.sqlite")


def rows_in(path: Path) -> int:
    """The rows that any reader of SQLite finds."""
    connection = sqlite3.connect(path)
    count: int = connection.execute("SELECT count(*) FROM runs").fetchone()[0]
    connection.close()
    return count


def test_a_run_is_read_back_as_it_was_written_by_whoever_opens_the_file(store: ResultStore) -> None:
    assert store.read("a1") is None
    store.write(FINISHED)
    assert store.read("a1") == FINISHED
    assert ResultStore(store.path).read("a1") == FINISHED
    assert store.read("a2") is None


@settings(max_examples=30, suppress_health_check=[HealthCheck.too_slow])
@given(result=st.dictionaries(st.text("abc", max_size=3), JSON, max_size=4))
def test_results_come_back_to_the_last_bit(result: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> None:
    store = ResultStore(tmp_path_factory.getbasetemp() / "any.sqlite")
    identity = repr(sorted(result.items()))
    store.write(replace(FINISHED, identity=identity, result=result))
    found = store.read(identity)
    assert found is not None
    assert found.result == result


def test_a_finished_run_is_never_changed(store: ResultStore) -> None:
    store.write(FINISHED)
    store.write(replace(FINISHED, result={"score": 0.2}))
    store.write(FAILED)
    assert store.read("a1") == FINISHED
    assert rows_in(store.path) == 1


def test_a_failed_run_is_replaced_by_the_next_attempt(store: ResultStore) -> None:
    store.write(FAILED)
    assert store.read("a1") == FAILED
    store.write(replace(FAILED, message="step 9: got reward inf"))
    assert store.read("a1") == replace(FAILED, message="step 9: got reward inf")
    store.write(FINISHED)
    assert store.read("a1") == FINISHED


@pytest.mark.parametrize("number", [float("nan"), float("inf"), -float("inf")])
def test_what_is_no_json_never_gets_in(number: float, store: ResultStore) -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        store.write(replace(FINISHED, result={"score": number}))
    assert store.read("a1") is None


def test_many_may_open_a_new_store_and_write_at_once(tmp_path: Path) -> None:
    path = tmp_path / "results.sqlite"

    def write_ten(writer: int) -> None:
        for number in range(10):
            ResultStore(path).write(replace(FINISHED, identity=f"{writer}-{number}"))
            ResultStore(path).write(replace(FINISHED, identity="shared"))

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(write_ten, range(8)))
    assert rows_in(path) == 81


def test_a_store_that_another_process_makes_between_two_looks_is_no_foreign_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "results.sqlite"
    looks = store_file._is_new
    others: list[threading.Thread] = []

    def is_new_while_another_makes_it(connection: sqlite3.Connection) -> bool:
        if not others:
            others.append(threading.Thread(target=ResultStore, args=(path,)))
            others[0].start()
            others[0].join(timeout=0.5)  # it ends in time only if nothing holds it off
        return looks(connection)

    monkeypatch.setattr(store_file, "_is_new", is_new_while_another_makes_it)
    ResultStore(path).write(FINISHED)
    others[0].join()
    assert rows_in(path) == 1


def test_a_newer_store_is_refused_and_left_alone(store: ResultStore) -> None:
    store.write(FINISHED)
    connection = sqlite3.connect(store.path)
    connection.execute("PRAGMA user_version = 3")
    connection.close()
    with pytest.raises(StoreUnusable) as refused:
        ResultStore(store.path)
    assert str(refused.value) == (
        f"{store.path}: got version 3, expected a store of version 1 to 2; "
        "use the version of rewardlab that wrote it, or another folder"
    )
    assert rows_in(store.path) == 1


@pytest.mark.parametrize("content", [b"no database at all, but long enough for one" * 30, b"variant,seed\n"])
def test_a_file_that_is_no_store_is_refused_and_left_alone(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "results.sqlite"
    path.write_bytes(content)
    with pytest.raises(
        StoreUnusable, match="got file is not a database, expected a results file as rewardlab wrote it; move it away"
    ):
        ResultStore(path)
    assert path.read_bytes() == content


def test_the_database_of_another_program_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "results.sqlite"
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE songs (title TEXT)")
    connection.close()
    with pytest.raises(
        StoreUnusable, match=r"got the database of another program \(with the tables songs\), expected a "
    ):
        ResultStore(path)


def test_a_folder_that_cannot_be_made_is_refused_with_the_remedy(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    for path in (tmp_path / "file" / "results.sqlite", tmp_path / "file" / "deeper" / "results.sqlite"):
        with pytest.raises(StoreUnusable) as refused:
            ResultStore(path)
        assert str(refused.value).startswith(f"{path}: got ")
        assert "; make this folder writable, or take another one" in str(refused.value)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_may_not_be_written_is_refused(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(StoreUnusable, match=r"unable to open database file.*make this folder writable"):
        ResultStore(tmp_path / "results.sqlite")


def test_a_folder_in_the_place_of_the_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StoreUnusable, match="got unable to open database file, expected a results file that can be"):
        ResultStore(tmp_path)

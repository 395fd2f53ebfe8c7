"""Collected static files have a hash of their content in their name, also where guests' scripts import each other."""

import re
from pathlib import Path

import pytest

import tables
from storekit.serving.static_files import HashedStaticFiles

pytestmark = pytest.mark.any_database("no database is used")


@pytest.fixture
def collected(tmp_path: Path) -> HashedStaticFiles:
    storage = HashedStaticFiles(location=str(tmp_path), base_url="/static/")
    folder = Path(tables.__file__).parent / "static"
    names = [str(path.relative_to(folder)) for path in folder.glob("tables/guest/*")]
    for name in names:
        with (folder / name).open("rb") as file:
            storage.save(name, file)
    done = list(storage.post_process({name: (storage, name) for name in names}))
    assert [problem for *_, problem in done if isinstance(problem, Exception)] == []
    return storage


def test_pages_and_scripts_name_the_hashed_files(collected: HashedStaticFiles) -> None:
    url = collected.url("tables/guest/page.js")
    assert re.fullmatch(r"/static/tables/guest/page\.[0-9a-f]{12}\.js", url)

    text = collected.open(url.removeprefix("/static/")).read().decode()

    imported = re.findall(r"""(?:from |import\()["']\./(.*?)["']""", text)
    assert len(imported) >= 4
    assert all(re.fullmatch(r"\w+\.[0-9a-f]{12}\.js", name) for name in imported)
    assert all(collected.exists(f"tables/guest/{name}") for name in imported)
    assert collected.exists(url.removeprefix("/static/") + ".gz")


def test_a_file_that_nobody_collected_keeps_its_name(collected: HashedStaticFiles) -> None:
    assert collected.url("storekit/backoffice.css") == "/static/storekit/backoffice.css"

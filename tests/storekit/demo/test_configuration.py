"""What the demo writes is its owner's only: it holds guests' names and the keys that encrypt tokens."""

from pathlib import Path

from storekit.demo.configuration import Configuration, prepare


def test_settings_and_database_are_readable_by_their_owner_only(tmp_path: Path) -> None:
    configuration = Configuration(folder=tmp_path, port=8000, pos_port=8001)
    prepare(configuration)
    assert {path.stat().st_mode & 0o777 for path in (configuration.env_file, configuration.database)} == {0o600}

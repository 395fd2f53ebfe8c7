"""The demo's settings files, so that `manage.py` works beside it and a second run finds the first one's data."""

import json
import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from cryptography.fernet import Fernet

_MARK = "# Written by make demo; delete this line and edit freely to keep it."


@dataclass(frozen=True)
class Configuration:
    """Addresses, files and log-in of one demo."""

    folder: Path
    port: int
    pos_port: int

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def pos_url(self) -> str:
        return f"http://127.0.0.1:{self.pos_port}"

    @property
    def logs(self) -> Path:
        return self.folder / "var" / "log"

    @property
    def memory(self) -> Path:
        return self.folder / "var" / "demo.json"

    @property
    def env_file(self) -> Path:
        """`.env`; if the user has written one, that is left alone and the demo uses `var/demo.env`."""
        own = self.folder / ".env"
        if own.exists() and not own.read_text().startswith(_MARK):
            return self.folder / "var" / "demo.env"
        return own

    @property
    def database(self) -> Path:
        """The SQLite file beside the settings file."""
        return self.env_file.parent / ("demo.sqlite3" if self.env_file.name == "demo.env" else "storekit.sqlite3")

    def addresses(self) -> dict[str, str]:
        """The settings that depend on the ports."""
        realm = f"{self.pos_url}/realms/k-series/protocol/openid-connect"
        return {
            "PUBLIC_URL": self.url,
            "LIGHTSPEED_ENVIRONMENT": "sandbox",
            "LIGHTSPEED_API_URL": self.pos_url,
            "LIGHTSPEED_AUTH_URL": f"{realm}/auth",
            "LIGHTSPEED_TOKEN_URL": f"{realm}/token",
            "LIGHTSPEED_CLIENT_ID": "storekit-sandbox",
            "LIGHTSPEED_CLIENT_SECRET": "sandbox-client-secret",
        }


def prepare(configuration: Configuration) -> dict[str, str]:
    """Write the settings file, keeping an earlier run's secrets; return the environment for the processes."""
    configuration.logs.mkdir(parents=True, exist_ok=True)
    if not configuration.database.exists():
        configuration.memory.unlink(missing_ok=True)
    env_file = configuration.env_file
    earlier = _read(env_file)
    values = {
        "SECRET_KEY": earlier.get("SECRET_KEY") or secrets.token_urlsafe(50),
        "FIELD_ENCRYPTION_KEYS": earlier.get("FIELD_ENCRYPTION_KEYS") or Fernet.generate_key().decode(),
        "DATABASE_URL": f"sqlite:///{configuration.database.relative_to(configuration.folder)}",
        "REDIS_URL": "",
        **configuration.addresses(),
    }
    # Before the first connection makes it, readable by everybody. SQLite gives its journals the same mode.
    configuration.database.touch(mode=0o600, exist_ok=True)
    _write_private(env_file, "\n".join([_MARK, *(f"{name}={value}" for name, value in values.items()), ""]))
    return {**os.environ, **values, "ENV_FILE": str(env_file), "PYTHONUNBUFFERED": "1"}


def remember(configuration: Configuration, **facts: str) -> None:
    """Store what a later run needs and the database has only as a hash."""
    _write_private(configuration.memory, json.dumps(recall(configuration) | facts))


def recall(configuration: Configuration) -> dict[str, str]:
    """Return what earlier runs have stored."""
    if not configuration.memory.exists():
        return {}
    facts: dict[str, str] = json.loads(configuration.memory.read_text())
    return facts


def _read(env_file: Path) -> dict[str, str]:
    if not env_file.exists():
        return {}
    lines = (line.partition("=") for line in env_file.read_text().splitlines() if not line.startswith("#"))
    return {name: value for name, separator, value in lines if separator}


def _write_private(path: Path, text: str) -> None:
    path.touch(mode=0o600, exist_ok=True)
    path.write_text(text)

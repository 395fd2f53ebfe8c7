"""The sandbox process: where it starts, where it refuses to, and how it stops."""

import signal
import socket
import subprocess
import sys

import pytest

from tests.sandbox.process import ROOT, free_port, running_sandbox, sandbox_command, sandbox_environment


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        sandbox_command(*arguments),
        cwd=ROOT,
        env=sandbox_environment(**environment),
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_prints_its_address_and_stops_on_a_signal(number: signal.Signals) -> None:
    port = free_port()
    with subprocess.Popen(
        sandbox_command("--port", str(port)), cwd=ROOT, env=sandbox_environment(), stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line == f"sandbox POS on http://127.0.0.1:{port} (till: http://127.0.0.1:{port}/till)\n"
        process.send_signal(number)
        assert process.wait(timeout=5) == 0


def test_a_port_in_use_is_reported_without_a_traceback() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        ended = run("--port", str(port))
    assert ended.returncode == 1
    assert ended.stderr == f"Port {port} on 127.0.0.1 is in use: choose another one with --port.\n"


@pytest.mark.parametrize("environment", ["production", "trial"])
def test_it_never_runs_beside_a_real_pos(environment: str) -> None:
    ended = run("--port", str(free_port()), LIGHTSPEED_ENVIRONMENT=environment)
    assert ended.returncode == 1
    assert environment in ended.stderr


def test_it_listens_locally_unless_allowed_otherwise() -> None:
    ended = run("--port", str(free_port()), "--host", "0.0.0.0")
    assert ended.returncode == 1
    assert "--allow-remote" in ended.stderr


def test_the_client_credentials_can_be_set() -> None:
    with running_sandbox("--client-id", "mine", "--client-secret", "mine too") as base_url:
        assert base_url.startswith("http://127.0.0.1:")


def test_it_imports_nothing_of_storekit() -> None:
    listing = (
        "import sys, runpy\n"
        "sys.argv = ['sandbox', '--host', '0.0.0.0']\n"
        "try:\n"
        "    runpy.run_module('integrations.sandbox', run_name='__main__')\n"
        "except SystemExit:\n"
        "    import integrations.sandbox.urls\n"
        "    print('\\n'.join(sys.modules))\n"
    )
    ended = subprocess.run(
        [sys.executable, "-c", listing], cwd=ROOT, env=sandbox_environment(), capture_output=True, text=True, check=True
    )
    loaded = ended.stdout.split()
    rooms = {name.split(".")[0] for name in loaded}
    assert "integrations.sandbox.urls" in loaded
    assert not rooms & {"storekit", "menus", "orders", "tables"}
    ours = {name for name in loaded if name.startswith("integrations.")}
    assert {name for name in ours if not name.startswith("integrations.sandbox")} == set()

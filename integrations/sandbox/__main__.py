"""Start the sandbox POS: ``python -m integrations.sandbox --port 8001``."""

import argparse
import errno
import os
import signal
import sys
from types import FrameType

import django

# The environment may name storekit's own settings; the sandbox must not load them.
os.environ["DJANGO_SETTINGS_MODULE"] = "integrations.sandbox.settings"
django.setup()

# These modules need configured Django settings at import time.
from integrations.sandbox.api.oauth import is_loopback  # noqa: E402
from integrations.sandbox.server import make_server  # noqa: E402
from integrations.sandbox.state import store  # noqa: E402


def main() -> int:
    """Serve until a signal stops the process; return the exit code."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _stop)
    options = _options()
    problem = _reason_not_to_start(options.host, options.allow_remote)
    if problem:
        return _fail(problem)
    store.client_id, store.client_secret = options.client_id, options.client_secret
    try:
        server = make_server(options.host, options.port)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            return _fail(f"Port {options.port} on {options.host} is in use: choose another one with --port.")
        return _fail(f"Cannot listen on {options.host}:{options.port}: {error.strerror}.")
    address = f"http://{options.host}:{server.server_port}"
    print(f"sandbox POS on {address} (till: {address}/till)", flush=True)  # noqa: T201 - command output
    server.serve_forever()
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m integrations.sandbox", description="A local K-Series POS.")
    parser.add_argument("--port", type=int, default=8001)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--client-id", default=store.client_id)
    parser.add_argument("--client-secret", default=store.client_secret)
    parser.add_argument("--allow-remote", action="store_true", help="allow an address that other machines can reach")
    return parser.parse_args()


def _reason_not_to_start(host: str, allow_remote: bool) -> str | None:
    environment = os.environ.get("LIGHTSPEED_ENVIRONMENT", "sandbox")
    if environment != "sandbox":
        return f"LIGHTSPEED_ENVIRONMENT is {environment!r}: the sandbox POS never runs beside a real one."
    if not is_loopback(host) and not allow_remote:
        return f"{host} can be reached from other machines, which could control this POS: add --allow-remote."
    return None


def _fail(sentence: str) -> int:
    print(sentence, file=sys.stderr)  # noqa: T201 - command output
    return 1


def _stop(signum: int, frame: FrameType | None) -> None:
    """Exit at once: there is nothing to save, and threads waiting for slow clients must not delay it."""
    os._exit(0)


if __name__ == "__main__":
    sys.exit(main())

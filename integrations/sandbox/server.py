"""The HTTP server: threaded, keep-alive, quiet, with the client's socket in reach of the views."""

import socket
import socketserver
from typing import Any
from wsgiref.simple_server import WSGIServer

from django.core.servers.basehttp import ThreadedWSGIServer, WSGIRequestHandler
from django.core.wsgi import get_wsgi_application
from django.http import HttpRequest, HttpResponse

CONNECTION = "sandbox.connection"


class SandboxRequestHandler(WSGIRequestHandler):
    """Answers one connection's requests, without a log line each."""

    # Headers and body leave in two writes; with Nagle's algorithm the second would wait 40 ms for an acknowledgement.
    disable_nagle_algorithm = True

    def get_environ(self) -> dict[str, Any]:
        """Hand the socket to the views, so that a fault can cut the connection."""
        return {**super().get_environ(), CONNECTION: self.connection}

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing: what was called is counted in the state that the control API shows."""


class SandboxServer(ThreadedWSGIServer):
    """A thread a connection, with room for a burst of them to wait in."""

    request_queue_size = 256

    def server_bind(self) -> None:
        """Bind without the reverse DNS look-up of the base class, which can hang a start-up."""
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = str(self.server_address[0]), int(self.server_address[1])
        WSGIServer.setup_environ(self)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Ignore clients that hang up: they do it on purpose here."""


def make_server(host: str, port: int) -> SandboxServer:
    """Bind the address and load the application; raises OSError when the port is taken."""
    server = SandboxServer((host, port), SandboxRequestHandler)
    server.set_app(get_wsgi_application())
    return server


def cut_connection(request: HttpRequest) -> HttpResponse:
    """Close the client's socket before a byte of the answer is sent; what is returned is written to nobody."""
    connection: socket.socket = request.META[CONNECTION]
    connection.shutdown(socket.SHUT_RDWR)
    return HttpResponse()

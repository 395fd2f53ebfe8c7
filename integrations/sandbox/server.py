"""The HTTP server: threaded, keep-alive and silent. Views can reach the client's socket."""

import socket
import socketserver
from typing import Any
from wsgiref.simple_server import WSGIServer

from django.core.servers.basehttp import ThreadedWSGIServer, WSGIRequestHandler
from django.core.wsgi import get_wsgi_application
from django.http import HttpRequest, HttpResponse

CONNECTION = "sandbox.connection"


class SandboxRequestHandler(WSGIRequestHandler):
    """Handle the requests of one connection without logging them."""

    # Headers and body are written separately; Nagle's algorithm would delay the body by 40 ms.
    disable_nagle_algorithm = True

    def get_environ(self) -> dict[str, Any]:
        """Expose the socket to the views, so that a fault can cut the connection."""
        return {**super().get_environ(), CONNECTION: self.connection}

    def log_message(self, format: str, *args: Any) -> None:
        """Log nothing: the control API shows the call counts instead."""


class SandboxServer(ThreadedWSGIServer):
    """A server with one thread per connection and a queue long enough for bursts."""

    request_queue_size = 256

    def server_bind(self) -> None:
        """Bind without the base class's reverse DNS lookup, which can block start-up."""
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = str(self.server_address[0]), int(self.server_address[1])
        WSGIServer.setup_environ(self)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Ignore disconnecting clients: here, they disconnect on purpose."""


def make_server(host: str, port: int) -> SandboxServer:
    """Bind the address and load the application. Raises OSError if the port is in use."""
    server = SandboxServer((host, port), SandboxRequestHandler)
    server.set_app(get_wsgi_application())
    return server


def cut_connection(request: HttpRequest) -> HttpResponse:
    """Close the client's socket before any of the response is sent. The returned response is discarded."""
    connection: socket.socket = request.META[CONNECTION]
    connection.shutdown(socket.SHUT_RDWR)
    return HttpResponse()

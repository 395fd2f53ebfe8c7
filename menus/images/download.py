"""Download an image from an untrusted URL: bounded in time and size, and never from our own network.

The host name is resolved here, each of its addresses is checked, and the connection goes to the checked address itself.
A name that resolves differently the second time (DNS rebinding) therefore gains nothing. Proxies from the environment
are ignored, since they would resolve the name again.
"""

import http.client
import io
import socket
import ssl
import time
from contextlib import closing
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Any, NamedTuple, cast
from urllib.parse import quote, urljoin, urlsplit

from requests.utils import DEFAULT_CA_BUNDLE_PATH

from menus.images.files import MAX_BYTES, ImageRefused

TIMEOUT_SECONDS = 15.0
"""For a whole download, redirects included."""

_CONNECT_SECONDS = 3.05
_MAX_REDIRECTS = 3
_MAX_ADDRESSES = 4
_CHUNK = 64 * 1024
_DEFAULT_PORTS = {"http": 80, "https": 443}

_PRIVATE_NETWORKS = [
    ip_network(name) for name in ("127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "::1", "fc00::/7")
]
# Reserved in IANA's special-purpose registries, but public according to older Python versions.
_RESERVED_NETWORKS = [ip_network(name) for name in ("192.0.0.0/24", "192.88.99.0/24", "3fff::/20")]
_PUBLIC_IPV6 = ip_network("2000::/3")
_NAT64 = ip_network("64:ff9b::/96")


class _Target(NamedTuple):
    """The parts of a URL that has passed validation."""

    scheme: str
    host: str
    port: int
    path: str


def download(*, url: str, private_allowed: bool, seconds: float = TIMEOUT_SECONDS) -> bytes:
    """Return the bytes at `url`: at most 10 MB, after at most three redirects.

    Args:
        url: http or https, without credentials.
        private_allowed: allow this machine and private networks too, for a sandbox POS on a desk. Link-local
            addresses, where cloud providers serve their credentials, are never allowed.
        seconds: the limit for the whole download.

    Raises:
        ImageRefused: the download failed or is not allowed; the message is for venue staff.
    """
    deadline = time.monotonic() + seconds
    try:
        for _ in range(1 + _MAX_REDIRECTS):
            found = _get(_parse(url), deadline=deadline, private_allowed=private_allowed)
            if isinstance(found, bytes):
                return found
            url = urljoin(url, found)
    except TimeoutError as error:
        raise ImageRefused(f"The image did not download within {seconds:g} seconds.") from error
    except ssl.SSLError as error:
        raise ImageRefused("The image server has no valid certificate.") from error
    except socket.gaierror as error:
        raise ImageRefused("The image server's name could not be found.") from error
    except (OSError, http.client.HTTPException) as error:
        raise ImageRefused("The image server could not be reached, or closed the connection early.") from error
    except ValueError as error:
        raise ImageRefused("The image URL is not valid.") from error
    raise ImageRefused("The image URL redirects too many times.")


def is_allowed_address(*, address: str, private_allowed: bool) -> bool:
    """Return whether we may connect to an IP address: a public one or, if allowed, one of a private network."""
    ip: IPv4Address | IPv6Address = ip_address(address)
    if isinstance(ip, IPv6Address):
        # Judge an embedded IPv4 address as if it stood alone.
        ip = ip.ipv4_mapped or (IPv4Address(ip.packed[-4:]) if ip in _NAT64 else ip)
    if any(ip in network for network in _PRIVATE_NETWORKS):
        return private_allowed
    if ip.is_multicast or ip.is_reserved or not ip.is_global or any(ip in network for network in _RESERVED_NETWORKS):
        return False
    if isinstance(ip, IPv4Address):
        return True
    return ip in _PUBLIC_IPV6 and ip.sixtofour is None and ip.teredo is None


def _parse(url: str) -> _Target:
    if any(ord(letter) <= 32 or ord(letter) == 127 for letter in url):
        raise ImageRefused("The image URL is not valid.")
    parts = urlsplit(url)
    if parts.scheme not in _DEFAULT_PORTS:
        raise ImageRefused("The image URL must start with http or https.")
    if "@" in parts.netloc:
        raise ImageRefused("The image URL must not contain a user name or password.")
    if not parts.hostname:
        raise ImageRefused("The image URL is not valid.")
    host = parts.hostname if ":" in parts.hostname else parts.hostname.encode("idna").decode("ascii")
    path = quote(parts.path or "/", safe="%/:=&~+!$,;'@()*[]")
    query = quote(parts.query, safe="%/:=&?~+!$,;'@()*[]")
    port = _DEFAULT_PORTS[parts.scheme] if parts.port is None else parts.port
    return _Target(parts.scheme, host, port, f"{path}?{query}" if query else path)


def _get(target: _Target, *, deadline: float, private_allowed: bool) -> bytes | str:
    """Return the body, or the location that the server redirects to."""
    with (
        closing(_connect(target, deadline=deadline, private_allowed=private_allowed)) as plain,
        closing(_wrap_tls(plain, target, deadline)) as sock,
    ):
        connection = http.client.HTTPConnection(target.host, target.port)
        connection.sock = cast(Any, _TimedSocket(sock, deadline))
        connection.putrequest("GET", target.path, skip_host=True, skip_accept_encoding=True)
        connection.putheader("Host", _host_header(target))
        connection.putheader("User-Agent", "storekit")
        connection.putheader("Accept", "image/webp,image/png,image/jpeg,image/gif")
        # Nothing is decompressed here, so a small response cannot expand into a large one.
        connection.putheader("Accept-Encoding", "identity")
        connection.putheader("Connection", "close")
        connection.endheaders()
        with connection.getresponse() as response:
            return _read(response)


def _read(response: http.client.HTTPResponse) -> bytes | str:
    if response.status in (301, 302, 303, 307, 308):
        return response.headers.get("Location") or ""
    if response.status != 200:
        raise ImageRefused(f"The image server responded with status {response.status}.")
    if response.headers.get("Content-Encoding", "identity").lower() not in ("identity", ""):
        raise ImageRefused("The image server compressed the image, although storekit asked it not to.")
    if response.length is not None and response.length > MAX_BYTES:
        raise ImageRefused(f"The image is larger than {MAX_BYTES // 2**20} MB.")
    content = bytearray()
    while part := response.read(_CHUNK):
        content += part
        if len(content) > MAX_BYTES:
            raise ImageRefused(f"The image is larger than {MAX_BYTES // 2**20} MB.")
    if response.length:
        raise http.client.IncompleteRead(b"", response.length)
    return bytes(content)


def _host_header(target: _Target) -> str:
    host = f"[{target.host}]" if ":" in target.host else target.host
    return host if target.port == _DEFAULT_PORTS[target.scheme] else f"{host}:{target.port}"


# --- Connecting ------------------------------------------------------------------------------------------------------


def _connect(target: _Target, *, deadline: float, private_allowed: bool) -> socket.socket:
    found = socket.getaddrinfo(target.host, target.port, type=socket.SOCK_STREAM)
    addresses = list(dict.fromkeys(str(sockaddr[0]) for *_, sockaddr in found))
    if not all(is_allowed_address(address=address, private_allowed=private_allowed) for address in addresses):
        raise ImageRefused("The image server is in a private network.")
    failure: OSError = OSError("no address")
    for address in addresses[:_MAX_ADDRESSES]:
        try:
            return socket.create_connection((address, target.port), timeout=min(_CONNECT_SECONDS, _remaining(deadline)))
        except OSError as error:
            failure = error
    raise failure


def _wrap_tls(plain: socket.socket, target: _Target, deadline: float) -> socket.socket:
    if target.scheme == "http":
        return plain
    context = ssl.create_default_context(cafile=DEFAULT_CA_BUNDLE_PATH)
    plain.settimeout(_remaining(deadline))
    return context.wrap_socket(plain, server_hostname=target.host)


def _remaining(deadline: float) -> float:
    seconds = deadline - time.monotonic()
    if seconds <= 0:
        raise TimeoutError
    return seconds


class _TimedSocket:
    """A socket whose reads and writes share one deadline, however slowly the server sends."""

    def __init__(self, sock: socket.socket, deadline: float) -> None:
        self._sock = sock
        self._deadline = deadline

    def sendall(self, data: bytes) -> None:
        self._sock.settimeout(_remaining(self._deadline))
        self._sock.sendall(data)

    def makefile(self, mode: str) -> io.BufferedReader:
        return io.BufferedReader(_TimedReader(self._sock, self._deadline))

    def close(self) -> None:
        """Do nothing: http.client closes it before the body is read, and `_get` closes it at the end."""


class _TimedReader(io.RawIOBase):
    def __init__(self, sock: socket.socket, deadline: float) -> None:
        self._sock = sock
        self._deadline = deadline

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        self._sock.settimeout(_remaining(self._deadline))
        return self._sock.recv_into(buffer)

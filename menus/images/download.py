"""Fetching a picture from an address that somebody else chose: bounded in time and size, never from our own network.

The name is resolved here, every address that it has is judged, and the connection goes to the judged address itself,
so that a name that answers differently the second time gains nothing. Proxies of the environment are not used, since
they would resolve the name once more.
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

from menus.images.files import LARGEST, ImageRefused

SECONDS = 15.0
"""For a whole download, redirects included."""

_CONNECT_SECONDS = 3.05
_MOST_REDIRECTS = 3
_MOST_ADDRESSES = 4
_CHUNK = 64 * 1024
_DEFAULT_PORTS = {"http": 80, "https": 443}

_AT_HOME = [
    ip_network(name) for name in ("127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "::1", "fc00::/7")
]
# Nobody's hosts, which older Pythons take for public ones (IANA's special-purpose registries).
_NOBODYS = [ip_network(name) for name in ("192.0.0.0/24", "192.88.99.0/24", "3fff::/20")]
_PUBLIC_IPV6 = ip_network("2000::/3")
_NAT64 = ip_network("64:ff9b::/96")


class _Place(NamedTuple):
    """An address that has passed the checks of its form."""

    scheme: str
    host: str
    port: int
    target: str


def download(*, url: str, private_allowed: bool, seconds: float = SECONDS) -> bytes:
    """The bytes behind `url`, at most 10 MB, after at most three redirects.

    Args:
        url: http or https, without credentials.
        private_allowed: take it from this machine and its private network too, as from a sandbox on the desk;
            link-local addresses, where clouds keep their secrets, are never asked.
        seconds: for everything together.

    Raises:
        ImageRefused: whatever the reason, in a sentence for venue staff.
    """
    deadline = time.monotonic() + seconds
    try:
        for _ in range(1 + _MOST_REDIRECTS):
            found = _get(_place(url), deadline=deadline, private_allowed=private_allowed)
            if isinstance(found, bytes):
                return found
            url = urljoin(url, found)
    except TimeoutError as error:
        raise ImageRefused(f"The image did not arrive within {seconds:g} seconds.") from error
    except ssl.SSLError as error:
        raise ImageRefused("The image's server has no valid certificate.") from error
    except socket.gaierror as error:
        raise ImageRefused("The image's server is not known by its name.") from error
    except (OSError, http.client.HTTPException) as error:
        raise ImageRefused("The image's server could not be reached, or broke off.") from error
    except ValueError as error:
        raise ImageRefused("The image's address is malformed.") from error
    raise ImageRefused("The image's address leads from one to the next and arrives nowhere.")


def may_connect(*, address: str, private_allowed: bool) -> bool:
    """Whether an IP address is one of the open internet's, or where that is allowed, of a private network."""
    ip: IPv4Address | IPv6Address = ip_address(address)
    if isinstance(ip, IPv6Address):
        # The IPv4 address that such an address leads to is what counts.
        ip = ip.ipv4_mapped or (IPv4Address(ip.packed[-4:]) if ip in _NAT64 else ip)
    if any(ip in network for network in _AT_HOME):
        return private_allowed
    if ip.is_multicast or ip.is_reserved or not ip.is_global or any(ip in network for network in _NOBODYS):
        return False
    if isinstance(ip, IPv4Address):
        return True
    return ip in _PUBLIC_IPV6 and ip.sixtofour is None and ip.teredo is None


def _place(url: str) -> _Place:
    if any(ord(letter) <= 32 or ord(letter) == 127 for letter in url):
        raise ImageRefused("The image's address is malformed.")
    parts = urlsplit(url)
    if parts.scheme not in _DEFAULT_PORTS:
        raise ImageRefused("The image's address is neither http nor https.")
    if "@" in parts.netloc:
        raise ImageRefused("The image's address carries a user name or password.")
    if not parts.hostname:
        raise ImageRefused("The image's address is malformed.")
    host = parts.hostname if ":" in parts.hostname else parts.hostname.encode("idna").decode("ascii")
    path = quote(parts.path or "/", safe="%/:=&~+!$,;'@()*[]")
    query = quote(parts.query, safe="%/:=&?~+!$,;'@()*[]")
    port = _DEFAULT_PORTS[parts.scheme] if parts.port is None else parts.port
    return _Place(parts.scheme, host, port, f"{path}?{query}" if query else path)


def _get(place: _Place, *, deadline: float, private_allowed: bool) -> bytes | str:
    """The body, or where to look instead."""
    with (
        closing(_connected(place, deadline=deadline, private_allowed=private_allowed)) as plain,
        closing(_secured(plain, place, deadline)) as sock,
    ):
        connection = http.client.HTTPConnection(place.host, place.port)
        connection.sock = cast(Any, _TimedSocket(sock, deadline))
        connection.putrequest("GET", place.target, skip_host=True, skip_accept_encoding=True)
        connection.putheader("Host", _host_header(place))
        connection.putheader("User-Agent", "storekit")
        connection.putheader("Accept", "image/webp,image/png,image/jpeg,image/gif")
        # Nothing is unpacked here, so that nothing small can become large.
        connection.putheader("Accept-Encoding", "identity")
        connection.putheader("Connection", "close")
        connection.endheaders()
        with connection.getresponse() as response:
            return _answer(response)


def _answer(response: http.client.HTTPResponse) -> bytes | str:
    if response.status in (301, 302, 303, 307, 308):
        return response.headers.get("Location") or ""
    if response.status != 200:
        raise ImageRefused(f"The image's server answered {response.status}.")
    if response.headers.get("Content-Encoding", "identity").lower() not in ("identity", ""):
        raise ImageRefused("The image came packed, which was not asked for.")
    if response.length is not None and response.length > LARGEST:
        raise ImageRefused(f"The image is larger than {LARGEST // 2**20} MB.")
    content = bytearray()
    while part := response.read(_CHUNK):
        content += part
        if len(content) > LARGEST:
            raise ImageRefused(f"The image is larger than {LARGEST // 2**20} MB.")
    if response.length:
        raise http.client.IncompleteRead(b"", response.length)
    return bytes(content)


def _host_header(place: _Place) -> str:
    host = f"[{place.host}]" if ":" in place.host else place.host
    return host if place.port == _DEFAULT_PORTS[place.scheme] else f"{host}:{place.port}"


# --- Connecting ------------------------------------------------------------------------------------------------------


def _connected(place: _Place, *, deadline: float, private_allowed: bool) -> socket.socket:
    found = socket.getaddrinfo(place.host, place.port, type=socket.SOCK_STREAM)
    addresses = list(dict.fromkeys(str(sockaddr[0]) for *_, sockaddr in found))
    if not all(may_connect(address=address, private_allowed=private_allowed) for address in addresses):
        raise ImageRefused("The image's server is in a private network.")
    failure: OSError = OSError("no address")
    for address in addresses[:_MOST_ADDRESSES]:
        try:
            return socket.create_connection((address, place.port), timeout=min(_CONNECT_SECONDS, _left(deadline)))
        except OSError as error:
            failure = error
    raise failure


def _secured(plain: socket.socket, place: _Place, deadline: float) -> socket.socket:
    if place.scheme == "http":
        return plain
    context = ssl.create_default_context(cafile=DEFAULT_CA_BUNDLE_PATH)
    plain.settimeout(_left(deadline))
    return context.wrap_socket(plain, server_hostname=place.host)


def _left(deadline: float) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left


class _TimedSocket:
    """A socket all of whose reads and writes end by one deadline, however slowly the other side drips."""

    def __init__(self, sock: socket.socket, deadline: float) -> None:
        self._sock = sock
        self._deadline = deadline

    def sendall(self, data: bytes) -> None:
        self._sock.settimeout(_left(self._deadline))
        self._sock.sendall(data)

    def makefile(self, mode: str) -> io.BufferedReader:
        return io.BufferedReader(_TimedReader(self._sock, self._deadline))

    def close(self) -> None:
        """Nothing: http.client closes before the body is read, and `_get` closes in the end."""


class _TimedReader(io.RawIOBase):
    def __init__(self, sock: socket.socket, deadline: float) -> None:
        self._sock = sock
        self._deadline = deadline

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        self._sock.settimeout(_left(self._deadline))
        return self._sock.recv_into(buffer)

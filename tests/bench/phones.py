"""Phones at tables, each polling its bill every second over a connection of its own, as their browsers do."""

import asyncio
import json
import random
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

EVERY = 1.0
"""Seconds between two polls of a phone."""


@dataclass
class Phones:
    """What the phones saw. Times are POSIX seconds."""

    port: int
    polls: list[float] = field(default_factory=list)
    """How long each poll took."""
    seen: dict[str, list[float]] = field(default_factory=dict)
    """When each phone of a table first saw a line, by the line's id."""
    statuses: dict[int, int] = field(default_factory=dict)

    async def follow(self, tokens: Sequence[str], *, seconds: float) -> None:
        """Let one phone for each token poll for some seconds; the phones are spread evenly over the second."""
        until = time.monotonic() + seconds
        phones = (self._phone(token, until, random.random() * EVERY) for token in tokens)
        await asyncio.gather(*phones)

    async def _phone(self, token: str, until: float, delay: float) -> None:
        await asyncio.sleep(delay)
        etag, known, streams = "", set[str](), None
        while time.monotonic() < until:
            begun = time.monotonic()
            streams = streams or await asyncio.open_connection("127.0.0.1", self.port)
            status, etag, body, closes = await self._poll(*streams, token, etag)
            self.polls.append(time.monotonic() - begun)
            self.statuses[status] = self.statuses.get(status, 0) + 1
            if status == 200:
                now, lines = time.time(), {line["id"] for bill in json.loads(body)["bills"] for line in bill["lines"]}
                for id in lines - known:
                    self.seen.setdefault(id, []).append(now)
                known |= lines
            if closes:
                streams[1].close()
                streams = None
            await asyncio.sleep(max(EVERY - (time.monotonic() - begun), 0))

    @staticmethod
    async def _poll(
        reader: asyncio.StreamReader, writer: asyncio.StreamWriter, token: str, etag: str
    ) -> tuple[int, str, bytes, bool]:
        condition = f"If-None-Match: {etag}\r\n" if etag else ""
        writer.write(f"GET /api/v1/tables/{token} HTTP/1.1\r\nHost: 127.0.0.1\r\n{condition}\r\n".encode())
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        headers = dict(line.lower().split(": ", 1) for line in head.splitlines()[1:] if line)
        body = await reader.readexactly(int(headers.get("content-length", 0)))
        return int(head.split()[1]), headers.get("etag", ""), body, headers.get("connection") == "close"

"""A small web server on the loopback for tests of fetching; it can be told to misbehave."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class FileServer:
    """What it serves and what it was asked.

    ``files``: path -> content. ``failures``: path -> statuses to answer with first. ``cut``: path -> bytes to send of
    the first answer before the connection ends. ``redirects``: path -> path. ``types``: path -> content type.
    """

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.failures: dict[str, list[int]] = {}
        self.cut: dict[str, int] = {}
        self.redirects: dict[str, str] = {}
        self.types: dict[str, str] = {}
        self.ranges = True
        self.asked: list[tuple[str, str]] = []
        """Paths with the Range header of each request."""
        self.url = ""

    def paths(self) -> list[str]:
        """The paths that were asked for."""
        return [path for path, _ in self.asked]


def _handler(server: FileServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

        def _empty(self, status: int, location: str = "") -> None:
            self.send_response(status)
            if location:
                self.send_header("Location", location)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def do_GET(self) -> None:
            wanted = self.headers.get("Range", "")
            server.asked.append((self.path, wanted))
            if server.failures.get(self.path):
                self._empty(server.failures[self.path].pop(0))
                return
            if self.path in server.redirects:
                self._empty(302, server.redirects[self.path])
                return
            content = server.files.get(self.path)
            if content is None:
                self._empty(404)
                return
            start = int(wanted.removeprefix("bytes=").rstrip("-")) if wanted and server.ranges else 0
            if start >= len(content) > 0 and start:
                self._empty(416)
                return
            self.send_response(206 if start else 200)
            if start:
                self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
            self.send_header("Content-Type", server.types.get(self.path, "application/octet-stream"))
            self.send_header("Content-Length", str(len(content) - start))
            self.end_headers()
            if self.path in server.cut:
                self.wfile.write(content[start : server.cut.pop(self.path)])
                self.close_connection = True
            else:
                self.wfile.write(content[start:])

    return Handler


@contextmanager
def file_server() -> Iterator[FileServer]:
    """A running server; its ``url`` has no slash at the end."""
    server = FileServer()
    with ThreadingHTTPServer(("127.0.0.1", 0), _handler(server)) as http:
        thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        server.url = f"http://127.0.0.1:{http.server_address[1]}"
        try:
            yield server
        finally:
            http.shutdown()
            thread.join()

"""A server in memory that answers the calls of Google Cloud Storage's JSON API that this project makes."""

import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

OBJECT = re.compile(r"/storage/v1/b/([^/]+)/o/([^/]+)(?:/rewriteTo/b/([^/]+)/o/([^/]+))?$")
PART = re.compile(rb"\r?\n\r?\n(.*?)\r?\n--", re.DOTALL)


class Bucket(ThreadingHTTPServer):
    """``lab``. An object made with ``ifGenerationMatch=0`` is made only where there is none."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Answer)
        self.objects: dict[str, bytes] = {}
        self.turn = threading.Lock()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


@contextmanager
def bucket() -> Iterator[Bucket]:
    with Bucket() as made:
        threading.Thread(target=made.serve_forever, daemon=True).start()
        yield made
        made.shutdown()


class _Answer(BaseHTTPRequestHandler):
    server: Bucket
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: Any) -> None:
        pass

    def do_GET(self) -> None:
        path, query = self._asked()
        if path.endswith("/b/lab/o"):
            begins = query.get("prefix", "")
            self._json(
                {"items": [self._about(name) for name in sorted(self.server.objects) if name.startswith(begins)]}
            )
        elif (name := self._object(path)) not in self.server.objects:
            self._json({"error": {"code": 404, "message": "no such object"}}, 404)
        elif query.get("alt") == "media":
            self._send(self.server.objects[name])
        else:
            self._json(self._about(name))

    def do_POST(self) -> None:
        path, query = self._asked()
        body = self.rfile.read(int(self.headers["Content-Length"] or 0))
        if copy := OBJECT.search(path):
            source, to = unquote(copy[2]), unquote(copy[4])
            self.server.objects[to] = self.server.objects[source]
            self._json({"done": True, "resource": self._about(to)})
            return
        about, content = PART.findall(body)
        name = json.loads(about)["name"]
        with self.server.turn:
            if query.get("ifGenerationMatch") == "0" and name in self.server.objects:
                self._json({"error": {"code": 412, "message": "conditionNotMet"}}, 412)
                return
            self.server.objects[name] = content
        self._json(self._about(name))

    def do_DELETE(self) -> None:
        self.server.objects.pop(self._object(self._asked()[0]), None)
        self._send(b"", 204)

    def _asked(self) -> tuple[str, dict[str, str]]:
        parts = urlsplit(self.path)
        return parts.path, {name: values[-1] for name, values in parse_qs(parts.query).items()}

    def _object(self, path: str) -> str:
        found = OBJECT.search(path)
        return unquote(found[2]) if found else ""

    def _about(self, name: str) -> dict[str, Any]:
        return {"bucket": "lab", "name": name, "size": str(len(self.server.objects[name])), "generation": "1"}

    def _json(self, value: Any, status: int = 200) -> None:
        self._send(json.dumps(value).encode(), status)

    def _send(self, content: bytes, status: int = 200) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

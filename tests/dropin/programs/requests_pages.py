"""requests against a server of the standard library."""

import http.server
import json
import threading

import requests
from requests.adapters import HTTPAdapter
from results import show


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        body = json.dumps(
            {"path": self.path, "cookie": self.headers.get("Cookie"), "auth": self.headers.get("Authorization")}
        )
        if self.path.startswith("/moved"):
            self.answer(302, b"", Location="/here")
        elif self.path.startswith("/missing"):
            self.answer(404, b"no")
        else:
            self.answer(200, body.encode(), **{"Content-Type": "application/json", "Set-Cookie": "hen=cluck"})

    def do_POST(self):
        self.answer(200, self.rfile.read(int(self.headers["Content-Length"])))

    def answer(self, status, body, **headers):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
threading.Thread(target=server.serve_forever, daemon=True).start()
base = f"http://127.0.0.1:{server.server_port}"

with requests.Session() as session:
    session.trust_env = False
    session.mount(base, HTTPAdapter(max_retries=2))
    session.hooks["response"].append(lambda response, **options: show("hook", response.status_code))
    for number in range(50):
        show("page", session.get(f"{base}/page", params={"n": number}, auth=("me", "secret")).json())
    moved = session.get(f"{base}/moved")
    show("moved", (moved.url.removeprefix(base), [r.status_code for r in moved.history]))
    show("posted", session.post(base, json={"a": [1, 2]}).json())
    files = session.post(base, files={"file": ("name.txt", b"content")}).text
    show("file", ["name.txt" in files, "content" in files])
    try:
        session.get(f"{base}/missing").raise_for_status()
    except requests.HTTPError as error:
        show("error", str(error).replace(base, ""))
    show("stream", list(session.get(f"{base}/here", stream=True).iter_content(16)))
    try:
        session.get("http://127.0.0.1:9/", timeout=5)
    except requests.ConnectionError as error:
        show("refused", type(error).__name__)
server.shutdown()

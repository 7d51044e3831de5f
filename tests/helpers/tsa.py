"""A time-stamp authority for tests, on loopback: `openssl ts` behind a small server, which can misbehave."""

from __future__ import annotations

import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

SIGNER = "Test TSA, not for evidence"
_PURPOSE = "extendedKeyUsage=critical,timeStamping"
_CONFIG = """\
[tsa]
default_tsa = here
[here]
serial = {folder}/serial
signer_cert = {folder}/tsa.pem
{chain}certs = {folder}/ca.pem
signer_key = {folder}/tsa.key
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256
accuracy = secs:1
ordering = yes
tsa_name = yes
ess_cert_id_chain = no
ess_cert_id_alg = sha256
"""


@dataclass
class Authority:
    """An authority with a root of its own, and how it answers.

    folder : keys and certificates. root : the certificate to trust, PEM. behaviour : "right", "other data"
    (a stamp of another hash), "replay" (its first answer, ever again), "nonsense", "endless", "slow", "html",
    "error", "redirect", "refusal", "cut". asked : how often.
    """

    folder: Path
    url: str = ""
    behaviour: str = "right"
    asked: int = 0
    queries: list[bytes] = field(default_factory=list)
    _first: bytes = b""

    @property
    def root(self) -> Path:
        return self.folder / "ca.pem"

    def reply(self, query: bytes) -> bytes:
        """What `openssl ts` answers, in DER."""
        (self.folder / "query.tsq").write_bytes(query)
        return self._openssl("ts", "-reply", "-queryfile", "query.tsq", "-config", "tsa.cnf")

    def holds(self, token: bytes, digest: bytes) -> bool:
        """What `openssl ts` says of a token."""
        (self.folder / "token.tst").write_bytes(token)
        kept = ("-digest", digest.hex(), "-in", "token.tst", "-token_in", "-CAfile", "ca.pem")
        return b"Verification: OK" in self._openssl("ts", "-verify", *kept)

    def answer(self, query: bytes) -> bytes:
        """The answer of this behaviour to a query."""
        self.asked += 1
        self.queries.append(query)
        if self.behaviour == "nonsense":
            return b"\x30\x82nonsense" * 10
        if self.behaviour == "refusal":
            return self.reply(
                query.replace(bytes.fromhex("608648016503040201"), bytes.fromhex("608648016503040202"))
            )
        if self.behaviour == "other data":
            return self.reply(query[:-50].replace(query[24:56], bytes(32)) + query[-50:])
        found = self.reply(query)
        self._first = self._first or found
        if self.behaviour == "cut":
            return found[:-10]
        return self._first if self.behaviour == "replay" else found

    def _openssl(self, *arguments: str) -> bytes:
        return _run(self.folder, *arguments)


def make(
    folder: Path, *, purpose: str = _PURPOSE, days: tuple[str, str] | None = None, chain: bool = False
) -> Authority:
    """Make keys and certificates in an empty folder.

    purpose : the extension that says what the authority's certificate is for. days : from when until when it
    is valid, as YYYYMMDDHHMMSSZ; ten years from now on unless given. chain : whether the root is sent, too.
    """
    folder.mkdir()
    ec = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")
    ca = ("-addext", "basicConstraints=critical,CA:TRUE", "-addext", "keyUsage=critical,keyCertSign")
    name = ("-subj", "/CN=Test root, not for evidence")
    _run(folder, "req", "-x509", *ec, "-keyout", "ca.key", "-out", "ca.pem", "-days", "3650", *name, *ca)
    _run(folder, "req", *ec, "-keyout", "tsa.key", "-out", "tsa.csr", "-subj", f"/CN={SIGNER}")
    extensions = ("basicConstraints=critical,CA:FALSE", "keyUsage=critical,digitalSignature", purpose)
    (folder / "extensions").write_text("\n".join(extensions) + "\n")
    valid = ("-not_before", days[0], "-not_after", days[1]) if days else ("-days", "3650")
    signed = ("-CA", "ca.pem", "-CAkey", "ca.key", "-set_serial", "2", "-extfile", "extensions")
    _run(folder, "x509", "-req", "-in", "tsa.csr", *signed, *valid, "-out", "tsa.pem")
    (folder / "serial").write_text("01\n")
    (folder / "tsa.cnf").write_text(_CONFIG.format(folder=folder, chain="" if chain else "# "))
    return Authority(folder)


@contextmanager
def serving(authority: Authority) -> Iterator[Authority]:
    """Answer on a port of its own; `authority.url` says where."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            query = self.rfile.read(int(self.headers["Content-Length"]))
            assert self.headers["Content-Type"] == "application/timestamp-query"
            with suppress(ConnectionError):
                _respond(self, authority, query)

        def log_message(self, format: str, *arguments: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    authority.url = f"http://127.0.0.1:{server.server_port}/tsr"
    try:
        yield authority
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _respond(handler: BaseHTTPRequestHandler, authority: Authority, query: bytes) -> None:
    behaviour = authority.behaviour
    if behaviour in ("error", "redirect"):
        authority.asked += 1
        handler.send_response(503 if behaviour == "error" else 302)
        handler.send_header("Location", "http://tsa.example.org/new")
        handler.send_header("Content-Length", "0")
        handler.end_headers()
        return
    endless = behaviour in ("endless", "slow")
    content = b"" if endless else authority.answer(query)
    handler.send_response(200)
    handler.send_header("Content-Type", "text/html" if behaviour == "html" else "application/timestamp-reply")
    if not endless:
        handler.send_header("Content-Length", str(len(content)))
    handler.end_headers()
    handler.wfile.write(content)
    for _ in range(10_000 if endless else 0):  # until the other side hangs up
        handler.wfile.write(bytes(4096 if behaviour == "endless" else 1))
        time.sleep(0.02 if behaviour == "slow" else 0)


def _run(folder: Path, *arguments: str) -> bytes:
    done = subprocess.run(["openssl", *arguments], cwd=folder, capture_output=True, check=False)
    assert done.returncode == 0 or arguments[:2] == ("ts", "-reply"), done.stderr.decode()
    return done.stdout

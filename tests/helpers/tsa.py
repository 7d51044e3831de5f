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

from stamp.catalogue.der import SEQUENCE, integer, value

SIGNER = "Test TSA, not for evidence"
_KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")
_SHA256, _SHA384 = bytes.fromhex("608648016503040201"), bytes.fromhex("608648016503040202")
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

    folder : keys and certificates. url : where, while it is `serving`. asked : the queries it got.
    behaviour : "right", or what is wrong: "other data" (a stamp of another hash), "replay" (its first answer,
        ever again), "other purpose", "no purpose" (signed by a certificate that is for code, or does not say
        what it is for), "no certificate", "changed" (a bit), "nonsense", "cut", "refusal", "html", "error",
        "redirect", "silence", "endless", "slow".
    """

    folder: Path
    url: str = ""
    behaviour: str = "right"
    asked: list[bytes] = field(default_factory=list)
    _first: bytes = b""

    @property
    def root(self) -> Path:
        """The certificate to trust, PEM."""
        return self.folder / "ca.pem"

    def stamp(self, digest: bytes) -> bytes:
        """A token for a SHA-256, without the network."""
        self._run("ts", "-query", "-digest", digest.hex(), "-sha256", "-cert", "-out", "own.tsq")
        return self._token(self._reply((self.folder / "own.tsq").read_bytes()))

    def holds(self, token: bytes, digest: bytes) -> bool:
        """What `openssl ts` says of a token."""
        (self.folder / "token.tst").write_bytes(token)
        kept = ("-digest", digest.hex(), "-in", "token.tst", "-token_in", "-CAfile", "ca.pem")
        return b"Verification: OK" in self._run("ts", "-verify", *kept, fails=True)

    def answer(self, query: bytes) -> bytes:
        """The answer of this behaviour to a query."""
        digest = query[query.index(b"\4\x20") + 2 :][:32]
        wrong = {
            "other data": query.replace(digest, bytes(32)),
            "refusal": query.replace(_SHA256, _SHA384),
            "no certificate": query.replace(b"\1\1\xff", b"").replace(query[:2], bytes([0x30, query[1] - 3])),
        }
        found = self._reply(wrong.get(self.behaviour, query))
        self._first = self._first or found
        match self.behaviour:
            case "replay":
                return self._first
            case "other purpose":
                return self._signed_anew(found, "extendedKeyUsage=critical,codeSigning")
            case "no purpose":
                return self._signed_anew(found, "subjectKeyIdentifier=hash")
            case "nonsense":
                return b"\x30\x09no, sorry"
            case "cut":
                return found[:-10]
            case "changed":
                return found[:-5] + bytes([found[-5] ^ 1]) + found[-4:]
        return found

    def _reply(self, query: bytes) -> bytes:
        (self.folder / "query.tsq").write_bytes(query)
        # It fails, and answers all the same, where it refuses.
        return self._run("ts", "-reply", "-queryfile", "query.tsq", "-config", "tsa.cnf", fails=True)

    def _token(self, reply: bytes) -> bytes:
        (self.folder / "reply.tsr").write_bytes(reply)
        return self._run("ts", "-reply", "-in", "reply.tsr", "-token_out", "-config", "tsa.cnf")

    def _signed_anew(self, reply: bytes, purpose: str) -> bytes:
        """The same answer, signed by another certificate of the same root."""
        (self.folder / "token.tst").write_bytes(self._token(reply))
        self._run("cms", "-verify", "-noverify", "-inform", "DER", "-in", "token.tst", "-out", "info.der")
        self.certify("other", purpose)
        signer = ("-signer", "other.pem", "-inkey", "other.key", "-in", "info.der", "-md", "sha256")
        kind = ("-binary", "-nodetach", "-econtent_type", "id-smime-ct-TSTInfo", "-outform", "DER")
        granted = value(SEQUENCE, integer(0))
        return value(SEQUENCE, granted, self._run("cms", "-sign", *signer, *kind))

    def certify(self, name: str, purpose: str, *valid: str) -> None:
        """Make a key and its certificate. purpose : an extension, as openssl writes it."""
        extensions = ("basicConstraints=critical,CA:FALSE", "keyUsage=critical,digitalSignature", purpose)
        (self.folder / "extensions").write_text("\n".join(extensions) + "\n")
        self._run("req", *_KEY, "-keyout", f"{name}.key", "-out", f"{name}.csr", "-subj", f"/CN={SIGNER}")
        signed = (
            "-CA",
            "ca.pem",
            "-CAkey",
            "ca.key",
            "-extfile",
            "extensions",
            *(valid or ("-days", "3650")),
        )
        self._run("x509", "-req", "-in", f"{name}.csr", *signed, "-out", f"{name}.pem")

    def _run(self, *arguments: str, fails: bool = False) -> bytes:
        done = subprocess.run(["openssl", *arguments], cwd=self.folder, capture_output=True, check=False)
        assert fails or done.returncode == 0, done.stderr.decode()
        return done.stdout + (done.stderr if "-verify" in arguments else b"")


def make(folder: Path, *, days: tuple[str, str] | None = None, chain: bool = False) -> Authority:
    """Make keys and certificates in a new folder.

    days : from when until when the certificate is valid, as YYYYMMDDHHMMSSZ; ten years from now on unless
    given. chain : whether the root is sent, too.
    """
    folder.mkdir()
    made = Authority(folder)
    root = ("-addext", "basicConstraints=critical,CA:TRUE", "-addext", "keyUsage=critical,keyCertSign")
    name = ("-subj", "/CN=Test root, not for evidence", "-days", "3650")
    made._run("req", "-x509", *_KEY, "-keyout", "ca.key", "-out", "ca.pem", *name, *root)
    valid = ("-not_before", days[0], "-not_after", days[1]) if days else ()
    made.certify("tsa", "extendedKeyUsage=critical,timeStamping", *valid)
    (folder / "serial").write_text("01\n")
    (folder / "tsa.cnf").write_text(_CONFIG.format(folder=folder, chain="" if chain else "# "))
    return made


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
    authority.asked.append(query)
    behaviour = authority.behaviour
    status = {"error": 503, "redirect": 302}.get(behaviour, 200)
    endless = behaviour in ("endless", "slow")
    content = authority.answer(query) if status == 200 and not endless else b""
    if behaviour == "silence":
        return
    handler.send_response(status)
    handler.send_header("Content-Type", "text/html" if behaviour == "html" else "application/timestamp-reply")
    if status == 302:
        handler.send_header("Location", "http://tsa.example.org/new")
    if not endless:
        handler.send_header("Content-Length", str(len(content)))
    handler.end_headers()
    handler.wfile.write(content)
    for _ in range(10_000 if endless else 0):  # until the other side hangs up
        handler.wfile.write(bytes(4096 if behaviour == "endless" else 1))
        time.sleep(0.02 if behaviour == "slow" else 0)

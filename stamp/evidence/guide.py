"""VERIFY.txt: how a stranger checks a packet with sha256sum and openssl, and nothing of ours.

The commands are for a POSIX shell in the folder that the packet was unpacked to; `openssl` is version 1.1.1
or newer, and `basenc`, `tr` and `cut` come with the same coreutils as `sha256sum`."""

from __future__ import annotations

import shlex
import textwrap
from collections.abc import Mapping, Sequence
from typing import Any, Final

from ..catalogue import events, merkle
from . import sums
from .log import Line

_HASH: Final = 'hash() { printf %s "$1" | tr a-f A-F | basenc --base16 -d | sha256sum | cut -c1-64; }'
_ROOT: Final = "TSA.pem"


def first_commands(document: Mapping[str, Any]) -> list[str]:
    """Return the commands that check files, signature and time stamps."""
    found = [f"sha256sum -c {sums.SUMS}"]
    if document["signer"]:
        found += [
            f"openssl pkeyutl -verify -pubin -inkey {sums.SIGNER} -rawin -in {sums.SUMS}"
            f" -sigfile {sums.SIGNATURE}",
            f"openssl pkey -pubin -in {sums.SIGNER} -outform DER | sha256sum",
        ]
    if document["is_stamped"]:
        found.append(f"openssl ts -verify -data {sums.SUMS} -in {sums.TOKEN} -token_in -CAfile {_ROOT}")
    for seal in document["seals"]:
        if seal["token"]:
            found.append(
                f"openssl ts -verify -digest {seal['root']} -in {seal['token']} -token_in -CAfile {_ROOT}"
            )
    return found


def text(document: Mapping[str, Any], lines: Sequence[Line]) -> bytes:
    """Return VERIFY.txt."""
    parts = [
        _prose(
            """How to check this packet with sha256sum (GNU coreutils) and openssl alone. Unpack it into an
            empty folder, open a shell there, and run what is behind each $."""
        ),
        _prose("1. The files are as they were. Each line must end with OK, and nothing may be warned of.")
        + f"\n$ sha256sum -c {sums.SUMS}",
        *_signature(document),
        *_stamps(document),
        *_log(document, lines),
        *_recognised(document),
        _prose(
            """What is left: evidence.json and report.pdf are among the files whose hashes were checked. The
            report says what the figures mean and what they do not mean. With the program that made this
            packet, all of this and more is one command, `stamp evidence verify packet.zip`; it comes with
            `pip install 'stamp-media[evidence]'`."""
        ),
    ]
    return ("\n\n".join(parts) + "\n").encode()


def _prose(sentences: str) -> str:
    return textwrap.fill(" ".join(sentences.split()), 100, break_long_words=False, break_on_hyphens=False)


def _signature(document: Mapping[str, Any]) -> list[str]:
    if not document["signer"]:
        return [_prose("2. This packet is not signed: the hashes show that it is whole, not who made it.")]
    _, verify, fingerprint = first_commands(document)[:3]
    what = _prose(
        """2. The list of hashes is signed. The first command must say: Signature Verified Successfully. The
        second one must print the fingerprint below. Ask the signer whether it is his, by another way than
        this packet."""
    )
    return [f"{what}\n  {document['signer']}\n$ {verify}\n$ {fingerprint}"]


def _stamps(document: Mapping[str, Any]) -> list[str]:
    stamped = [command for command in first_commands(document) if " ts " in command]
    if not stamped:
        return [_prose("3. This packet has no time stamp: nothing in it shows when it was made.")]
    names = ", ".join(sorted({each["authority"] for each in document["seals"] if each["authority"]}))
    of = f" (the log's is {names})" if names else ""
    what = _prose(
        f"""3. Time stamps after RFC 3161. Get the root certificate of the time-stamp authority{of} from the
        authority itself, and save it as {_ROOT}. Each command with -verify must say: Verification: OK.
        Those with -reply print the time."""
    )
    tokens = [command.split(" -in ")[1].split()[0] for command in stamped]
    commands = "\n".join(
        f"$ {command}\n$ openssl ts -reply -in {token} -token_in -text"
        for command, token in zip(stamped, tokens, strict=True)
    )
    return [f"{what}\n{commands}"]


def _log(document: Mapping[str, Any], lines: Sequence[Line]) -> list[str]:
    """How the event that matters leads to the root of its seal, hash by hash."""
    number = document["sealed_before"]["event"] if document["kind"] == "find" else document["event"]
    line = next((each for each in lines if each.seq == number), None)
    if line is None:
        return []
    event, before = line.entry.event, line.entry.before
    said = events.line(event, before)
    parts = [
        f"4. Event {line.seq} of the log says: {event.body}",
        "Its body has this salted hash:",
        f"  {event.body_sha256.hex()}",
        f"$ {_salted(event.salt or b'', event.body or '')} | sha256sum",
        "The event, with that hash in it, has this hash:",
        f"  {event.hash.hex()}",
        f"$ printf %s {shlex.quote(said)} | sha256sum",
    ]
    if line.path is not None and line.sealed is not None:
        parts += _proof(line)
    return ["\n".join(parts)]


def _recognised(document: Mapping[str, Any]) -> list[str]:
    """What these two programs cannot check: how a file without a mark was recognised."""
    if document["kind"] != "find" or document["find"]["basis"] != "fingerprint":
        return []
    return [
        _prose(
            f"""No mark of the work was read in {document["find"]["file"]}. The program recognised the file by
            its fingerprint, and compared its fine detail with the original; `matched` in evidence.json says
            what came of it. "copy" means that the fine detail is that of the original, or, where
            `correlation` is null and fine detail could not be compared, that the file as a whole is like the
            work. "scene" means that it shows the same scene, as a copy whose fine detail is gone or as
            another shot, and that a person has to look which of the two it is. sha256sum and openssl cannot
            check that: whoever has the original measures it again with `stamp works add ORIGINAL` and `stamp
            match {document["find"]["file"]} --json`."""
        )
    ]


def _salted(salt: bytes, body: str) -> str:
    """The command that prints salt and body."""
    digits = salt.hex().upper()
    return f"{{ printf %s {digits} | basenc --base16 -d; printf %s {shlex.quote(body)}; }}"


def _proof(line: Line) -> list[str]:
    assert line.path is not None
    assert line.sealed is not None
    found = [
        _prose(
            f"""The log up to event {line.sealed} is sealed. The last command must print the root of that
            seal, which its time stamp, if it has one, is over. It has the same digits as behind -digest
            above, and as in evidence.json."""
        ),
        f"$ {_HASH}",
        f"$ h=$(hash 00{line.entry.event.hash.hex()})",
    ]
    for is_right, beside in zip(merkle.sides(line.seq - 1, line.sealed), line.path, strict=True):
        found.append(f"$ h=$(hash 01$h{beside})" if is_right else f"$ h=$(hash 01{beside}$h)")
    return [*found, "$ echo $h"]

"""Everything the commands print: results on stdout, the rest on stderr."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from types import EllipsisType
from typing import TYPE_CHECKING, Any, TypeVar

from ..jobs.selection import PassedOver
from .document import Document, Lines
from .log import JsonLog, Log
from .progress import Bar, lines
from .spoken import spoken
from .summary import Summary

if TYPE_CHECKING:
    from ..catalogue.find_records import CaseRecord, FindRecord
    from ..catalogue.records import LicenceRecord, PartyRecord, WorkRecord

ERROR = 3
Record = TypeVar("Record", "LicenceRecord", "PartyRecord", "WorkRecord", "FindRecord", "CaseRecord")


class StdoutError(Exception):
    """stdout does not take the results; no OSError, because click turns some of those into exit code 1."""

    def __init__(self, error: OSError) -> None:
        super().__init__(f"cannot write the results: {error.strerror or error}")
        self.nobody_listens = isinstance(error, BrokenPipeError)


class Screen:
    """Where a command's words go.

    schema : set by --json: then stdout gets one document and nothing else. in_lines : it is an object a line.
    log : the file that gets a line for all that is said here. json_log : one that gets an object a file.
    progress_in : "json" for lines on stderr, "none" for nothing. summary : of this run.
    """

    def __init__(self) -> None:
        self.quiet = False
        self.verbose = False
        self.schema: str | None = None
        self.in_lines = False
        self.log: Log | None = None
        self.json_log: JsonLog | None = None
        self.progress_in = "auto"
        self.summary = Summary()
        self._document: Document | Lines | None = None
        self._closed = False

    def line(self, text: str) -> None:
        """One line of results, for people."""
        if self.schema is None:
            _print(printable(text))

    def text(self, text: str) -> None:
        """Results of several lines that are made here, not by strangers."""
        _print(text)

    def say(self, text: str, level: str = "INFO") -> None:
        """News, not results."""
        self.write_down(level, text)
        if not self.quiet:
            _tell(printable(text))

    def complain(self, message: str, details: str = "") -> None:
        """An error; not even --quiet silences it."""
        message = spoken(message)
        self.write_down("ERROR", message)
        _tell(printable(f"stamp: {message}"))
        if self.verbose and details:
            _tell(details)

    def write_down(self, level: str, text: str) -> None:
        """A line in the log, if there is one."""
        if self.log:
            self.log.add(level, printable(text.removeprefix("stamp: ")))

    def begin(self, command: str) -> None:
        """A run over files begins: its document lists what is passed over, and ends with its counts."""
        self.summary = Summary(command)
        self._begun()

    def pass_over(self, left_out: PassedOver) -> None:
        """A file that a walk leaves out."""
        self.summary.pass_over(left_out.sort)
        text = f"{left_out.path}: passed over: {left_out.reason}"
        if left_out.said:
            self.say(text)
        else:
            self.write_down("INFO", text)
        if document := self._begun():
            document.add(left_out.to_dict(), "passed_over")

    def entry(self, entry: dict[str, Any]) -> None:
        """The next entry of the JSON document of this run."""
        self.summary.entries += 1
        if document := self._begun():
            document.add(entry)

    def page(self, found: Sequence[Record], line: Callable[[Record], str], limit: int) -> None:
        """A page of records of the catalogue, each in a line or an entry, and where the next one begins."""
        for record in found:
            self.line(line(record))
        following = f"#{found[-1].number}" if len(found) == limit else None
        if following:
            self.say(f"stamp: there may be more: --after {following[1:]}")
        self.document((record.to_dict() for record in found), next=following)

    def close(self, **more: Any) -> None:
        """The end of the JSON document, if it has not ended yet."""
        if document := self._begun():
            document.close(**more, summary=self.summary.to_dict())
        self._closed = True

    def end(self) -> None:
        """The command is done: so is its document, if it has begun one."""
        if self._document is not None:
            self.close()

    def document(self, results: Iterable[dict[str, Any]], **more: Any) -> None:
        """The JSON document of this run, all at once."""
        for entry in results:
            self.entry(entry)
        self.close(**more)

    @property
    def in_document(self) -> bool:
        """Whether results go into one JSON document."""
        return self.schema is not None and not self.in_lines

    def _begun(self) -> Document | Lines | None:
        if self.schema is None or self._closed:
            return None
        if self._document is None:
            self._document = (Lines if self.in_lines else Document)(_write, self.schema)
            if self.summary.of_run:
                self._document.begin("passed_over")
        return self._document

    def fail(self, error: Exception, details: str = "") -> int:
        """The run as a whole cannot be done, or not to its end: say why, also in the document, and return the
        exit code."""
        self.complain(str(error), details)
        with suppress(StdoutError):  # then there is no place left to say anything
            self.close(error={"type": type(error).__name__, "message": spoken(str(error))})
        return ERROR

    def miss(self, error: Exception, entry: dict[str, Any], path: str | None = None) -> None:
        """One of several things cannot be done: say why, naming `path` once, and add `entry` with the error
        to the document."""
        message = spoken(str(error))
        if path and path not in message:
            message = f"{path}: {message}"
        self.complain(message)
        named: dict[str, Any] = {"path": path} if path else {}
        self.entry(named | entry | {"error": {"type": type(error).__name__, "message": message}})

    def interrupted(self) -> None:
        """The run was stopped from outside."""
        self.say("stamp: interrupted; what is finished is whole, nothing is half-written")
        with suppress(StdoutError):
            self.close(error={"type": "Interrupted", "message": "interrupted: there is more to do"})

    @contextmanager
    def progress(
        self,
        names: Sequence[str] | Mapping[int, str],
        what: str,
        unit: str = "frames",
        total: int | EllipsisType | None = ...,
    ) -> Iterator[Bar]:
        """Bars with rate and time left, on stderr, where that is a terminal: one over the files, and one for
        each file that reports how far it is, in `unit`. With --progress json: lines, wherever that goes.
        `total` is how many there are, None where nobody knows; as many as `names` unless said."""
        shown_as = names if isinstance(names, Mapping) else [printable(name) for name in names]
        count = len(names) if total is ... else total
        if self.progress_in == "json":
            with lines(shown_as, what, unit, count) as told:
                yield told
            return
        if (
            self.quiet
            or self.progress_in == "none"
            or not sys.stderr.isatty()
            or os.environ.get("TERM") == "dumb"
        ):
            yield Bar()
            return
        from .bars import bars

        with bars(shown_as, what, unit, count) as shown:
            yield shown


def _print(text: str) -> None:
    _write(f"{text}\n")


def _write(text: str) -> None:
    try:
        print(text, end="", flush=True)  # whoever reads a pipe sees each file when it is done
    except OSError as error:
        raise StdoutError(error) from error


def _tell(text: str) -> None:
    """A line on stderr; where that takes nothing (a full disk, a closed pipe), the work goes on."""
    with suppress(OSError):
        print(text, file=sys.stderr)


def printable(text: str) -> str:
    """`text` with control characters and undecodable bytes escaped: names and notices come from strangers,
    terminals obey."""
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in text)

"""ID3v2, APEv2, Vorbis comments, RIFF INFO and AIFF text chunks.

Mapping: ID3v2.3.0 and v2.4.0 (id3.org); Vorbis I specification, section 5 (xiph.org), whose minimal names are
COPYRIGHT, LICENSE, ARTIST, CONTACT and ISRC; RIFF (Microsoft, 1991), chapter 2; AIFF 1.3 (Apple, 1989). What
no standard names is under the same name in a TXXX frame and in a Vorbis comment.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal
from urllib.parse import quote

from ....core.checks import Value
from ....core.party import Party
from ..ascii import folded
from ..slots import Column, Slot

_URL = ("http://", "https://")
_EMAIL = re.compile(r"[^\s@<>\"]+@[^\s@<>\"]+")
_BAR = " | "
_QUOTED = re.compile(r'"((?:[^"]|"")+)"(?= \| |$)')


@dataclass(frozen=True, slots=True)
class Comment(Slot):
    """A key with texts. `kind` says what they hold.

    text       one text
    boolean    True or False
    names      a name each
    parties    a party each: name, URL, e-mail address and `id:` number, as far as known, divided by ` | `,
               which may be in a name, too
    owners     such parties of name and number
    first-url  of parties the first one's URL
    url        one URL; a text that is none (a licence by its name) is somebody else's
    contact    a URL and an e-mail address; anything else (a postal address) is somebody else's
    ours       one text that begins with `stored_as`; the others are somebody else's

    `stored_as` comes before the value in the file: a vocabulary's URI, or what marks ours.
    """

    key: str
    kind: Literal["text", "boolean", "names", "owners", "parties", "first-url", "url", "contact", "ours"] = (
        "text"
    )
    stored_as: str = ""

    def __str__(self) -> str:
        return f"{self.key} (URL of the first)" if self.kind == "first-url" else self.key

    def held(self, value: Value) -> Value:
        """As it is read back: a name that looks like a URL is one."""
        return self.value(self.texts(value)) or () if self.kind in ("owners", "parties") else value

    def claims(self, text: str) -> bool:
        """Whether a text under the key is this field's."""
        match self.kind:
            case "url":
                return text.startswith(_URL)
            case "contact":
                return text.startswith(_URL) or bool(_EMAIL.fullmatch(text))
            case "ours":
                return text.startswith(self.stored_as)
        return True

    def value(self, texts: Sequence[str]) -> Value | None:
        """The value that the texts under the key hold, None for none."""
        mine = [stripped for text in texts if (stripped := text.strip()) and self.claims(stripped)]
        if not mine:
            return None
        match self.kind:
            case "boolean":
                return {"true": True, "false": False}.get(mine[0].lower())
            case "names":
                return tuple(mine)
            case "owners":
                return tuple(_party(text, "owners") for text in mine)
            case "parties":
                parties = tuple(map(_party, mine))
                return parties if parties != (Party(url=parties[0].url),) else None
            case "first-url":
                return _party(mine[0]).url
            case "contact":
                url = next((text for text in mine if text.startswith(_URL)), None)
                email = next((text for text in mine if not text.startswith(_URL)), None)
                return Party(url=url, email=email)
        return mine[0].removeprefix(self.stored_as)

    def texts(self, value: Value, present: Sequence[str] = ()) -> tuple[str, ...]:
        """The texts that hold `value`, and what it leaves open of those that are `present`."""
        if self.kind == "first-url":
            first, *others = present or ("",)
            return (_spelled(replace(_party(first), url=str(value))), *others)
        if isinstance(value, Party):
            there = self.value(present)
            party = value.onto(there) if isinstance(there, Party) else value
            return tuple(text for text in (party.url, party.email) if text)
        if isinstance(value, tuple):
            texts = (_spelled(item) if isinstance(item, Party) else str(item) for item in value)
            return tuple(filter(None, texts))
        return (f"{self.stored_as}{value}",)

    def without(self, value: Value, present: Sequence[str]) -> tuple[str, ...]:
        """The texts that are `present` but for what says `value` or a part of it."""
        if self.kind == "first-url":
            first, *others = present
            party = _party(first)
            rest = replace(party, url=None) if party.url == value else party
            return tuple(filter(None, (_spelled(rest), *others)))
        return tuple(text for text in present if not self._says(text.strip(), value))

    def _says(self, text: str, value: Value) -> bool:
        if isinstance(value, Party):
            return text in self.texts(value)
        if self.kind in ("owners", "parties"):
            return isinstance(value, tuple) and _party(text, self.kind) in value
        own = self.value([text])
        return own[0] in value if isinstance(own, tuple) and isinstance(value, tuple) else own == value


@dataclass(frozen=True, slots=True)
class Id3Frames(Slot):
    """The frames that hold a field: the standard's, and TXXX where there is none or, with `both`, where
    players do not show the standard's.
    """

    comment: Comment
    frame: str = ""
    both: bool = False

    def __str__(self) -> str:
        user = f"TXXX:{self.comment}"
        return f"{self.frame} and {user}" if self.both else self.frame or user

    def held(self, value: Value) -> Value:
        """As the comment holds it."""
        return self.comment.held(value)


@dataclass(frozen=True, slots=True)
class ChunkText(Slot):
    """A chunk of text, in ASCII since readers differ on anything else; several names are divided by `; `."""

    chunk: str
    name: str

    def __str__(self) -> str:
        return f"{self.name} ({self.chunk.strip()})"

    def held(self, value: Value) -> Value:
        """ASCII, empty where not a letter or digit would be left."""
        texts = tuple(map(folded, map(str, value if isinstance(value, tuple) else (value,))))
        legible = any(map(str.isalnum, "".join(texts)))
        if isinstance(value, tuple):
            return tuple(filter(None, texts)) if legible else ()
        return texts[0] if legible else ""


def ascii_url(text: str) -> str:
    """The URI of an IRI (RFC 3987, section 3.1), as the frame WCOP holds it."""
    return quote(text, safe="%:/?#[]@!$&'()*+,;=~")


def _spelled(party: Party) -> str:
    """Name first, and the number, which may hold anything, last. A name that would not be read back as one
    is in double quotes, those in it doubled.
    """
    name = party.name or ""
    plain = not name.startswith('"') and not name.endswith(" |") and _party(name) == Party(name=name)
    quoted = name if plain or not name else '"' + name.replace('"', '""') + '"'
    number = party.id and f"id:{party.id}"
    return _BAR.join(filter(None, (quoted, party.url, party.email, number)))


def _party(text: str, kind: str = "parties") -> Party:
    """The inverse of `_spelled`; owners have no URL and no e-mail address.

    A bar may be in a name that is not in quotes. In quotes once written, those inside were not doubled.
    """
    text = text.strip()
    whole = _QUOTED.match(text)
    members = {"name": whole[1].replace('""', '"')} if whole else {}
    parts = text[whole.end() if whole else 0 :].split(_BAR)
    name_ends: int | None = None
    for at, part in enumerate(map(str.strip, parts)):
        if part.startswith("id:"):
            members["id"] = _BAR.join(parts[at:]).strip()[3:]
            break
        if kind != "owners" and part.startswith(_URL):
            members.setdefault("url", part)
        elif kind != "owners" and _EMAIL.fullmatch(part):
            members.setdefault("email", part)
        elif part.startswith('"') and part.endswith('"') and len(part) > 2:
            members.setdefault("name", part[1:-1])
        elif part and "name" not in members:
            members["name"], name_ends = part, at
        elif part and name_ends == at - 1:
            members["name"], name_ends = members["name"] + _BAR + part, at
    return Party(**members)


_COMMENTS: Final = {
    "copyright_notice": Comment("COPYRIGHT"),
    "creators": Comment("ARTIST", "names"),
    "credit_line": Comment("CREDIT"),
    "source": Comment("SOURCE"),
    "usage_terms": Comment("USAGETERMS"),
    "web_statement": Comment("LICENSE", "url"),
    "marked": Comment("MARKED", "boolean"),
    "copyright_owners": Comment("COPYRIGHTOWNER", "owners"),
    "licensor_url": Comment("LICENSOR", "first-url"),
    "licensors": Comment("LICENSOR", "parties"),
    "data_mining": Comment("DATAMINING", stored_as="http://ns.useplus.org/ldf/vocab/"),
    "other_constraints": Comment("OTHERCONSTRAINTS"),
    "digital_source_type": Comment(
        "DIGITALSOURCETYPE", stored_as="http://cv.iptc.org/newscodes/digitalsourcetype/"
    ),
    "creator_contact": Comment("CONTACT", "contact"),
    "isrc": Comment("ISRC"),
    "iswc": Comment("ISWC"),
    "upc": Comment("BARCODE"),
    "identifier": Comment("IDENTIFIER", "ours", stored_as="stamp:"),
}
_FRAMES: Final = {
    "copyright_notice": "TCOP",
    "creators": "TPE1",
    "copyright_owners": "TOWN",
    "usage_terms": "USER",
    "web_statement": "WCOP",
    "isrc": "TSRC",
}
_HARDLY_SHOWN: Final = ("USER", "WCOP")
_EDITOR: Final = "only EXIF has the notices of photographer and editor apart"


def _frames(comment: Comment, frame: str) -> Id3Frames:
    return Id3Frames(comment, frame, both=frame in _HARDLY_SHOWN)


COLUMNS: Final = {
    "id3": Column(
        title="ID3v2",
        slots={name: _frames(comment, _FRAMES.get(name, "")) for name, comment in _COMMENTS.items()},
        absent={"editor_notice": _EDITOR},
        otherwise="players take a second text for the first, whatever its language",
    ),
    "ape": Column(
        title="APEv2",
        slots={"copyright_notice": Comment("Copyright"), "creators": Comment("Artist", "names")},
        otherwise="kept up to date for what players show of it; the rest stands in ID3",
        created=False,
    ),
    "vorbis": Column(
        title="Vorbis comment",
        slots=_COMMENTS,
        absent={"editor_notice": _EDITOR},
        otherwise="a Vorbis comment has no language",
    ),
    "info": Column(
        title="RIFF INFO",
        slots={"copyright_notice": ChunkText("ICOP", "Copyright"), "creators": ChunkText("IART", "Artist")},
        absent={
            "source": "INFO's chunk for it is called ISRC, which players take for the recording code",
            "isrc": "INFO's chunk called ISRC is the supplier of the work",
        },
        otherwise="INFO has a chunk for the notice and one for the artist, and none for this",
    ),
    "iff": Column(
        title="AIFF text",
        slots={"copyright_notice": ChunkText("(c) ", "Copyright"), "creators": ChunkText("AUTH", "Author")},
        otherwise="AIFF has a chunk for the notice and one for the author, and none for this",
    ),
}

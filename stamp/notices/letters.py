"""The letter of a case: refused while anything is missing, with all that it rests on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from ..core.errors import CaseError, MissingDependency, MissingElements
from ..print.promises import promised
from .case import Comparison, check_addresses, elements_of, missing
from .requirements import Kind, Language, Source, elements, kind_of, language_of


@dataclass(frozen=True, slots=True)
class Notice:
    """A notice that can be sent.

    title    : the first line of text. text : the whole letter, which ends with a note on what it is not.
    date     : the day that it bears.
    fields   : (label, value), to paste into the platform's web form, in its order.
    warnings : what its sender should know, in English.
    public   : what others than the addressee may see of the case, by the elements' codes.
    sources  : where it was read what it must contain.
    """

    kind: str
    language: str
    date: date
    title: str
    text: str
    note: str
    fields: tuple[tuple[str, str], ...]
    warnings: tuple[str, ...]
    public: tuple[str, ...]
    sources: tuple[Source, ...]

    def to_dict(self) -> dict[str, Any]:
        return {
            "kind": self.kind,
            "language": self.language,
            "date": self.date.isoformat(),
            "title": self.title,
            "text": self.text,
            "fields": [{"label": label, "value": value} for label, value in self.fields],
            "missing": [],
            "warnings": list(self.warnings),
            "public": list(self.public),
            "sources": [source.to_dict() for source in self.sources],
        }


def render(
    kind: str, lang: str, case: Mapping[str, Any], *, today: date, templates: Path | None = None
) -> Notice:
    """Return the notice of a case, in one of `LANGUAGES`.

    today     : the date of the letter, which also says how old its sources are.
    templates : a folder with the user's own templates, such as en/youtube.txt; they come before ours.

    Raises
    ------
    MissingElements   : elements are missing; `.missing` names them.
    CaseError         : an element, a date, an address or a template cannot be used.
    MissingDependency : Jinja2 is not installed.
    """
    wanted, language = kind_of(kind), language_of(lang)
    if lacking := missing(kind, case):
        named = "; ".join(f"{each.words['en']} ({each.code}): {each.how}" for each in lacking)
        raise MissingElements(
            f"{wanted.title} is not written, it lacks {named}",
            missing=tuple(each.to_dict() for each in lacking),
        )
    given = elements_of(case)
    check_addresses(kind, given["infringing_urls"])
    _check_dates(given, today)
    values = _values(wanted, language, given, today)
    statements = tuple(statement.text(lang) for statement in wanted.statements)
    text, own = _filled(f"{lang}/{kind}.txt", values | {"statements": statements}, templates)
    _check_whole(wanted, text, values, statements, own)
    return Notice(
        kind=kind,
        language=lang,
        date=today,
        title=text.partition("\n")[0],
        text=f"{text}\n\n---\n{language.note}\n",
        note=language.note,
        fields=_fields(wanted, lang, values),
        warnings=_warnings(wanted, given, text, own, today),
        public=tuple(code for code in wanted.public if code in given),
        sources=wanted.sources,
    )


def _check_dates(given: Mapping[str, Any], today: date) -> None:
    if "deadline" in given and given["deadline"] <= today:
        raise CaseError(f"the deadline {given['deadline']} is not after the date of the letter, {today}")
    if given["comparison"].on > today:
        raise CaseError(
            f"the comparison of {given['comparison'].on} is after the date of the letter, {today}"
        )


def _values(wanted: Kind, language: Language, given: Mapping[str, Any], today: date) -> dict[str, Any]:
    """What a template finds: each element, in the words of the language; "" for one that is not given."""
    values = dict.fromkeys(elements(), "") | dict(given)
    values["addressee"] = wanted.addressee or given["addressee"]
    values["claimant_is"] = language.relations[given["claimant_is"]]
    values["agent"] = given["claimant_is"] == "agent"
    compared: Comparison = given["comparison"]
    values["comparison"] = {"by": compared.by, "on": language.date(compared.on)}
    if "deadline" in given:
        values["deadline"] = language.date(given["deadline"])
    return values | {"date": language.date(today)}


def _filled(name: str, values: Mapping[str, Any], templates: Path | None) -> tuple[str, list[Path]]:
    """The letter without its note, and the user's own templates that it is from."""
    try:
        from .templating import fill
    except ImportError as error:
        raise MissingDependency(
            "a notice needs Jinja2: pip install 'stamp-media[evidence]'", extra="evidence"
        ) from error
    return fill(name, values, templates)


def _check_whole(
    wanted: Kind, text: str, values: Mapping[str, Any], statements: tuple[str, ...], own: list[Path]
) -> None:
    """Raise CaseError where a template leaves out what must be in the letter."""
    place = own[0] if own else None
    for code in (*wanted.required, "addressee"):
        value = values[code]
        shown = value.values() if isinstance(value, dict) else [value] if isinstance(value, str) else value
        if not all(part in text for part in shown):
            raise CaseError(f"this template leaves out {code}, which the notice must contain", path=place)
    if not all(statement in text for statement in statements):
        raise CaseError("this template leaves out `statements`, which the notice must contain", path=place)


def _fields(wanted: Kind, lang: str, values: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    fields = []
    for code in wanted.form:
        if code == "statements":
            for statement in wanted.statements:
                label = "; ".join(elements()[need].words[lang] for need in statement.needs)
                fields.append((label, statement.text(lang)))
        elif value := values[code]:
            text = value if isinstance(value, str) else "\n".join(value)
            fields.append((elements()[code].words[lang], text))
    return tuple(fields)


def _warnings(
    wanted: Kind, given: Mapping[str, Any], text: str, own: list[Path], today: date
) -> tuple[str, ...]:
    warnings = [doubt for source in wanted.sources if (doubt := source.doubt(today))]
    shown = [elements()[code].words["en"] for code in wanted.public if code in given]
    warnings.append(wanted.seen + (f" ({', '.join(shown)})" if shown else ""))
    warnings += wanted.cautions
    warnings += [f"the letter says {words!r}, which nobody but a court can say" for words in promised(text)]
    warnings += [
        f"the letter is from your own template {path}: nobody but you has checked it" for path in own
    ]
    return tuple(warnings)

"""The verdict on a use: what is clear, and every reason why something is not."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stamp.catalogue.gate import judge
from stamp.catalogue.terms import ACTIONS, EXCLUSIVITIES, Terms, Territory, Use, UseRule
from stamp.core.errors import ArgumentError

DAY = date(2026, 6, 1)
YEAR = {"valid_from": date(2026, 1, 1), "valid_until": date(2026, 12, 31)}
WORLD = ("001",)
USE = Use("display", "web", WORLD, DAY)


def may(action: str = "use", channel: str = "*") -> UseRule:
    return UseRule("permission", action, channel)


def must_not(action: str = "use", channel: str = "*") -> UseRule:
    return UseRule("prohibition", action, channel)


def areas(*codes: str) -> tuple[Territory, ...]:
    """Territories; one with a minus before it is excluded."""
    return tuple(Territory(code.lstrip("-"), code.startswith("-")) for code in codes)


def terms(direction: str, *uses: UseRule, **more: Any) -> Terms:
    said: dict[str, Any] = {
        "licensor": "A",
        "licensee": "B",
        "exclusivity": "non_exclusive",
        "online": True,
        "valid_from": date(2020, 1, 1),
        "works": ("#1",),
        "territories": areas("001"),
    }
    return Terms(direction=direction, uses=uses or (may(),), **(said | more))


def acquired(*uses: UseRule, **more: Any) -> Terms:
    return terms("acquired", *uses, **more)


def exclusive(*uses: UseRule, **more: Any) -> Terms:
    return terms("granted", *uses, exclusivity="exclusive", **more)


def use(action: str = "display", channel: str = "web", *codes: str, **more: Any) -> Use:
    return Use(action, channel, codes or WORLD, more.pop("on", DAY), **more)


THIRD = [
    # licences that were acquired, what is asked, reasons
    ([], use(), "no_licence"),
    ([acquired()], use(), ""),
    ([acquired(may("display", "web"))], use(), ""),
    ([acquired(may("present", "web"))], use(), ""),
    ([acquired(may("present"))], use("stream", "YouTube"), ""),
    ([acquired(may("present"))], use("print"), "not_permitted:print@web"),
    ([acquired(may("display"))], use("present"), "not_permitted:present@web"),
    ([acquired(may("play", "youtube"))], use("play", "tiktok"), "not_permitted:play@tiktok"),
    ([acquired(may("display", "web"))], use("display", "*"), "not_permitted:display@*"),
    ([acquired(*map(may, ACTIONS[1:]))], use("use"), "not_permitted:use@web"),
    ([acquired(may(), must_not("display", "tiktok"))], use("display", "tiktok"), "prohibited:display@tiktok"),
    ([acquired(may(), must_not("display", "tiktok"))], use("display", "web"), ""),
    ([acquired(may(), must_not("display", "tiktok"))], use("display", "*"), "prohibited:display@tiktok"),
    ([acquired(may(), must_not("display", "tiktok"))], use("use", "tiktok"), "prohibited:display@tiktok"),
    ([acquired(may(), must_not("present"))], use("stream"), "prohibited:present@*"),
    ([acquired(may(), must_not("sell"))], use(), ""),
    ([acquired(must_not("sell"))], use(), "not_permitted:display@web"),
    (
        [acquired(must_not())],
        use(),
        "prohibited:use@* not_permitted:display@web",
    ),
    ([acquired(territories=areas("KZ"))], use("display", "web", "KZ"), ""),
    ([acquired(territories=areas("KZ"))], use("display", "web", "US"), "territory:US"),
    (
        [acquired(territories=areas("KZ"))],
        use("display", "web", "KZ", "US", "FR"),
        "territory:US territory:FR",
    ),
    ([acquired(territories=areas("KZ"))], use(), "territory:001"),
    ([acquired(territories=areas("001", "-US"))], use(), "territory:001"),
    ([acquired(territories=areas("001", "-US"))], use("display", "web", "US"), "territory:US"),
    ([acquired(territories=areas("001", "-US"))], use("display", "web", "KZ"), ""),
    ([acquired(territories=areas("EU"))], use("display", "web", "DE"), ""),
    ([acquired(**YEAR)], use(), ""),
    ([acquired(**YEAR)], use(on=date(2026, 12, 31)), ""),
    ([acquired(**YEAR)], use(on=date(2027, 1, 1)), "expires:2026-12-31"),
    ([acquired(**YEAR)], use(until=date(2027, 6, 1)), "expires:2026-12-31"),
    ([acquired(**YEAR)], use(on=date(2025, 12, 31), until=DAY), "not_yet:2026-01-01"),
    ([acquired(terminated_on=DAY)], use(), "terminated:2026-06-01"),
    ([acquired(terminated_on=DAY)], use(on=date(2026, 5, 31)), ""),
    ([acquired(terminated_on=DAY)], use(on=date(2026, 5, 1), until=DAY), "terminated:2026-06-01"),
    ([acquired(online=False)], use(), "online_not_granted"),
    ([acquired(online=False)], use("print", "print"), ""),
    ([acquired(online=False)], use("display", "*"), "online_not_granted"),
    ([acquired(may("display", "press"), online=False)], use("display", "Press"), ""),
    ([acquired(online=False)], use("display", "press"), "online_not_granted"),
    ([acquired(may("display", "web"), online=False)], use(), "online_not_granted"),
    ([acquired(territories=areas("KZ"), **YEAR), acquired()], use("display", "web", "US"), ""),
    # Of several that do not suffice, the one that comes nearest.
    (
        [acquired(online=False, territories=areas("KZ")), acquired(territories=areas("FR"))],
        use("display", "web", "US"),
        "territory:US",
    ),
    # Each agreement was made by itself.
    ([acquired(must_not()), acquired()], use(), ""),
    # What we granted to others is no licence to us; what we passed on to one alone is not ours any more.
    ([terms("granted")], use(), "no_licence"),
    ([acquired(), terms("granted", exclusivity="sole")], use(), ""),
    ([acquired(), exclusive()], use(), "exclusive_licence:1"),
]

OWN = [
    ([], use(), ""),
    ([], use("use", "*"), ""),
    ([terms("granted")], use(), ""),
    ([terms("granted", must_not("display", "tiktok"))], use("display", "tiktok"), ""),
    ([terms("granted", exclusivity="sole")], use(), ""),
    ([exclusive()], use(), "exclusive_licence:0"),
    ([exclusive(), terms("granted"), exclusive()], use(), "exclusive_licence:0 exclusive_licence:2"),
    ([exclusive(territories=areas("US"))], use(), "exclusive_licence:0"),
    ([exclusive(territories=areas("US"))], use("display", "web", "KZ"), ""),
    ([exclusive(territories=areas("US-CA"))], use("display", "web", "US"), "exclusive_licence:0"),
    ([exclusive(territories=areas("EU"))], use("display", "web", "145"), "exclusive_licence:0"),
    ([exclusive(territories=areas("001", "-KZ"))], use("display", "web", "KZ"), "exclusive_licence:0"),
    ([exclusive(may("display", "press"))], use(), ""),
    ([exclusive(may("display", "press"))], use("display", "*"), "exclusive_licence:0"),
    ([exclusive(may("display", "Web"))], use("use", "web"), "exclusive_licence:0"),
    ([exclusive(may("sell"))], use(), ""),
    ([exclusive(may(), must_not("display", "web"))], use(), "exclusive_licence:0"),
    ([exclusive(online=False)], use(), ""),
    ([exclusive(online=False)], use("print", "print"), "exclusive_licence:0"),
    ([exclusive(online=False)], use("print", "press"), "exclusive_licence:0"),
    ([exclusive(online=False)], use("display", "*"), "exclusive_licence:0"),
    ([exclusive(may("use", "web"), online=False)], use(), "exclusive_licence:0"),
    ([exclusive(**YEAR)], use(on=date(2027, 1, 1)), ""),
    ([exclusive(**YEAR)], use(on=date(2025, 1, 1), until=date(2026, 1, 1)), "exclusive_licence:0"),
    ([exclusive(terminated_on=DAY)], use(), ""),
    ([exclusive(terminated_on=DAY)], use(on=date(2026, 5, 31)), "exclusive_licence:0"),
    # What we promised not to do with it.
    ([acquired(must_not("display", "tiktok"))], use("display", "tiktok"), "prohibited:display@tiktok"),
    ([acquired(must_not("display", "tiktok"))], use(), ""),
    ([acquired(must_not(), territories=areas("US"))], use("display", "web", "KZ"), ""),
    ([acquired(must_not(), **YEAR)], use(on=date(2027, 1, 1)), ""),
]


@pytest.mark.parametrize(
    ("origin", "given", "asked", "reasons"),
    [
        *(("third_party", *case) for case in THIRD),
        *(("own", *case) for case in OWN),
    ],
)
def test_reasons(origin: Any, given: list[Terms], asked: Use, reasons: str) -> None:
    found = judge(asked, {str(number): each for number, each in enumerate(given)}, origin=origin)
    assert list(found.reasons) == reasons.split()
    assert found.clear == (not reasons)


def test_verdicts_name_the_licence_and_what_it_asks_for() -> None:
    held = {"a": acquired(territories=areas("KZ"), attribution="© A"), "b": acquired(attribution="© B")}
    clear = judge(USE, held, origin="third_party")
    assert (clear.verdict, clear.licence, clear.attribution) == ("licensed", "b", "© B")
    refused = judge(USE, {"a": held["a"]}, origin="third_party")
    assert (refused.verdict, refused.licence, refused.attribution) == ("not_licensed", "a", "© A")
    assert judge(USE, {}, origin="own").verdict == "ours"
    given = judge(USE, {"x": exclusive()}, origin="own")
    assert (given.verdict, given.licence) == ("granted_exclusively", "x")
    promised = judge(USE, {"p": acquired(must_not())}, origin="own")
    assert (promised.verdict, promised.clear, promised.licence) == ("ours", False, "p")
    for origin in ("own", "third_party"):
        gone = judge(USE, {"b": acquired()}, origin=origin, withdrawn=True)
        assert (gone.verdict, gone.clear, gone.reasons) == ("withdrawn", False, ("withdrawn",))


@pytest.mark.parametrize(
    "wrong",
    [use("stare"), use("display", " "), use(until=DAY - timedelta(1)), use("display", "web", "UK")],
)
def test_what_is_no_use(wrong: Use) -> None:
    with pytest.raises(ArgumentError):
        judge(wrong, {}, origin="own")


CHANNELS = ("*", "web", "youtube", "tiktok", "print")
CODES = ("001", "150", "145", "EU", "US", "US-CA", "KZ", "CY")
channels, codes = st.sampled_from(CHANNELS), st.sampled_from(CODES)
days = st.dates(date(2026, 1, 1), date(2026, 1, 9))
prohibitions = st.builds(must_not, st.sampled_from(ACTIONS), channels)
rules = prohibitions | st.builds(may, st.sampled_from(ACTIONS), channels)
licences = st.builds(
    terms,
    st.sampled_from(("granted", "acquired")),
    exclusivity=st.sampled_from(EXCLUSIVITIES),
    online=st.booleans(),
    valid_from=days,
    terminated_on=st.none() | days,
    valid_until=st.none() | st.dates(date(2026, 1, 9), date(2026, 1, 20)),
    territories=st.lists(st.builds(Territory, codes, st.booleans()), max_size=3).map(tuple),
).flatmap(lambda made: st.lists(rules, max_size=3).map(lambda uses: replace(made, uses=tuple(uses))))
uses = st.builds(
    lambda action, channel, where, on, length: Use(
        action, channel, tuple(where), on, on + timedelta(length) if length else None
    ),
    st.sampled_from(ACTIONS),
    channels,
    st.lists(codes, max_size=2),
    days,
    st.integers(0, 9),
)
held = st.lists(licences, max_size=3)
origins: st.SearchStrategy[Literal["own", "third_party"]] = st.sampled_from(["own", "third_party"])


def is_clear(asked: Use, given: list[Terms], origin: Literal["own", "third_party"]) -> bool:
    return judge(asked, {str(number): each for number, each in enumerate(given)}, origin=origin).clear


def restricted(data: st.DataObject, given: list[Terms]) -> list[Terms]:
    """The licences with one that only prohibits, or with one more prohibition, or with less territory."""
    how = data.draw(st.sampled_from(["licence", "prohibition", "exclusion"] if given else ["licence"]))
    if how == "licence":
        alone = data.draw(licences)
        return [*given, replace(alone, uses=tuple(data.draw(st.lists(prohibitions, max_size=2))))]
    number = data.draw(st.integers(0, len(given) - 1))
    one = given[number]
    if how == "prohibition":
        less = replace(one, uses=(*one.uses, data.draw(prohibitions)))
    else:
        less = replace(one, territories=(*one.territories, Territory(data.draw(codes), True)))
    return [*given[:number], less, *given[number + 1 :]]


@given(st.data(), uses, held, origins)
def test_a_restriction_never_clears(
    data: st.DataObject, asked: Use, given: list[Terms], origin: Literal["own", "third_party"]
) -> None:
    if is_clear(asked, restricted(data, given), origin):
        assert is_clear(asked, given, origin)


@given(st.data(), uses, held)
def test_less_right_never_clears_the_work_of_others(
    data: st.DataObject, asked: Use, given: list[Terms]
) -> None:
    """Nor does a shorter term, an end, or the loss of the internet."""
    day = data.draw(days)
    fewer = [each for each in given if each.direction == "acquired"]
    less = data.draw(st.sampled_from([{"valid_until": day}, {"terminated_on": day}, {"online": False}]))

    def lessened(one: Terms) -> Terms:
        kept = {name: min(value, getattr(one, name) or value) for name, value in less.items()}
        return replace(one, **kept)

    if is_clear(asked, [lessened(each) for each in fewer], "third_party"):
        assert is_clear(asked, fewer, "third_party")


@given(uses, uses, held, origins)
def test_more_that_is_asked_never_clears(
    asked: Use, more: Use, given: list[Terms], origin: Literal["own", "third_party"]
) -> None:
    wider = Use(
        "use" if more.action != asked.action else asked.action,
        "*" if more.channel != asked.channel else asked.channel,
        (*asked.territories, *more.territories) if asked.territories else (),
        min(asked.on, more.on),
        max(asked.until or asked.on, more.until or more.on),
    )
    if is_clear(wider, given, origin):
        assert is_clear(asked, given, origin)

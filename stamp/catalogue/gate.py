"""May this work be used so? By what its licences say; nothing here reads a file or a database.

Refused is the safe answer, so that what is read in two ways is read against the use:

- A permission has to include all that was asked; a prohibition wins where it has any of it in common.
- What was granted exclusively is refused where it has anything in common with what was asked. Prohibitions
  and exclusions in such a licence bind the licensee, and give nothing back to us.
- A prohibition in one licence does not cancel another licence, which was agreed on by itself.

So no prohibition and no exclusion that is added, to whichever licence, turns refused into clear, and nothing
that is asked in addition does."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date
from typing import Final, Literal

from ..core.errors import ArgumentError
from ..core.verdict import Verdict
from .terms import ACTIONS, ANYWHERE, WORLD, Terms, Territory, Use, UseRule
from .territories import covers, overlap, territory_code
from .uses import ONLINE_CHANNELS, is_case_of

OFFLINE: Final = ("print", "broadcast", "cinema", "exhibition")
"""The channels that are surely not the internet."""


def judge(
    use: Use, licences: Mapping[str, Terms], *, origin: Literal["own", "third_party"], withdrawn: bool = False
) -> Verdict:
    """Return whether a work may be used so. licences : uid -> terms, those of this work. Raises ArgumentError
    where `use` is none."""
    asked = checked_use(use)
    if withdrawn:
        return Verdict("withdrawn", False, ("withdrawn",))
    exclusive = {
        uid: (f"exclusive_licence:{uid}",) for uid, terms in licences.items() if _gives_away(terms, asked)
    }
    if exclusive:
        return _refused("granted_exclusively", exclusive)
    acquired = {uid: terms for uid, terms in licences.items() if terms.direction == "acquired"}
    if origin == "own":
        promised = {uid: reasons for uid, terms in acquired.items() if (reasons := _promised(terms, asked))}
        return _refused("ours", promised) if promised else Verdict("ours", True)
    lacking = {uid: tuple(_lacking(terms, asked)) for uid, terms in acquired.items()}
    if not lacking:
        return Verdict("not_licensed", False, ("no_licence",))
    nearest = min(lacking, key=lambda uid: len(lacking[uid]))
    suffices = not lacking[nearest]
    verdict: Literal["licensed", "not_licensed"] = "licensed" if suffices else "not_licensed"
    return Verdict(verdict, suffices, lacking[nearest], nearest, acquired[nearest].attribution)


def checked_use(use: Use) -> Use:
    """Return `use` with codes as they are compared, and no territory as the world. Raises ArgumentError where
    action or territory is not known, the channel is empty, or it ends before it begins."""
    if use.action not in ACTIONS:
        raise ArgumentError(f"an action is one of {', '.join(ACTIONS)}, not {use.action!r}")
    if not use.channel.strip():
        raise ArgumentError("a channel has a name; '*' is every one")
    if use.until is not None and use.until < use.on:
        raise ArgumentError(f"a use ends on {use.until} before it begins on {use.on}: swap the dates")
    territories = tuple(dict.fromkeys(map(territory_code, use.territories))) or (WORLD,)
    return replace(use, channel=_channel(use.channel), territories=territories)


def _refused(
    verdict: Literal["granted_exclusively", "ours"], found: Mapping[str, tuple[str, ...]]
) -> Verdict:
    reasons = dict.fromkeys(reason for each in found.values() for reason in each)
    return Verdict(verdict, False, tuple(reasons), next(iter(found)))


def _lacking(terms: Terms, use: Use) -> Iterator[str]:
    """What keeps a licence that was acquired from covering all of a use."""
    last = _last(use)
    if use.on < terms.valid_from:
        yield f"not_yet:{terms.valid_from}"
    if terms.valid_until is not None and last > terms.valid_until:
        yield f"expires:{terms.valid_until}"
    if terms.terminated_on is not None and last >= terms.terminated_on:
        yield f"terminated:{terms.terminated_on}"
    yield from (f"territory:{each}" for each in use.territories if not covers(terms.territories, each))
    if not terms.online and not _is_meant(terms, use):
        yield "online_not_granted"
    yield from _prohibited(terms, use)
    if not any(_includes(rule, use) for rule in terms.uses if rule.rule == "permission"):
        yield f"not_permitted:{use.action}@{use.channel}"


def _prohibited(terms: Terms, use: Use) -> list[str]:
    """The prohibitions that have anything in common with a use."""
    found = (rule for rule in terms.uses if rule.rule == "prohibition" and _overlaps(rule, use))
    return sorted({f"prohibited:{rule.action}@{_channel(rule.channel)}" for rule in found})


def _gives_away(terms: Terms, use: Use) -> bool:
    """Whether we granted to somebody else alone anything of a use."""
    if terms.direction != "granted" or terms.exclusivity != "exclusive" or not _is_near(terms, use):
        return False
    return any(
        _overlaps(rule, use) and (terms.online or _may_be_offline(rule, use))
        for rule in terms.uses
        if rule.rule == "permission"
    )


def _promised(terms: Terms, use: Use) -> tuple[str, ...]:
    """What we promised, in an agreement on a work of our own, not to do with it."""
    return tuple(_prohibited(terms, use)) if _is_near(terms, use) else ()


def _is_near(terms: Terms, use: Use) -> bool:
    """Whether term and territory have anything in common with a use, whatever is excluded."""
    begins, ends, stops = terms.valid_from, terms.valid_until, terms.terminated_on
    in_time = begins <= _last(use) and (ends is None or ends >= use.on) and (stops is None or stops > use.on)
    granted = [each for each in terms.territories if not each.excluded]
    return in_time and overlap(granted, [Territory(each) for each in use.territories])


def _is_meant(terms: Terms, use: Use) -> bool:
    """Whether a licence that is not for the internet is for this channel: it is none of the internet, or one
    of which nothing is known and that a permission names."""
    named = any(rule.rule == "permission" and _channel(rule.channel) == use.channel for rule in terms.uses)
    known = use.channel in (ANYWHERE, *ONLINE_CHANNELS)
    return use.channel in OFFLINE or (named and not known)


def _may_be_offline(rule: UseRule, use: Use) -> bool:
    """Whether a permission that is not for the internet may have anything of a use. A channel that it names
    is meant, whatever else the licence says."""
    return rule.channel != ANYWHERE or use.channel not in ONLINE_CHANNELS


def _includes(rule: UseRule, use: Use) -> bool:
    return is_case_of(use.action, rule.action) and _channel(rule.channel) in (ANYWHERE, use.channel)


def _overlaps(rule: UseRule, use: Use) -> bool:
    channels = {_channel(rule.channel), use.channel}
    together = is_case_of(use.action, rule.action) or is_case_of(rule.action, use.action)
    return together and (ANYWHERE in channels or len(channels) == 1)


def _channel(name: str) -> str:
    return name.strip().casefold()


def _last(use: Use) -> date:
    return use.until or use.on

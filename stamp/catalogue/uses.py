"""What a use is a case of, which uses are on the internet, and which licences take from each other."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Final

from .terms import ANYWHERE, Terms, UseRule
from .territories import overlap

_KINDS: Final = {"present": ("display", "play", "stream")}

ONLINE: Final = "online"
_LISTED: Final = """
    online internet web website site blog social app email newsletter podcast streaming vod
    apple-music bandcamp bluesky boomplay dailymotion deezer facebook flickr instagram likee linkedin mastodon
    netflix ok pinterest reddit rutube shazam snapchat soundcloud spotify telegram threads tidal tiktok twitch
    twitter vimeo vk whatsapp x yandex-music youtube youtube-music
"""
ONLINE_CHANNELS: Final = frozenset(_LISTED.split())
"""Channels that are the internet. Of others nothing is known."""


def is_online(action: str, channel: str) -> bool:
    """Return whether a use is one of the internet, whatever else a licence says."""
    return channel in ONLINE_CHANNELS or action == "stream"


def is_case_of(action: str, wider: str) -> bool:
    """Return whether who may do `wider` may do `action`: "use" is all of them, "present" is "display", "play"
    and "stream"."""
    return wider in ("use", action) or action in _KINDS.get(wider, ())


def clash(one: Terms, other: Terms) -> bool:
    """Return whether two licences grant what only one of them can: they have a work, a place, a day and a use
    in common, and one is exclusive or sole."""
    return (
        one.direction == other.direction == "granted"
        and {one.exclusivity, other.exclusivity} != {"non_exclusive"}
        and not set(one.works).isdisjoint(other.works)
        and max(one.valid_from, other.valid_from) <= min(_last_day(one), _last_day(other))
        and overlap(one.territories, other.territories)
        and _share_a_use(one, other)
    )


def _last_day(terms: Terms) -> date:
    ends = [terms.valid_until] if terms.valid_until else []
    ends += [terms.terminated_on - timedelta(days=1)] if terms.terminated_on else []
    return min(ends, default=date.max)


def _share_a_use(one: Terms, other: Terms) -> bool:
    pairs = ((ours, theirs) for ours in _rules(one, "permission") for theirs in _rules(other, "permission"))
    shared = (_in_common(ours, theirs) for ours, theirs in pairs)
    return any(use and _is_left(one, *use) and _is_left(other, *use) for use in shared)


def _in_common(one: UseRule, other: UseRule) -> tuple[str, str] | None:
    """The action and the channel that are cases of both; None where there are none."""
    pairs = ((one, other), (other, one))
    actions = [narrow.action for narrow, wide in pairs if is_case_of(narrow.action, wide.action)]
    if not actions or (one.channel != other.channel and ANYWHERE not in (one.channel, other.channel)):
        return None
    return actions[0], other.channel if one.channel == ANYWHERE else one.channel


def _is_left(terms: Terms, action: str, channel: str) -> bool:
    """Whether no prohibition takes all of a use away."""
    forbidden = any(
        is_case_of(action, rule.action) and rule.channel in (ANYWHERE, channel)
        for rule in _rules(terms, "prohibition")
    )
    return not forbidden and (terms.online or not is_online(action, channel))


def _rules(terms: Terms, rule: str) -> list[UseRule]:
    return [each for each in terms.uses if each.rule == rule]

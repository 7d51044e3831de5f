"""A complete case of a notice, in three languages."""

from __future__ import annotations

from datetime import date
from typing import Any, Final

TODAY: Final = date(2026, 11, 27)

_URLS = {
    "youtube": ["https://www.youtube.com/watch?v=abcdefghijk", "https://www.youtube.com/watch?v=0123456789-"],
    "tiktok": ["https://www.tiktok.com/@someone/video/7300000000000000000"],
    "instagram": ["https://www.instagram.com/p/Cabcdefghij/"],
}
_WORDS: dict[str, dict[str, Any]] = {
    "en": {
        "claimant_name": "Aigul Omirbayeva",
        "claimant_address": "1 Abai Avenue\n050000 Almaty, Kazakhstan",
        "work_title": "Spring in Ile-Alatau",
        "work_description": "A photograph of red tulips on a mountain slope at sunrise.",
        "explanation": "The photograph was published by me on 2 May 2026. I gave no licence for this page.",
        "demand": "remove the photograph from the page, and confirm this to me in writing.",
        "court_act": "Medeu District Court of Almaty, No. 0000-26-00-2/0000, 2 November 2026",
        "enclosures": ["packet.zip", "copy of the judicial act"],
    },
    "ru": {
        "claimant_name": "Өмірбаева Айгүл",
        "claimant_address": "проспект Абая, 1\n050000 Алматы, Казахстан",
        "work_title": "Весна в Иле-Алатау",
        "work_description": "Фотография красных тюльпанов на горном склоне на рассвете.",
        "explanation": "Фотография опубликована мной 2 мая 2026 года. Лицензии я не выдавала.",
        "demand": "удалить фотографию со страницы и письменно подтвердить мне это.",
        "court_act": "Медеуский районный суд города Алматы, № 0000-26-00-2/0000, 2 ноября 2026 года",
        "enclosures": ["packet.zip", "копия судебного акта"],
    },
    "kk": {
        "claimant_name": "Өмірбаева Айгүл",
        "claimant_address": "Абай даңғылы, 1\n050000 Алматы, Қазақстан",
        "work_title": "Іле Алатауындағы көктем",
        "work_description": "Таң ата тау бөктеріндегі қызыл қызғалдақтардың фотосуреті.",
        "explanation": "Фотосуретті 2026 жылғы 2 мамырда өзім жарияладым. Оған лицензия бермедім.",
        "demand": "фотосуретті беттен алып тастау және бұл туралы маған жазбаша растау жіберу.",
        "court_act": "Алматы қаласының Медеу аудандық соты, № 0000-26-00-2/0000, 2026 жылғы 2 қараша",
        "enclosures": ["packet.zip", "сот актісінің көшірмесі"],
    },
}


def complete(kind: str, language: str = "en", **changes: Any) -> dict[str, Any]:
    """All elements of a case; `changes` replace some."""
    words = _WORDS[language]
    return {
        **words,
        "addressee": "Example Hosting Ltd",
        "claimant_phone": "+7 700 000 00 00",
        "claimant_email": "aigul@example.org",
        "claimant_is": "owner",
        "signature": words["claimant_name"],
        "work_url": "https://example.org/spring",
        "infringing_urls": _URLS.get(
            kind, ["https://example.com/page?id=1", "https://example.com/page?id=2"]
        ),
        "deadline": date(2026, 12, 24),
        "comparison": {"verdict": "ours", "by": words["claimant_name"], "on": date(2026, 11, 26)},
        "confirmed": ["good_faith", "accuracy", "perjury"],
        **changes,
    }


def of_agent(kind: str, language: str = "en", **changes: Any) -> dict[str, Any]:
    """The same, where an agent claims for a right holder."""
    agent = {"claimant_is": "agent", "owner_name": "Qyzgaldaq Foto LLP", "authority": "No. 7, 2026-01-15"}
    return complete(kind, language, **agent | changes)

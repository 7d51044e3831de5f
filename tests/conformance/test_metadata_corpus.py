"""Files of cameras, editors and other projects' tests, of every kind, where they are at hand: what is written
reads back as the record says, a second run changes nothing, and undoing brings every store back.
"""

from __future__ import annotations

import pytest

from stamp.core.errors import MediaError
from stamp.core.rights import Party, Rights
from stamp.metadata.document import Document
from tests.helpers import documents
from tests.media.shared import shared_files

RIGHTS = Rights(
    copyright_notice="© 2026 Zoë 東京 😀 שלום",
    copyright_notice_translations={"de": "© 2026 Zoë (deutsch)"},
    creators=("Zoë Müller", "Łukasz"),
    credit_line="Zoë",
    source="Agentur",
    web_statement="https://example.com/?a=1&b=2",
    marked=True,
    copyright_owners=(Party(name="Zoë GmbH", id="1"),),
    licensors=(Party(name="L", url="https://example.org/", email="l@example.org"), Party(name="M")),
    creator_contact=Party(email="zoe@example.com"),
    editor_notice="© Ed",
    isrc="USRC17607839",
    identifier="00ff00ff00ff00ff",
).without_ai()


def check(data: bytes) -> str | None:
    """What is wrong with a file's notice after writing and undoing."""
    before = documents.read_rights(data)
    written = documents.write_rights(data, RIGHTS)
    if not documents.same_essence(data, written):
        return "the work itself has changed"
    after = documents.read_rights(written)
    absent = Document(data).unsupported
    held = Rights.from_dict({name: text for name, text in RIGHTS.to_dict().items() if name not in absent})
    if held.onto(before.rights) != after.rights:
        return f"reads back as {after.rights}"
    if after.conflicts:
        return f"stores contradict each other: {after.conflicts}"
    if documents.write_rights(written, RIGHTS) is not written:
        return "a second run changes it"
    was, now = before.values, after.values
    changes = {
        store: {
            name: (was.get(store, {}).get(name), now.get(store, {}).get(name))
            for name in {**was.get(store, {}), **now.get(store, {})}
            if was.get(store, {}).get(name) != now.get(store, {}).get(name)
        }
        for store in {**was, **now}
    }
    undone = documents.read_rights(documents.undo_rights(written, changes))
    return None if undone.values == was else f"undone, it says {undone.values} instead of {was}"


@pytest.mark.slow
def test_every_file_at_hand() -> None:
    wrong, refused, done = [], [], 0
    for path in shared_files("**/*"):
        if path.stat().st_size > 1_000_000 or "malformed" in path.parts:
            continue
        data = path.read_bytes()
        if documents.identify(data) is None:
            continue
        try:
            problem = check(data)
        except MediaError as error:
            refused.append(f"{path.name}: {error}")
            continue
        done += 1
        if problem:
            wrong.append(f"{path.name}: {problem}")
    print(f"{done} files written and undone, {len(refused)} refused as damaged or not handled")
    assert wrong == [], "\n".join(wrong)
    assert len(refused) <= done / 7, "\n".join(refused)

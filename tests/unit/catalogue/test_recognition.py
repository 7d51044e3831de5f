"""Which work a hash, a mark or an identifier means."""

from __future__ import annotations

from pathlib import Path

from stamp.catalogue.catalogue import Catalogue
from stamp.catalogue.copies import Reservation
from stamp.core.options import CopyOptions
from stamp.core.payload import Payload

SOURCE, ESSENCE, OUTPUT, MADE = (bytes([number]) * 32 for number in range(4))


def test_a_work_and_its_copy(catalogue: Catalogue) -> None:
    payload = Payload(bytes(8))
    options = CopyOptions(title="Lake")
    paths = Path("/a.jpg"), Path("/b.jpg")
    wanted = Reservation("image", *paths, SOURCE, "k", "f" * 16, payload, options, source_essence=ESSENCE)
    known = catalogue.recognition
    assert not any((known.by_source(SOURCE), known.by_essence(ESSENCE), known.by_mark(payload)))
    catalogue.adopt(wanted, OUTPUT, 1, MADE)
    work = known.by_source(SOURCE)
    assert work is not None
    assert (work.number, work.title, work.origin, work.withdrawn) == (1, "Lake", "own", False)
    assert known.by_output(OUTPUT) == known.by_essence(ESSENCE) == known.by_essence(MADE) == work
    assert known.by_mark(payload) == known.by_mark(payload, "f" * 16) == work
    assert known.by_mark(payload, "0" * 16) is known.by_output(SOURCE) is known.by_source(OUTPUT) is None


def test_identifiers_the_first_that_is_known(catalogue: Catalogue) -> None:
    catalogue.works.add(title="A", kind="audio", identifiers=["isrc:KZAB12600001"], origin="third_party")
    catalogue.works.add(title="B", kind="audio", identifiers=["doi:10.1000/182"])
    asked = [("isrc", "KZAB12600009"), ("doi", "10.1000/182"), ("isrc", "KZAB12600001")]
    found = catalogue.recognition.by_identifier(asked)
    assert found is not None
    assert (found.title, found.origin) == ("B", "own")
    assert catalogue.recognition.by_identifier(asked[:1]) is None

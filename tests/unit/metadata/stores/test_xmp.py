"""XMP packets are merged by splicing: what is not ours stays byte for byte."""

from __future__ import annotations

import codecs
import re

import pytest

from stamp.core.errors import CorruptFile
from stamp.core.party import Party
from stamp.metadata.mapping.fields import COLUMNS
from stamp.metadata.stores import xmp

RDF = 'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"'
DC = 'xmlns:dc="http://purl.org/dc/elements/1.1/"'
PHOTOSHOP = 'xmlns:photoshop="http://ns.adobe.com/photoshop/1.0/"'
XMP_RIGHTS = 'xmlns:xmpRights="http://ns.adobe.com/xap/1.0/rights/"'
PLUS = 'xmlns:plus="http://ns.useplus.org/ldf/xmp/1.0/"'
EVERYTHING = {
    "copyright_notice": '© 2026 Zoë & <Ł> "東京" 😀 שלום',
    "creators": ("Zoë", "B; C"),
    "credit_line": "Zoë's 'credit'",
    "source": "S",
    "usage_terms": "one\ntwo]]>",
    "web_statement": "https://example.com/?a=1&b=2",
    "marked": False,
    "licensor_url": "https://example.org/",
    "data_mining": "DMI-PROHIBITED",
    "identifier": "00ff00ff00ff00ff",
    "copyright_notice_translations": (("de", "© Ë"), ("zh-Hant", "東京")),
    "usage_terms_translations": (("fr", "un\ndeux"),),
    "copyright_owners": (Party(name="Zoë & Co", id="1"), Party(name="B")),
    "licensors": (
        Party(name="A <a>", url="https://example.org/", email="a@example.org", id="2"),
        Party(name="C"),
    ),
    "other_constraints": "see\n<contract>",
    "digital_source_type": "digitalCapture",
    "creator_contact": Party(email="zoe@example.com", url="https://example.com/?a&b"),
    "isrc": "USRC17607839",
    "iswc": "T0345246801",
    "upc": "036000291452",
}


def packet(body: str, *, head: str = "", tail: str = "") -> bytes:
    rdf = f"<rdf:RDF {RDF}>{body}</rdf:RDF>"
    return f'{head}<x:xmpmeta xmlns:x="adobe:ns:meta/">{rdf}</x:xmpmeta>{tail}'.encode()


def about(namespaces: str, body: str) -> str:
    return f"<rdf:Description {namespaces}>{body}</rdf:Description>"


def test_a_new_packet_holds_everything_and_is_left_alone_afterwards() -> None:
    assert EVERYTHING.keys() == COLUMNS["xmp"].slots.keys(), "give a new field a value in EVERYTHING"
    new = xmp.write(None, EVERYTHING)
    assert xmp.read(new) == EVERYTHING
    assert xmp.write(new, EVERYTHING) is new
    assert new.startswith(b'<?xpacket begin="\xef\xbb\xbf" id="W5M0MpCehiHzreSzNTczkc9d"?>')


def test_what_is_not_ours_stays_byte_for_byte() -> None:
    names = f'rdf:about="uuid:1" {PHOTOSHOP} {DC} xmlns:my="urn:my"'
    before = f"<!-- note --><rdf:Description {names} my:a='1' photoshop:City=\"Köln\" photoshop:Credit='old'>"
    middle = "<my:thing><![CDATA[<raw>]]></my:thing>\r\n<dc:rights><rdf:Alt>"
    after = "<rdf:li xml:lang='fr'>Tous droits</rdf:li></rdf:Alt></dc:rights></rdf:Description>"
    source = packet(before + middle + "<rdf:li xml:lang='x-default'>old</rdf:li>" + after)
    merged = xmp.write(source, {"copyright_notice": "new & ©", "credit_line": 'q"uote'})
    wanted = packet(
        before.replace("photoshop:Credit='old'", 'photoshop:Credit="q&quot;uote"')
        + middle
        + '<rdf:li xml:lang="x-default">new &amp; ©</rdf:li>'
        + after
    )
    assert merged == wanted


def test_a_default_is_put_first_where_an_alternative_has_none() -> None:
    source = packet(about(DC, "<dc:rights><rdf:Alt><rdf:li xml:lang='de'>D</rdf:li></rdf:Alt></dc:rights>"))
    assert xmp.read(source) == {
        "copyright_notice": "D",
        "copyright_notice_translations": (("de", "D"),),
    }
    merged = xmp.write(source, {"copyright_notice": "E"})
    assert (
        b"<rdf:Alt><rdf:li xml:lang=\"x-default\">E</rdf:li><rdf:li xml:lang='de'>D</rdf:li></rdf:Alt>"
        in merged
    )


BARE = [
    "<rdf:Alt><rdf:li>old</rdf:li></rdf:Alt>",
    "<rdf:Alt><rdf:li xml:lang=''>old</rdf:li><rdf:li>older</rdf:li></rdf:Alt>",
    "<rdf:Alt><rdf:li xml:lang='de'>D</rdf:li><rdf:li>old</rdf:li></rdf:Alt>",
    "<rdf:Alt><rdf:li>older</rdf:li><rdf:li xml:lang='x-default'>old</rdf:li></rdf:Alt>",
    "<rdf:Seq><rdf:li>old</rdf:li></rdf:Seq>",
    "<rdf:Bag><rdf:li>old</rdf:li><rdf:li>older</rdf:li></rdf:Bag>",
    "<rdf:Seq><rdf:li xml:lang='de'>D</rdf:li><rdf:li>old</rdf:li></rdf:Seq>",
]
ALTERNATIVE = re.compile(
    r'<dc:rights><rdf:Alt><rdf:li xml:lang="x-default">(new|old)</rdf:li>.*</rdf:Alt></dc:rights>'
)


@pytest.mark.parametrize(
    "rights",
    [*BARE, "<rdf:Alt><rdf:li xml:lang='de'>D</rdf:li><rdf:li xml:lang='X-Default'>old</rdf:li></rdf:Alt>"],
)
def test_the_default_is_first_in_an_alternative_whatever_the_array_was(rights: str) -> None:
    source = packet(about(DC, f"<dc:rights>{rights}</dc:rights>"))
    german = {"copyright_notice_translations": (("de", "D"),)} if "'de'" in rights else {}
    assert xmp.read(source) == {"copyright_notice": "old", **german}
    merged = xmp.write(source, {"copyright_notice": "new"})
    assert xmp.read(merged) == {"copyright_notice": "new", **german}
    assert ALTERNATIVE.search(merged.decode())
    assert b"old" not in merged


@pytest.mark.parametrize("rights", BARE)
def test_a_translation_beside_a_text_without_language(rights: str) -> None:
    source = packet(about(DC, f"<dc:rights>{rights}</dc:rights>"))
    merged = xmp.write(source, {"copyright_notice_translations": (("ja", "J"),)})
    assert ("ja", "J") in xmp.read(merged)["copyright_notice_translations"]  # type: ignore[operator]
    assert ALTERNATIVE.search(merged.decode())
    assert merged.count(b"old") == 1


@pytest.mark.parametrize(
    "body",
    [
        f'<rdf:Description {PHOTOSHOP} photoshop:Credit="old"/>',
        f"<rdf:Description {PHOTOSHOP}><photoshop:Credit>old</photoshop:Credit></rdf:Description>",
        about("", f"<p:Credit {PHOTOSHOP.replace('photoshop=', 'p=')}>old</p:Credit>"),
        f'<rdf:Description {PHOTOSHOP}><photoshop:Credit rdf:resource="old"/></rdf:Description>',
        f'<rdf:Description {PHOTOSHOP}><photoshop:Credit rdf:parseType="Resource"><rdf:value>old</rdf:value>'
        '<q xmlns="urn:q">1</q></photoshop:Credit></rdf:Description>',
        about(PHOTOSHOP, '<photoshop:Credit><rdf:Description rdf:value="old"/></photoshop:Credit>'),
        f'<rdf:Description {PHOTOSHOP} photoshop:Credit="old"/>'
        + about(PHOTOSHOP, "<photoshop:Credit>old</photoshop:Credit>"),
    ],
)
def test_every_form_of_a_simple_property(body: str) -> None:
    source = packet(body)
    assert xmp.read(source) == {"credit_line": "old"}
    assert xmp.write(source, {"credit_line": "old"}) is source
    merged = xmp.write(source, {"credit_line": "new"})
    assert xmp.read(merged) == {"credit_line": "new"}
    assert b"old" not in merged


def test_arrays_that_some_editor_wrote_as_attributes_become_elements() -> None:
    source = packet(f'<rdf:Description {DC} dc:creator="Old" dc:rights="Old too" dc:format="image/jpeg"/>')
    assert xmp.read(source) == {"creators": ("Old",), "copyright_notice": "Old too"}
    merged = xmp.write(source, {"creators": ("New",), "copyright_notice": "©"})
    assert xmp.read(merged) == {"creators": ("New",), "copyright_notice": "©"}
    assert b'<rdf:Description xmlns:dc="http://purl.org/dc/elements/1.1/" dc:format="image/jpeg"/>' in merged


@pytest.mark.parametrize(
    ("item", "kept"),
    [
        (
            '<rdf:li rdf:parseType="Resource"><plus:LicensorName>N</plus:LicensorName></rdf:li>',
            b"<plus:LicensorName>N</plus:LicensorName>",
        ),
        (
            '<rdf:li rdf:parseType="Resource"><plus:LicensorName>N</plus:LicensorName>'
            "<plus:LicensorURL>u</plus:LicensorURL></rdf:li>",
            b"LicensorName>N<",
        ),
        (
            '<rdf:li><rdf:Description plus:LicensorURL="u" plus:LicensorName="N"/></rdf:li>',
            b'plus:LicensorName="N"',
        ),
        ('<rdf:li plus:LicensorName="N"/>', b'plus:LicensorName="N"'),
        (
            "<rdf:li><rdf:Description><plus:LicensorName>N</plus:LicensorName></rdf:Description></rdf:li>",
            b"LicensorName>N<",
        ),
    ],
)
def test_the_other_members_and_licensors_stay(item: str, kept: bytes) -> None:
    second = '<rdf:li rdf:parseType="Resource"><plus:LicensorURL>https://second</plus:LicensorURL></rdf:li>'
    source = packet(about(PLUS, f"<plus:Licensor><rdf:Seq>{item}{second}</rdf:Seq></plus:Licensor>"))
    merged = xmp.write(source, {"licensor_url": "https://new/?a&b"})
    found = xmp.read(merged)
    assert found["licensor_url"] == "https://new/?a&b"
    assert found["licensors"] == (
        Party(name="N", url="https://new/?a&b"),
        Party(url="https://second"),
    )
    assert kept in merged
    assert second.encode() in merged


def test_licensors_that_say_the_same_stay_as_they_are() -> None:
    phone = "<plus:LicensorTelephone1>1</plus:LicensorTelephone1>"
    first = f'<rdf:li rdf:parseType="Resource"><plus:LicensorName>N</plus:LicensorName>{phone}</rdf:li>'
    second = '<rdf:li rdf:parseType="Resource"><plus:LicensorName>O</plus:LicensorName></rdf:li>'
    body = "<plus:Licensor><rdf:Bag>{}</rdf:Bag></plus:Licensor>"
    source = packet(about(PLUS, body.format(first + second)))
    new = Party(name="New", url="https://example.com/")
    merged = xmp.write(source, {"licensors": (new, Party(name="N")), "licensor_url": new.url})
    added = (
        '<rdf:li rdf:parseType="Resource"><plus:LicensorName>New</plus:LicensorName>'
        "<plus:LicensorURL>https://example.com/</plus:LicensorURL></rdf:li>"
    )
    assert merged == packet(about(PLUS, body.format(added + first)))
    assert xmp.read(merged) == {"licensors": (new, Party(name="N")), "licensor_url": new.url}


@pytest.mark.parametrize(
    "contact",
    [
        '<c:CreatorContactInfo rdf:parseType="Resource"><c:CiAdrCity>Köln</c:CiAdrCity>'
        "<c:CiEmailWork>old@example.com</c:CiEmailWork></c:CreatorContactInfo>",
        '<c:CreatorContactInfo c:CiAdrCity="Köln" c:CiEmailWork="old@example.com"/>',
        '<c:CreatorContactInfo><rdf:Description c:CiAdrCity="Köln"/></c:CreatorContactInfo>',
        '<c:CreatorContactInfo c:CiAdrCity="Köln"/>',
    ],
)
def test_the_rest_of_a_contact_stays(contact: str) -> None:
    source = packet(about('xmlns:c="http://iptc.org/std/Iptc4xmpCore/1.0/xmlns/"', contact))
    party = Party(email="new@example.com", url="https://example.com/")
    merged = xmp.write(source, {"creator_contact": party})
    assert xmp.read(merged) == {"creator_contact": party}
    assert "Köln" in merged.decode()
    assert xmp.write(merged, {"creator_contact": Party(email="new@example.com")}) is merged


def test_translations_are_set_one_by_one() -> None:
    alternatives = "<dc:rights><rdf:Alt><rdf:li xml:lang='x-default'>E</rdf:li>{}</rdf:Alt></dc:rights>"
    source = packet(
        about(DC, alternatives.format("<rdf:li xml:lang='DE'>D</rdf:li><rdf:li xml:lang='fr'>F</rdf:li>"))
    )
    merged = xmp.write(source, {"copyright_notice_translations": (("de", "new"), ("it", "I"))})
    wanted = (
        '<rdf:li xml:lang="de">new</rdf:li><rdf:li xml:lang=\'fr\'>F</rdf:li><rdf:li xml:lang="it">I</rdf:li>'
    )
    assert merged == packet(about(DC, alternatives.format(wanted)))


def test_our_identifier_stands_among_those_of_others() -> None:
    others = "<rdf:li>urn:other</rdf:li>"
    body = '<rdf:Description xmlns:xmp="http://ns.adobe.com/xap/1.0/"><xmp:Identifier><rdf:Bag>{}</rdf:Bag></xmp:Identifier></rdf:Description>'
    source = packet(body.format(others))
    one = xmp.write(source, {"identifier": "00ff00ff00ff00ff"})
    assert one == packet(body.format(others + "<rdf:li>stamp:00ff00ff00ff00ff</rdf:li>"))
    two = xmp.write(one, {"identifier": "11ff00ff00ff00ff"})
    assert two == packet(body.format(others + "<rdf:li>stamp:11ff00ff00ff00ff</rdf:li>"))


@pytest.mark.parametrize("codec", ["utf-8", "utf-8-sig", "utf-16-be", "utf-16-le", "utf-32-be", "utf-32-le"])
@pytest.mark.parametrize("mark", [False, True])
def test_encodings_are_kept(codec: str, mark: bool) -> None:
    text = packet(
        f'<rdf:Description {PHOTOSHOP} photoshop:City="Łódź"/>', head='<?xpacket begin="\ufeff" id="x"?>'
    ).decode()
    source = text.encode(codec)
    if mark and codec.startswith(("utf-16", "utf-32")):
        source = "\ufeff".encode(codec) + source
    merged = xmp.write(source, {"credit_line": "東京 😀"})
    assert xmp.read(merged) == {"credit_line": "東京 😀"}
    assert 'photoshop:City="Łódź"' in merged.decode(codec)
    assert merged[:20] == source[:20]


def test_padding_absorbs_growth() -> None:
    tail = "\n" + " " * 3000 + '\n<?xpacket end="w"?>'
    source = packet(
        f'<rdf:Description {PHOTOSHOP} photoshop:City="K"/>', head='<?xpacket begin="" id="x"?>', tail=tail
    )
    assert len(xmp.write(source, {"usage_terms": "x" * 1000})) == len(source)
    assert xmp.read(xmp.write(source, {"usage_terms": "x" * 5000})) == {"usage_terms": "x" * 5000}


@pytest.mark.parametrize("padding", ["", "\n", ("\n" + " " * 100) * 30 + "\n" + " " * 31 + "\n", " " * 2049])
@pytest.mark.parametrize("codec", ["utf-8", "utf-16-le"])
@pytest.mark.parametrize("indent", ["", " ", "\n   ", "\n\t"])
def test_a_removal_gives_back_what_was_taken(padding: str, codec: str, indent: str) -> None:
    theirs = f'{indent}<rdf:Description {PHOTOSHOP} photoshop:City="K"/>{indent}'
    source = packet(theirs, head='<?xpacket begin="" id="x"?>', tail=padding + '<?xpacket end="w"?>')
    source = source.decode().encode(codec)
    ours = {"usage_terms": "x" * 1000, "creators": ("Zoë",)}
    written = xmp.write(source, ours)
    assert (len(written) == len(source)) == (len(padding) > 2000)
    assert xmp.remove(written, ours) == source


@pytest.mark.parametrize(
    "source",
    [
        packet(""),
        f"<rdf:RDF {RDF}/>".encode(),
        f"<RDF xmlns='http://www.w3.org/1999/02/22-rdf-syntax-ns#' {RDF}/>".encode(),
        f'<r:RDF {RDF.replace("rdf=", "r=")}><r:Description r:about="uuid:7"/></r:RDF>'.encode(),
        f"<?xml version='1.0' encoding='UTF-16'?><rdf:RDF {RDF}></rdf:RDF>".encode() + bytes(20),
    ],
)
def test_unusual_frames(source: bytes) -> None:
    merged = xmp.write(source, EVERYTHING)
    assert xmp.read(merged) == EVERYTHING
    assert xmp.write(merged, EVERYTHING) is merged
    again = EVERYTHING | {"creators": ("Somebody",), "copyright_notice": "else"}
    assert xmp.read(xmp.write(merged, again)) == again


def test_a_new_block_is_about_the_same_resource() -> None:
    assert b'rdf:about="uuid:&quot;1"' in xmp.write(
        packet("<rdf:Description rdf:about='uuid:\"1'/>"), {"source": "S"}
    )
    assert b'<rdf:Description about="uuid:1"' in xmp.write(
        packet("<rdf:Description about='uuid:1'/>"), {"source": "S"}
    )


OTHER_PREFIXES = (
    'xmlns:xap="http://ns.adobe.com/xap/1.0/" xmlns:xapRights="http://ns.adobe.com/xap/1.0/rights/" '
    'xmlns:ps="http://ns.adobe.com/photoshop/1.0/" xmlns:p="http://ns.useplus.org/ldf/xmp/1.0/"'
)


@pytest.mark.parametrize(
    "body",
    [
        f"<r:Description {OTHER_PREFIXES}><r:value/></r:Description>",
        f'<r:Description {OTHER_PREFIXES} xapRights:Marked="True"><p:Licensor/></r:Description>',
        f"<r:Description {OTHER_PREFIXES}><p:Licensor><r:Seq><r:li/></r:Seq></p:Licensor></r:Description>",
    ],
)
def test_a_namespace_keeps_its_one_prefix(body: str) -> None:
    source = packet(body).replace(b"rdf:", b"r:").replace(b":rdf", b":r")
    merged = xmp.write(source, EVERYTHING)
    assert xmp.read(merged) == EVERYTHING
    declared = set(re.findall(r'xmlns:(\S+)="(\S+)"', merged.decode()))
    assert len(declared) == len({space for _, space in declared})
    again = xmp.write(merged, {"licensors": (Party(name="Z"),), "creators": ("Z",)})
    assert set(re.findall(r'xmlns:(\S+)="(\S+)"', again.decode())) == declared


def test_prefixes_that_stand_for_other_namespaces_elsewhere_are_no_hindrance() -> None:
    one, two = (f'xmlns:ns1="{space.partition(chr(34))[2]}' for space in (DC, PHOTOSHOP))
    crossed = f'xmlns:dc="{XMP_RIGHTS.partition(chr(34))[2]}'
    for body in (about(one, "") + about(two, ""), about(crossed, ""), about('xmlns:dc="urn:my"', "")):
        merged = xmp.write(packet(body), EVERYTHING)
        assert xmp.read(merged) == EVERYTHING


BOMB = (
    "<!DOCTYPE x [<!ENTITY a 'ha'>"
    + "".join(f"<!ENTITY {b} '&{a};&{a};'>" for a, b in zip("abcdef", "bcdefg", strict=True))
    + "]>"
)


@pytest.mark.slow
@pytest.mark.parametrize(
    "source",
    [
        b"",
        b"   ",
        b"\0\0\0\0",
        b"<",
        b">",
        b"<a/>",
        b"no xml",
        packet("<rdf:Description>"),
        packet("")[:-5],
        b"\xff\xfe\xff",
        packet("\ufffe"),
        (BOMB + packet("<rdf:Description>&g;</rdf:Description>").decode()).encode(),
        ('<!DOCTYPE x SYSTEM "file:///etc/passwd">' + packet("").decode()).encode(),
        ('<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>' + packet("&e;").decode()).encode(),
        packet("<rdf:li>" * 200 + "</rdf:li>" * 200),
        packet("<a/>" * 200_001),
        codecs.BOM_UTF16_BE + b"<",
    ],
    ids=range(17),
)
def test_hostile_packets_are_refused(source: bytes) -> None:
    with pytest.raises(CorruptFile):
        xmp.read(source)
    with pytest.raises(CorruptFile):
        xmp.write(source, {"source": "S"})


def test_a_packet_that_cannot_be_merged_safely_is_refused() -> None:
    # The namespace is declared with a character reference: the parser sees it, the splicer does not.
    space = "http://ns.adobe.com/photoshop/1.0&#x2F;"
    with pytest.raises(CorruptFile, match="cannot be located"):
        xmp.write(packet(f'<rdf:Description xmlns:p="{space}" p:Credit="old"/>'), {"credit_line": "new"})

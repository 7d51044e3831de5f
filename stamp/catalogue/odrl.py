"""A licence as a policy of ODRL 2.2 in JSON-LD (https://www.w3.org/TR/odrl-model/), of the common vocabulary
alone: no profile is needed to read it.

It says who may do what, where and when, and what is owed. Exclusivity, liability, law and disputes are not in
it; `LicenceRecord.to_dict` has them beside it."""

from __future__ import annotations

from typing import Any, Final

from .terms import ANYWHERE, WORLD, Terms, UseRule
from .uses import ONLINE

CONTEXT: Final = "http://www.w3.org/ns/odrl.jsonld"
_CURRENCY: Final = "http://publications.europa.eu/resource/authority/currency/"
_PERCENT: Final = "http://qudt.org/vocab/unit/PERCENT"

Node = dict[str, Any]


def policy(uid: str, terms: Terms, licensor: str, licensee: str) -> Node:
    """Return the policy. uid : of the licence. licensor, licensee : uids of the parties, whose names are in
    `terms`."""
    bounds = [*_places(terms), *_days(terms)]
    owed = _duties(terms)
    allowed = [_rule(use, bounds) | owed for use in terms.uses if use.rule == "permission"]
    if terms.sublicensable:
        allowed.append(_rule(UseRule("permission", "grantUse", ANYWHERE), bounds) | owed)
    forbidden = [_rule(use, []) for use in terms.uses if use.rule == "prohibition"]
    if not terms.online:
        forbidden.append(_rule(UseRule("prohibition", "use", ONLINE), []))
    return {
        "@context": CONTEXT,
        "@type": "Agreement",
        "uid": _urn(uid),
        "conflict": "prohibit",
        "assigner": _party(licensor, terms.licensor),
        "assignee": _party(licensee, terms.licensee),
        "target": [_urn(work) for work in terms.works],
        "permission": allowed,
    } | ({"prohibition": forbidden} if forbidden else {})


def _rule(use: UseRule, bounds: list[Node]) -> Node:
    channel = [] if use.channel == ANYWHERE else [_constraint("deliveryChannel", "eq", use.channel)]
    constraints = [*channel, *bounds]
    return {"action": use.action} | ({"constraint": constraints} if constraints else {})


def _places(terms: Terms) -> list[Node]:
    within = [each.code for each in terms.territories if not each.excluded]
    without = [each.code for each in terms.territories if each.excluded]
    found = [] if WORLD in within else [_constraint("spatial", "isAnyOf", within)]
    return found + ([_constraint("spatial", "isNoneOf", without)] if without else [])


def _days(terms: Terms) -> list[Node]:
    bounds = (("gteq", terms.valid_from), ("lteq", terms.valid_until), ("lt", terms.terminated_on))
    return [
        _constraint("dateTime", operator, {"@value": day.isoformat(), "@type": "xsd:date"})
        for operator, day in bounds
        if day is not None
    ]


def _duties(terms: Terms) -> Node:
    pay = []
    if terms.amount is not None:
        pay.append(_payment(str(terms.amount), f"{_CURRENCY}{terms.currency}"))
    if terms.royalty_ppm is not None:
        pay.append(_payment(f"{terms.royalty_ppm / 10_000:.4f}", _PERCENT))
    duties: list[Node] = [
        {"action": [{"rdf:value": {"@id": "odrl:compensate"}, "refinement": [each]}]} for each in pay
    ]
    if terms.attribution:
        duties.append({"action": "attribute", "dct:description": terms.attribution})
    return {"duty": duties} if duties else {}


def _payment(amount: str, unit: str) -> Node:
    return _constraint("payAmount", "eq", {"@value": amount, "@type": "xsd:decimal"}) | {
        "unit": {"@id": unit}
    }


def _constraint(operand: str, operator: str, value: Any) -> Node:
    return {"leftOperand": operand, "operator": operator, "rightOperand": value}


def _party(uid: str, name: str) -> Node:
    return {"@type": "Party", "uid": _urn(uid), "vcard:fn": name}


def _urn(uid: str) -> str:
    return f"urn:uuid:{uid}"

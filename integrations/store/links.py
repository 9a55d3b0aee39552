"""Every other application that shares a person, document, home, phone, e-mail or child with one is linked to it.

Found by blind key alone (`link_candidates`); what was found is opened, compared and weighed (`vetting.alike`). A pair
that a person has split is never proposed again: the row is there, and stays as they left it. Every link stands in the
files of both applications at once, for the earlier one must learn of it too.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlmodel import Session

from integrations.linkage_rules import linkage_rules
from integrations.store.link_candidates import Candidate, candidates
from integrations.store.seen_people import Ours, our_people, people_by_id
from integrations.vault import Vault
from models.linkage import Feature, LinkageRules, LinkKind
from models.tables.vetting import Application
from vetting.alike import Likeness, compare, is_one_person, is_worth_asking, likeness

_TELL = text(
    """
    WITH pair AS (
        SELECT * FROM jsonb_to_recordset(CAST(:pairs AS jsonb)) AS p (
            other uuid, kind text, about text, tier text, mine text[], theirs text[], features text[], score int)
    ), told AS (
        INSERT INTO link (id, application_id, other_application_id, kind, about, tier, through, features, score,
                          weighed_by, state, at)
        SELECT gen_random_uuid(), one, two, kind, about, tier, through, features, score, :rules, 'open', :now
        FROM (SELECT CAST(:me AS uuid) AS one, other AS two, kind, about, tier, mine AS through, features, score
              FROM pair
              UNION ALL
              SELECT other, CAST(:me AS uuid), kind, about, tier, theirs, features, score FROM pair) AS both_ways
        -- Two applications that find each other at once write their rows in one order, or each would
        -- wait for the other.
        ORDER BY least(one, two), greatest(one, two), kind, about, one
        ON CONFLICT (application_id, other_application_id, kind, about) DO UPDATE
            SET tier = CASE link.state WHEN 'open' THEN least(link.tier, EXCLUDED.tier) ELSE link.tier END,
                -- Who stands for whom changes with an amendment. Of sponsors both sides tell the same; of a home
                -- each knows its own people as they are now, and would for ever correct the other.
                through = CASE WHEN link.kind <> 'image' AND (
                        link.application_id = :me OR link.kind = 'sponsor'
                        OR (link.state = 'open' AND EXCLUDED.tier < link.tier))
                    THEN EXCLUDED.through ELSE link.through END,
                -- What a person has judged keeps what they saw.
                features = CASE link.state WHEN 'open' THEN EXCLUDED.features ELSE link.features END,
                score = CASE link.state WHEN 'open' THEN EXCLUDED.score ELSE link.score END,
                weighed_by = CASE link.state WHEN 'open' THEN EXCLUDED.weighed_by ELSE link.weighed_by END
            WHERE link.state <> 'split' AND (
                (link.state = 'open' AND (
                    EXCLUDED.tier < link.tier OR link.features <> EXCLUDED.features OR link.score <> EXCLUDED.score))
                OR (link.through <> EXCLUDED.through AND link.kind <> 'image'
                    AND (link.application_id = :me OR link.kind = 'sponsor')))
        RETURNING id, application_id, kind, tier, through
    )
    SELECT o.id, o.case_id, o.state, o.category, t.kind, t.tier
    FROM told t JOIN application o ON o.id = t.application_id
        -- As it stood before this statement. Other points alone are no news: the two sides may weigh them differently
        -- for a while, and would for ever wake each other.
        LEFT JOIN link was ON was.id = t.id
    WHERE o.id <> :me AND (was.id IS NULL OR was.tier <> t.tier OR was.through <> t.through)
    ORDER BY o.id, t.kind
    """
)
_Key = tuple[UUID, LinkKind, str]  # the other application, the kind, what a picture is about
_Pair = tuple[int, UUID]  # one of ours by place, one of theirs by id of the row
# The strongest are opened first, should there be more than may be compared.
_FIRST = {"document_same": 0, "name_key": 1, "near_key": 3}
_SPONSORS = ("sponsor", "former_sponsor")


@dataclass(frozen=True, slots=True)
class News:
    """A link that another application's file did not hold yet, or only as a weaker one."""

    application_id: UUID
    case_id: UUID
    state: str
    category: str
    kind: str
    tier: str


def find_links(session: Session, vault: Vault, application: Application, *, now: datetime) -> Sequence[News]:
    """Every other application that shares something with this one is linked to it, and it to them.

    A link only ever grows from `possible` to `likely`. Who was found by a near key alone, and is not alike once
    opened, is dropped. Returns what the others have to learn.
    """
    rules = linkage_rules()
    ours = our_people(session, vault, application)
    found = candidates(session, application, ours)
    if not found:
        return ()
    compared = _compared(session, vault, ours, found, rules)
    rows = [_row(key, *weighed) for key, weighed in _weighed(found, compared, rules).items()]
    told = {"me": application.id, "pairs": json.dumps(rows), "rules": rules.version, "now": now}
    return [News(*row) for row in session.execute(_TELL, told)]


def _compared(
    session: Session, vault: Vault, ours: Sequence[Ours], found: Sequence[Candidate], rules: LinkageRules
) -> Mapping[_Pair, frozenset[Feature]]:
    """What agrees between the people who were found, the likeliest first and no more than the rules allow."""
    ordered = sorted(found, key=lambda one: (_FIRST.get(one.how, 2), one.other))
    wanted = list(dict.fromkeys(_pair(one) for one in ordered))[: rules.most_compared]
    members = {one.who for one in found if one.who and one.there not in _SPONSORS}
    theirs = {who for _, who in wanted}
    opened = people_by_id(session, vault, sponsors=theirs - members, members=theirs & members)
    return {(n, who): compare(ours[n].person, opened[who]) for n, who in wanted}


def _pair(one: Candidate) -> _Pair:
    """The two people whom a candidate is about; of a home, a phone or a picture the two sponsors."""
    return (0, one.sponsor_id) if one.n is None or one.who is None else (one.n, one.who)


def _weighed(
    found: Sequence[Candidate], compared: Mapping[_Pair, frozenset[Feature]], rules: LinkageRules
) -> Mapping[_Key, tuple[Likeness, list[str]]]:
    """Each link that is worth a person's time, with who stands for whom here and there."""
    shared: dict[UUID, set[Feature]] = defaultdict(set)
    groups: dict[_Key, list[Candidate]] = defaultdict(list)
    for one in found:
        groups[one.other, one.kind, one.about].append(one)
        if one.n is None and one.how != "child_same":
            shared[one.other].add(one.how)  # type: ignore[arg-type]
    links: dict[_Key, tuple[Likeness, list[str]]] = {}
    for key, group in groups.items():
        told = [
            (likeness(one.kind, features, rules), f"{one.here}={one.there}" if one.here else "")
            for one, features in _features(group, shared[key[0]], compared)
        ]
        if told:
            best = min((alike for alike, _ in told), key=lambda a: (a.tier, -a.score, a.features))
            links[key] = best, sorted({through for _, through in told if through})
    return _sponsors_alike(found, shared, compared, rules) | links


def _features(
    group: Sequence[Candidate], shared: set[Feature], compared: Mapping[_Pair, frozenset[Feature]]
) -> Iterator[tuple[Candidate, frozenset[Feature]]]:
    """Of each candidate that stays: what agrees between its people, and what the applications share beside."""
    for one in group:
        known: frozenset[Feature] = compared.get(_pair(one), frozenset({"not_compared"}))
        features = known | shared
        if one.how == "near_key":
            if is_worth_asking(features):
                yield one, features
        else:
            yield one, features if one.how == "name_key" else features | {one.how}


def _sponsors_alike(
    found: Sequence[Candidate],
    shared: Mapping[UUID, set[Feature]],
    compared: Mapping[_Pair, frozenset[Feature]],
    rules: LinkageRules,
) -> dict[_Key, tuple[Likeness, list[str]]]:
    """Sponsors who share a phone, a home or a picture and are alike, though no key of theirs is the same."""
    links: dict[_Key, tuple[Likeness, list[str]]] = {}
    for one in found:
        features = compared.get(_pair(one), frozenset())
        if one.kind in ("address", "contact", "image") and is_one_person(features):
            weighed = likeness("sponsor", features | shared[one.other], rules)
            links[one.other, "sponsor", ""] = weighed, ["sponsor=sponsor"]
    return links


def _row(key: _Key, alike: Likeness, through: Sequence[str]) -> dict[str, object]:
    other, kind, about = key
    return {
        "other": str(other),
        "kind": kind,
        "about": about,
        "tier": alike.tier,
        "mine": through,
        "theirs": sorted("=".join(reversed(pair.split("="))) for pair in through),
        "features": alike.features,
        "score": alike.score,
    }

"""How many proofs of address are read right, by kind of paper and by how it was handed in.

    .venv/bin/python benchmarks/reading.py [--seed N] [--each N] [--readers N] [--keep FOLDER]   (default: 61803, 6, 2)

Draws every kind of proof for invented holders, in English and Spanish by turns, at every look, and reads each
with the reader and the judgement that vetting uses. The stated address is spelt otherwise than the paper's.

    right   the true home, name and date: no finding
    unread  a person is asked to read it (ADDRESS_UNREAD, or an illegible scan)
    WRONG   a finding that accuses a true document

Then each reading is judged against homes and people that are not the paper's: one digit of the number or ZIP
changed, another street, suffix or direction, another unit, none, another given name, a brother's or a sister's,
another surname. One without any finding is a FALSE MATCH.

With `--keep` each reading is kept in the folder by its file's hash: a run that was cut short goes on, and the same
readings can be judged again. Empty it when the reader itself has changed.

`blur` is hopeless on purpose; every other look counts as clean to moderately poor. Exit 1 when a promise is broken:
fewer than 90 % right of those, of any kind or at any look, or one false match.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import pickle
import queue
import sys
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast
from uuid import UUID

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.proofs import NOW, Case, Stated, cases, drawn
from integrations.documents.reader import DocumentReading, ReaderProcess
from integrations.documents.sniff import PDFIUM_LOCK
from integrations.policies import vetting_policy
from models.facts import ApplicationFacts, DocumentFacts, Finding
from models.findings import FindingCode
from models.packet import parse_packet
from models.states import ApplicationState, DocumentKind
from samples.drawing.bills import PROOFS
from samples.papers import SUFFIXES
from vetting import proof_of_address

SEED = 61803  # not 2026, the seed of the samples, nor 4711 or 90125: on those the reading was developed
HOPELESS = "blur"
PROMISED_SHARE = 0.9
_PATIENCE_SECONDS = 900  # on a busy machine a page may take long; that says nothing of how it is read
POLICY = vetting_policy("orr-2025")
Outcomes = dict[tuple[str, str], Counter[str]]


def judged(case: Case, stated: Stated, reading: DocumentReading) -> tuple[str, tuple[Finding, ...]]:
    """'right', 'unread' or 'WRONG', with the findings: what vetting says of a packet that states this."""
    sharpness = reading.legibility.sharpness if reading.legibility else None
    found = proof_of_address.findings(_facts(case, stated, reading, sharpness), POLICY, NOW)
    if sharpness is None or sharpness < POLICY.identity.sharpness_at_least:
        return "unread", found  # the identity step's finding
    if not found:
        return "right", found
    unread = any(one.code is FindingCode.ADDRESS_UNREAD for one in found)
    return ("unread" if unread else "WRONG"), found


def _facts(case: Case, stated: Stated, reading: DocumentReading, sharpness: float | None) -> ApplicationFacts:
    packet = {
        "format": "kinline-packet/1",
        "reference": "BENCH-0001",
        "care_provider": "Example Shelter",
        "child": {
            "a_number": "220555001",
            "given_names": "Ixchel",
            "family_names": "Example Coj",
            "date_of_birth": "2012-05-02",
            "languages": ["es"],
            "entered_care_on": "2026-01-10",
        },
        "sponsor": {
            "given_names": stated.given,
            "family_names": stated.family,
            "date_of_birth": "1989-11-20",
            "relationship": "aunt",
            "related": True,
            "languages": ["es"],
            "phone": "+17135550101",
        },
        "address": {
            "line1": stated.line1,
            "unit": stated.unit,
            "city": stated.city,
            "state": stated.state,
            "zip": stated.zip,
        },
    }
    proof = DocumentFacts(
        UUID(int=1),
        DocumentKind.PROOF_OF_ADDRESS,
        "sponsor",
        case.issued_on,
        sharpness=sharpness,
        text=reading.text,
    )
    return ApplicationFacts(
        UUID(int=2),
        UUID(int=3),
        ApplicationState.SUBMITTED,
        NOW,
        POLICY.version,
        parse_packet(json.dumps(packet).encode()),
        documents=(proof,),
    )


@dataclass
class Report:
    """What became of every paper. Lines name papers by kind, look and number; there are no real people here."""

    outcomes: Outcomes = field(default_factory=dict)
    missed: list[str] = field(default_factory=list)
    false_matches: list[str] = field(default_factory=list)
    tried: int = 0

    def add(self, case: Case, reading: DocumentReading) -> None:
        """Judges this reading against the true home and against every other one."""
        outcome, found = judged(case, case.stated, reading)
        self.outcomes.setdefault((case.kind, case.look), Counter())[outcome] += 1
        label = f"{case.kind} {case.look} {case.number} {case.language}"
        if outcome != "right" and case.look != HOPELESS:
            said = "; ".join(f"{one.code} {_told(one)}" for one in found)
            self.missed.append(f"{label}: {outcome} {said or 'illegible'}")
        for what, other in case.others:
            self.tried += 1
            if judged(case, other, reading)[0] == "right":
                self.false_matches.append(f"{label}: {what}")

    def summed(self, *, kind: str | None = None, look: str | None = None) -> Counter[str]:
        """The outcomes of a kind at every look but the hopeless one, of a look over every kind, or of all."""
        total: Counter[str] = Counter()
        for (one, at), count in self.outcomes.items():
            if kind in (None, one) and (at == look if look else at != HOPELESS):
                total += count
        return total

    def broken(self) -> list[str]:
        """The promises that these outcomes break."""
        shares = {kind: self.summed(kind=kind) for kind in PROOFS}
        shares |= {look: self.summed(look=look) for look in SUFFIXES if look != HOPELESS}
        below = [name for name, count in shares.items() if _share(count) < PROMISED_SHARE]
        return [f"{name}: fewer than {PROMISED_SHARE:.0%} right" for name in below] + [
            f"false match: {line}" for line in self.false_matches
        ]


def main(seed: int, each: int, readers: int, keep: Path | None) -> int:
    """Prints the tables. Returns 1 when a promise is broken."""
    report, begun = Report(), time.perf_counter()
    for case, reading in _readings(seed, each, readers, keep):
        report.add(case, reading)
    _table(report)
    hopeless = report.summed(look=HOPELESS)
    print(
        f"\nfalse matches: {len(report.false_matches)} of {report.tried} judgements against another home or person"
    )
    print(f"{HOPELESS}: {hopeless['unread']} of {hopeless.total()} left to a person")
    print(f"seed {seed}, {each} of each, {time.perf_counter() - begun:.0f} s with {readers} readers")
    for line in report.missed:
        print("   ", line)
    broken = report.broken()
    for line in broken:
        print("BROKEN", line)
    return 1 if broken else 0


def _readings(
    seed: int, each: int, readers: int, keep: Path | None
) -> Iterator[tuple[Case, DocumentReading]]:
    """Every paper with what was read from it. Two readers on two cores read nearly twice as many as one does."""
    drawings = list(cases(seed, each))
    free: queue.SimpleQueue[ReaderProcess] = queue.SimpleQueue()

    def read(case: Case) -> DocumentReading:
        with PDFIUM_LOCK:  # the drawing renders with PDFium, which is not thread-safe
            content = drawn(case, seed)
        kept = keep / hashlib.sha256(content).hexdigest() if keep else None
        if kept and kept.exists():
            return cast(DocumentReading, pickle.loads(kept.read_bytes()))
        reader = free.get()
        try:
            reading = reader.read(content)
        finally:
            free.put(reader)
        if kept:
            part = kept.with_suffix(".part")
            part.write_bytes(pickle.dumps(reading))
            part.replace(kept)
        return reading

    with ExitStack() as stack:
        for _ in range(readers):
            free.put(stack.enter_context(ReaderProcess(seconds_per_document=_PATIENCE_SECONDS)))
        pool = ThreadPoolExecutor(readers)
        stack.callback(pool.shutdown, cancel_futures=True)
        yield from zip(drawings, pool.map(read, drawings), strict=True)


def _told(finding: Finding) -> str:
    keep = ("compared", "name", "unread", "read", "stated", "dates_differ_by_days")
    return " ".join(f"{key}={finding.evidence[key]}" for key in keep if key in finding.evidence)


def _table(report: Report) -> None:
    """In Markdown, as `benchmarks/README.md` holds it."""
    print("right of drawn; -n unread, !n WRONG\n")
    print(f"| | {' | '.join(SUFFIXES)} | all but {HOPELESS} |")
    print("|---" * (len(SUFFIXES) + 2) + "|")
    for kind in PROOFS:
        cells = [_cell(report.outcomes[kind, look]) for look in SUFFIXES]
        print(f"| {kind} | {' | '.join(cells)} | {_rate(report.summed(kind=kind))} |")
    sums = [_cell(report.summed(look=look)) for look in SUFFIXES]
    print(f"| all | {' | '.join(sums)} | {_rate(report.summed())} |")


def _cell(count: Counter[str]) -> str:
    unread, wrong = (
        f" {sign}{count[word]}" if count[word] else "" for sign, word in (("-", "unread"), ("!", "WRONG"))
    )
    return f"{count['right']}/{count.total()}{unread}{wrong}"


def _rate(count: Counter[str]) -> str:
    return f"{_cell(count)} = {_share(count):.1%}"


def _share(count: Counter[str]) -> float:
    return count["right"] / count.total()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Proofs of address, read and judged.")
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--each", type=int, default=6)
    parser.add_argument("--readers", type=int, default=2)
    parser.add_argument("--keep", type=Path)
    asked = parser.parse_args()
    sys.exit(main(asked.seed, asked.each, asked.readers, asked.keep))

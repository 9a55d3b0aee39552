"""The stage of a release request, in the words of ORR's case system: it follows from the facts alone.

Which stage may follow which is a table of its own (`models.states.STAGE_MOVES`).
"""

from __future__ import annotations

from models.facts import ApplicationFacts
from models.states import ApplicationState, DecisionValue, Role, Stage
from models.vetting_policy import VettingPolicy
from vetting import home_study
from vetting.gate import current_recommendations, lacking_recommendations

_ENDS = {
    ApplicationState.WITHDRAWN: Stage.INACTIVE,
    ApplicationState.DENIED: Stage.COMPLETED,
    ApplicationState.RELEASED: Stage.COMPLETED,
    ApplicationState.APPROVED: Stage.DNF_GENERATED,
}
# Before a home study, and once the report of one has come.
_REVIEWS = {
    False: (Stage.CM_INITIATED, Stage.CC_REVIEW, Stage.FFS_REVIEW),
    True: (Stage.HS_COMPLETED_CM_REVIEW, Stage.HS_COMPLETED_CC_REVIEW, Stage.HS_COMPLETED_FFS_REVIEW),
}


def stage_of(facts: ApplicationFacts, policy: VettingPolicy) -> Stage:
    """Where the request stands. Source: the publicly posted front end of ORR's case system."""
    if facts.state in _ENDS:
        return _ENDS[facts.state]
    ladder = facts.ladder
    if ladder.consultation is not None and ladder.consultation.outcome is None:
        return Stage.CASE_CONSULTATION
    if home_study.is_out(facts):
        return Stage.HS_REQUESTED
    if ladder.open_questions or _asked_for_more(facts, policy):
        return Stage.CM_FURTHER_INFORMATION
    manager, coordinator, decider = _REVIEWS[home_study.last_report_at(facts) is not None]
    lacking = lacking_recommendations(facts, policy)
    if not lacking:
        return decider
    return manager if lacking[0] is Role.CASE_MANAGER else coordinator


def _asked_for_more(facts: ApplicationFacts, policy: VettingPolicy) -> bool:
    """Remanded, and neither a new recommendation nor the report of a home study has come since."""
    decision, received = facts.decision, home_study.last_report_at(facts)
    if decision is None or decision.value is not DecisionValue.REMAND:
        return False
    studied_since = received is not None and received >= decision.at
    return not studied_since and not current_recommendations(facts, policy)

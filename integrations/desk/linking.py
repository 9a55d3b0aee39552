"""The links of an application are looked for, and the applications that are found learn of them."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlmodel import Session

from integrations.desk.escalations import open_escalation
from integrations.desk.jobs import enqueue_vetting
from integrations.kit import Kit
from integrations.store.image_links import find_image_links
from integrations.store.links import News, find_links
from models.states import APPLICATION_OVER, FOLLOWED, ApplicationState
from models.tables.people import Case
from models.tables.vetting import Application
from vetting.linkage import alarm_after_release

ACTOR = "engine:linkage"


def link(kit: Kit, application_id: UUID, now: datetime) -> None:
    """The links of this application stand in its file and in those of the others, which are told of what is new.

    One that is still vetted is vetted again, so that its officer finds the link among its findings. Of a
    released child a supervisor is told, when the link is one of those that the brief calls grave.
    """
    with kit.transaction() as session:
        application = session.get_one(Application, application_id)
        # Pictures first: that one stands in both speaks for two people who may be one.
        pictures = find_image_links(session, application, now=now)
        for news in (*pictures, *find_links(session, kit.vault, application, now=now)):
            _tell(session, application, news, now)


def _tell(session: Session, finder: Application, news: News, now: datetime) -> None:
    if news.state == ApplicationState.RELEASED:
        case = session.get_one(Case, news.case_id)
        rule = alarm_after_release(news.kind, news.tier, (finder.category, news.category))
        if rule is not None and case.state in FOLLOWED:
            # One for a child at a time: whoever takes it looks at all the links of the case.
            open_escalation(session, case, reason="link_found", rule=rule, level=2, actor=ACTOR, now=now)
    elif news.state not in APPLICATION_OVER:
        enqueue_vetting(session, news.application_id, now=now)

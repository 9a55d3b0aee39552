"""What was said in an interview before a release, shown back: each question as it was asked, with its answer."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import Response

from console.context import InterviewReader, console_of
from console.pages.rendering import page
from integrations.desk.interviews import read_one
from models.interview import UNSAID

router = APIRouter(prefix="/applications/{key}/interviews/{interview_id}")


@router.get("")
def look(request: Request, key: str, interview_id: UUID, who: InterviewReader) -> Response:
    """One interview. The desk writes the audit row."""
    console = console_of(request)
    told = read_one(console.kit, key, interview_id, who.person, now=console.now())
    return page(request, "interview.html", interview=told, unsaid=UNSAID)

"""Children, sponsors, households, addresses, phone numbers, consents, staff. PII is sealed; keys are blind."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Index, text
from sqlmodel import Field

from models.court_status import CourtStatus
from models.states import CONSOLE_LANGUAGES, CaseState, ClosureReason, Party, PrsLevel
from models.tables.base import Row, Sealed, instant, one_of, sealed, words


class Staff(Row, table=True):
    """A named person who may act. Staff addresses name colleagues, not families, and stay readable."""

    __tablename__ = "staff"
    __table_args__ = (
        CheckConstraint("suspended_at IS NULL OR NOT active", name="staff_suspended_is_not_active"),
        CheckConstraint(one_of("language", CONSOLE_LANGUAGES), name="staff_language_known"),
    )
    email: str = Field(unique=True)
    display_name: str
    password_hash: str | None = None
    # The second factor; a pending one is shown to be scanned, and counts once a code of it was given. `totp_step` is
    # the time step of the last code that was taken: none at or before it is taken again.
    totp_secret: Sealed | None = sealed(default=None)
    pending_totp_secret: Sealed | None = sealed(default=None)
    totp_step: int | None = Field(default=None, sa_type=BigInteger)
    # Where they are paged; it opens for the page alone. The key tells their text from a family's.
    sealed_phone: Sealed | None = sealed(default=None)
    phone_key: bytes | None = Field(default=None, index=True)
    roles: list[str] = words()
    office: str | None = None  # the cases of other offices are closed to them; None: no office's are
    active: bool = True
    created_at: datetime = instant()
    # Who last said that this account is still needed; one that nobody confirmed in time is not active, but may be again.
    confirmed_at: datetime | None = instant(default=None)
    confirmed_by: UUID | None = Field(default=None, foreign_key="staff.id")
    suspended_at: datetime | None = instant(default=None)
    # How they read the console, where they have said so.
    language: str | None = None
    time_zone: str | None = None


class Child(Row, table=True):
    """One child across the whole of life: one id, however many applications. `sealed_details`: packet's child."""

    __tablename__ = "child"
    sealed_details: Sealed = sealed()
    a_number_key: bytes = Field(unique=True)
    name_key: bytes = Field(index=True)
    created_at: datetime = instant()


class Case(Row, table=True):
    """One child's case: in care, in follow-up, lost contact, or closed with a reason and a person."""

    __tablename__ = "child_case"
    __table_args__ = (
        CheckConstraint(one_of("state", CaseState), name="case_state_known"),
        CheckConstraint(
            "state <> 'closed' OR (closure_reason IS NOT NULL AND closed_by IS NOT NULL"
            " AND closed_at IS NOT NULL)",
            name="case_closed_needs_reason_and_person",
        ),
        CheckConstraint(
            f"closure_reason IS NULL OR {one_of('closure_reason', ClosureReason)}",
            name="case_closure_reason_known",
        ),
        CheckConstraint(
            "state NOT IN ('in_follow_up', 'lost_contact') OR (released_at IS NOT NULL"
            " AND followup_policy IS NOT NULL AND last_contact_at IS NOT NULL"
            " AND max_silence_days IS NOT NULL AND zone IS NOT NULL)",
            name="case_followed_needs_plan",
        ),
        CheckConstraint("state <> 'in_care' OR released_at IS NULL", name="case_released_is_followed"),
        CheckConstraint(one_of("origin", ("packet", "roster")), name="case_origin_known"),
        CheckConstraint(
            "origin = 'roster' OR (entered_care_on IS NOT NULL AND care_provider IS NOT NULL"
            " AND vetting_policy IS NOT NULL)",
            name="case_of_a_packet_is_whole",
        ),
        CheckConstraint(
            f"prs_level IS NULL OR ({one_of('prs_level', PrsLevel)} AND prs_since IS NOT NULL)",
            name="case_prs_level_known",
        ),
        CheckConstraint(
            "closure_reason IS DISTINCT FROM 'lost_contact' OR (closure_proposed_by IS NOT NULL"
            " AND closure_proposed_by <> closed_by AND closure_proposed IS NOT DISTINCT FROM 'lost_contact')",
            name="case_lost_contact_four_eyes",
        ),
        CheckConstraint(one_of("court_status", CourtStatus), name="case_court_status_known"),
        CheckConstraint(
            "court_status = 'unknown' OR court_since IS NOT NULL", name="case_court_status_has_an_age"
        ),
        Index(
            "case_followed_policy",
            "followup_policy",
            postgresql_where=text("state IN ('in_follow_up', 'lost_contact')"),
        ),
        Index("case_followed", "state", postgresql_where=text("state IN ('in_follow_up', 'lost_contact')")),
        Index(
            "case_last_contact",
            "last_contact_at",
            "id",
            postgresql_where=text("state IN ('in_follow_up', 'lost_contact')"),
        ),
        Index("case_office", "office"),
        # Read from the index alone, case by case, by the lists that are cut to an office.
        Index("case_office_of", "id", postgresql_include=["office"]),
    )
    child_id: UUID = Field(foreign_key="child.id", unique=True)
    state: str = CaseState.IN_CARE.value
    # How Kinline came to know the child: by a packet, or by the official list of releases alone. Then no
    # more is known of the time in care, until a packet of the child comes in.
    origin: str = "packet"
    entered_care_on: date | None = None
    care_provider: str | None = None
    office: str | None = None  # its care provider's (OfficeProvider); written by a trigger alone
    vetting_policy: str | None = None
    followup_policy: str | None = None
    zone: str | None = None
    released_at: datetime | None = instant(default=None)
    # Last direct contact with the child by a person; the release counts as the first.
    last_contact_at: datetime | None = instant(default=None)
    max_silence_days: int | None = None
    prs_level: str | None = None
    prs_since: datetime | None = instant(default=None)
    # Where the case stands in court, and since when; at first from the release on.
    court_status: str = CourtStatus.UNKNOWN.value
    court_since: datetime | None = instant(default=None)
    # Automation is silent while a person has the conversation or after a child's distress signal.
    paused_at: datetime | None = instant(default=None)
    paused_because: str | None = None
    closed_at: datetime | None = instant(default=None)
    closed_by: UUID | None = Field(default=None, foreign_key="staff.id")
    closure_reason: str | None = None
    closure_proposed_by: UUID | None = Field(default=None, foreign_key="staff.id")
    closure_proposed: str | None = None
    created_at: datetime = instant()


class Sponsor(Row, table=True):
    """A sponsor as one application names them; linkage says who is the same person."""

    __tablename__ = "sponsor"
    sealed_details: Sealed = sealed()
    name_key: bytes = Field(index=True)
    identity_key: bytes | None = Field(default=None, index=True)
    email_key: bytes | None = Field(default=None, index=True)
    created_at: datetime = instant()


class HouseholdMember(Row, table=True):
    """A person in the sponsor's home, or the alternate caregiver, of one revision."""

    __tablename__ = "household_member"
    application_id: UUID = Field(foreign_key="application.id", index=True)
    revision: int
    subject: str  # household:N or alternate_caregiver
    sealed_details: Sealed = sealed()
    name_key: bytes = Field(index=True)
    identity_key: bytes | None = Field(default=None, index=True)
    phone_key: bytes | None = Field(default=None, index=True)  # of the alternate caregiver


# Nobody knows where the child is: the row has dates, and no home.
LOCATION_UNKNOWN = "location_unknown"


class Address(Row, table=True):
    """Where the child is or was to live, with dates. The newest row without an end is where the child is now.

    `verified_at`: when a person signed the home off by its proof. `returned_at`: a letter came back, and no person
    has found out since whether the family still lives there.
    """

    __tablename__ = "address"
    __table_args__ = (
        CheckConstraint(
            one_of("state", ("stated", "deliverable", "defective", "unknown", LOCATION_UNKNOWN)),
            name="address_state_known",
        ),
        CheckConstraint(
            f"(state = '{LOCATION_UNKNOWN}') = (dwelling_key IS NULL)"
            f" AND (state = '{LOCATION_UNKNOWN}') = (building_key IS NULL)",
            name="address_keys_unless_unknown",
        ),
        CheckConstraint(
            f"(verified_at IS NULL) = (verified_by IS NULL) AND (verified_at IS NULL OR state <> '{LOCATION_UNKNOWN}')",
            name="address_verified_by_a_person",
        ),
        Index(
            "address_unknown",
            "case_id",
            postgresql_where=text(f"state = '{LOCATION_UNKNOWN}' AND until_at IS NULL"),
        ),
        Index(
            "address_one_current",
            "application_id",
            unique=True,
            postgresql_where=text("until_at IS NULL"),
        ),
        Index("address_not_watched", "dwelling_key", postgresql_where=text("watched_at IS NULL")),
        Index("address_of_a_business", "building_key", postgresql_where=text("postal_business")),
    )
    case_id: UUID = Field(foreign_key="child_case.id", index=True)
    application_id: UUID = Field(foreign_key="application.id", index=True)
    sealed_details: Sealed = sealed()
    dwelling_key: bytes | None = Field(default=None, index=True)
    building_key: bytes | None = Field(default=None, index=True)
    zone: str
    state: str = "stated"
    postal_dpv: str | None = None
    postal_business: bool | None = None
    postal_vacant: bool | None = None
    postal_checked_at: datetime | None = instant(default=None)
    postal_version: str | None = None
    # When it was last asked about after the release, whatever came of it; the time of a clear answer is above.
    postal_asked_at: datetime | None = instant(default=None)
    # None: who else lives or lived there has not been looked at since this row came, or became a business.
    watched_at: datetime | None = instant(default=None)
    source: str
    since_at: datetime = instant()
    until_at: datetime | None = instant(default=None)
    recorded_at: datetime | None = instant(default=None)  # None: with the packet
    returned_at: datetime | None = instant(default=None)
    verified_at: datetime | None = instant(default=None)
    verified_by: UUID | None = Field(default=None, foreign_key="staff.id")


class PhoneNumber(Row, table=True):
    """A number of the family or a contact. `phone_key` finds it from an incoming text or call."""

    __tablename__ = "phone_number"
    __table_args__ = (
        CheckConstraint(one_of("party", Party), name="phone_party_known"),
        CheckConstraint(
            one_of("role", ("party", "backup", "care_plan", "home_country")), name="phone_role_known"
        ),
        Index("phone_once", "application_id", "party", "role", "phone_key", unique=True),
    )
    case_id: UUID = Field(foreign_key="child_case.id", index=True)
    application_id: UUID = Field(foreign_key="application.id", index=True)
    party: str
    role: str
    sealed_number: Sealed = sealed()
    phone_key: bytes = Field(index=True)
    language: str
    position: int = 0
    shared: bool = False  # child and an adult use one number: for human calls only
    usable: bool = True
    textable: bool = True
    unusable_because: str | None = None
    retired_at: datetime | None = instant(default=None)


class Consent(Row, table=True):
    """One word of one person about texts on one number. The newest row counts; none is ever changed."""

    __tablename__ = "consent"
    __table_args__ = (Index("consent_newest", "number_id", "at"),)
    number_id: UUID = Field(foreign_key="phone_number.id")
    given: bool
    language: str | None = None
    method: str
    wording: str | None = None
    at: datetime = instant()
    recorded_at: datetime = instant()
    actor: str


class StaffSession(Row, table=True):
    """A sign-in. The browser holds a random token; only its digest stands here. Ending it is a row's change.

    One that `awaits` something opens nothing but the page where that is given.
    """

    __tablename__ = "staff_session"
    __table_args__ = (CheckConstraint("awaits IN ('code', 'enrolment')", name="staff_session_awaits_known"),)
    staff_id: UUID = Field(foreign_key="staff.id", index=True)
    token_digest: bytes = Field(unique=True)
    csrf_token: str
    # By the wall's clock, also in a sandbox whose own clock has been moved.
    began_at: datetime = instant()
    seen_at: datetime = instant()
    ends_at: datetime = instant()
    ended_at: datetime | None = instant(default=None)
    awaits: str | None = None


class ApiKey(Row, table=True):
    """A program's way in: the caller holds a random token; only its digest stands here.

    It may do what its `scopes` name, until it ends; acts of a person, as `for_staff`, while their account is open.
    Times are the wall's, as of a session.
    """

    __tablename__ = "api_key"
    __table_args__ = (
        CheckConstraint("cardinality(scopes) > 0", name="api_key_may_do_something"),
        CheckConstraint("ends_at >= made_at", name="api_key_ends"),
        CheckConstraint("(revoked_at IS NULL) = (revoked_by IS NULL)", name="api_key_is_revoked_by_somebody"),
    )
    name: str = Field(unique=True)
    token_digest: bytes = Field(unique=True)
    scopes: list[str] = words()
    for_staff: UUID | None = Field(default=None, foreign_key="staff.id")
    made_by: UUID = Field(foreign_key="staff.id")
    made_at: datetime = instant()
    ends_at: datetime = instant()
    used_at: datetime | None = instant(default=None)
    revoked_at: datetime | None = instant(default=None)
    revoked_by: UUID | None = Field(default=None, foreign_key="staff.id")

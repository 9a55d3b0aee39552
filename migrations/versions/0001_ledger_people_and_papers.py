"""The ledger, its people and its papers"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "audit_block",
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("first_seq", sa.BigInteger(), nullable=False),
        sa.Column("last_seq", sa.BigInteger(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("previous_head", sa.LargeBinary(), nullable=False),
        sa.Column("head", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("number"),
    )
    op.create_table(
        "audit_entry",
        sa.Column("seq", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("act", sa.String(), nullable=False),
        sa.Column("noun", sa.String(), nullable=False),
        sa.Column("row_id", sa.Uuid(), nullable=True),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("seq"),
    )
    op.create_table(
        "child",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("sealed_details", sa.LargeBinary(), nullable=False),
        sa.Column("a_number_key", sa.LargeBinary(), nullable=False),
        sa.Column("name_key", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("a_number_key"),
    )
    op.create_index(op.f("ix_child_name_key"), "child", ["name_key"], unique=False)
    op.create_table(
        "document_file",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("file_key", sa.LargeBinary(), nullable=False),
        sa.Column("media_type", sa.String(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("sealed_content", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("file_key"),
    )
    op.create_table(
        "environment",
        sa.Column("singleton", sa.Boolean(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("clock_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("wall_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "name = 'sandbox' OR (clock_at IS NULL AND wall_at IS NULL)", name="environment_clock_sandbox"
        ),
        sa.CheckConstraint("name IN ('sandbox', 'production')", name="environment_name_known"),
        sa.CheckConstraint("singleton", name="environment_one_row"),
        sa.PrimaryKeyConstraint("singleton"),
    )
    op.create_table(
        "heartbeat",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_table(
        "history",
        sa.Column("seq", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("noun", sa.String(), nullable=False),
        sa.Column("row_id", sa.Uuid(), nullable=False),
        sa.Column("old", sa.String(), nullable=True),
        sa.Column("new", sa.String(), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("why", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("seq"),
    )
    op.create_index("history_row", "history", ["row_id"], unique=False)
    op.create_table(
        "job",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("payload", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("run_after", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("error", sa.String(), nullable=True),
        sa.Column("prefect_run", sa.String(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("state IN ('waiting', 'claimed', 'done', 'failed')", name="job_state_known"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "job_one_waiting", "job", ["kind", "key"], unique=True, postgresql_where=sa.text("state = 'waiting'")
    )
    op.create_index(
        "job_waiting", "job", ["run_after"], unique=False, postgresql_where=sa.text("state = 'waiting'")
    )
    op.create_table(
        "round_slot",
        sa.Column("round", sa.String(), nullable=False),
        sa.Column("slot", sa.DateTime(timezone=True), nullable=False),
        sa.Column("claimed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("counts", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("round", "slot"),
    )
    op.create_table(
        "sponsor",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("sealed_details", sa.LargeBinary(), nullable=False),
        sa.Column("name_key", sa.LargeBinary(), nullable=False),
        sa.Column("identity_key", sa.LargeBinary(), nullable=True),
        sa.Column("email_key", sa.LargeBinary(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_sponsor_email_key"), "sponsor", ["email_key"], unique=False)
    op.create_index(op.f("ix_sponsor_identity_key"), "sponsor", ["identity_key"], unique=False)
    op.create_index(op.f("ix_sponsor_name_key"), "sponsor", ["name_key"], unique=False)
    op.create_table(
        "staff",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("email", sa.String(), nullable=False),
        sa.Column("display_name", sa.String(), nullable=False),
        sa.Column("password_hash", sa.String(), nullable=True),
        sa.Column("totp_secret", sa.LargeBinary(), nullable=True),
        sa.Column("roles", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("email"),
    )
    op.create_table(
        "child_case",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("child_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("entered_care_on", sa.Date(), nullable=False),
        sa.Column("care_provider", sa.String(), nullable=False),
        sa.Column("vetting_policy", sa.String(), nullable=False),
        sa.Column("followup_policy", sa.String(), nullable=True),
        sa.Column("zone", sa.String(), nullable=True),
        sa.Column("released_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_contact_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("max_silence_days", sa.Integer(), nullable=True),
        sa.Column("paused_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("paused_because", sa.String(), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_by", sa.Uuid(), nullable=True),
        sa.Column("closure_reason", sa.String(), nullable=True),
        sa.Column("closure_proposed_by", sa.Uuid(), nullable=True),
        sa.Column("closure_proposed", sa.String(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "closure_reason IS DISTINCT FROM 'lost_contact' OR (closure_proposed_by IS NOT NULL AND closure_proposed_by <> closed_by AND closure_proposed IS NOT DISTINCT FROM 'lost_contact')",
            name="case_lost_contact_four_eyes",
        ),
        sa.CheckConstraint(
            "closure_reason IS NULL OR closure_reason IN ('turned_18', 'status_granted', 'departed', 'plan_completed', 'returned_to_custody', 'reunified_elsewhere', 'declined_child_spoken_to', 'declined_child_not_spoken_to', 'lost_contact', 'moved_provider', 'deceased')",
            name="case_closure_reason_known",
        ),
        sa.CheckConstraint(
            "state <> 'closed' OR (closure_reason IS NOT NULL AND closed_by IS NOT NULL AND closed_at IS NOT NULL)",
            name="case_closed_needs_reason_and_person",
        ),
        sa.CheckConstraint("state <> 'in_care' OR released_at IS NULL", name="case_released_is_followed"),
        sa.CheckConstraint(
            "state IN ('in_care', 'in_follow_up', 'lost_contact', 'closed')", name="case_state_known"
        ),
        sa.CheckConstraint(
            "state NOT IN ('in_follow_up', 'lost_contact') OR (released_at IS NOT NULL AND followup_policy IS NOT NULL AND last_contact_at IS NOT NULL AND max_silence_days IS NOT NULL AND zone IS NOT NULL)",
            name="case_followed_needs_plan",
        ),
        sa.ForeignKeyConstraint(
            ["child_id"],
            ["child.id"],
        ),
        sa.ForeignKeyConstraint(
            ["closed_by"],
            ["staff.id"],
        ),
        sa.ForeignKeyConstraint(
            ["closure_proposed_by"],
            ["staff.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("child_id"),
    )
    op.create_index(
        "case_followed",
        "child_case",
        ["state"],
        unique=False,
        postgresql_where=sa.text("state IN ('in_follow_up', 'lost_contact')"),
    )
    op.create_table(
        "act",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("staff_id", sa.Uuid(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["case_id"],
            ["child_case.id"],
        ),
        sa.ForeignKeyConstraint(
            ["staff_id"],
            ["staff.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("case_id", "staff_id", name="one_role_per_person_and_case"),
    )
    op.create_table(
        "application",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("sponsor_id", sa.Uuid(), nullable=False),
        sa.Column("reference", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("category", sa.String(), nullable=False),
        sa.Column("policy_version", sa.String(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("home_study_ordered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("home_study_received_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("home_study_result", sa.String(), nullable=True),
        sa.Column("vetted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("submitted_by", sa.String(), nullable=False),
        sa.CheckConstraint(
            "state IN ('submitted', 'incomplete', 'in_checks', 'in_review', 'home_study', 'recommended', 'approved', 'denied', 'remanded', 'withdrawn', 'released')",
            name="application_state_known",
        ),
        sa.ForeignKeyConstraint(
            ["case_id"],
            ["child_case.id"],
        ),
        sa.ForeignKeyConstraint(
            ["sponsor_id"],
            ["sponsor.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("reference"),
    )
    op.create_index(op.f("ix_application_case_id"), "application", ["case_id"], unique=False)
    op.create_table(
        "hearing",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("court", sa.String(), nullable=False),
        sa.Column("hearing_key", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("zone", sa.String(), nullable=True),
        sa.Column("outcome", sa.String(), nullable=True),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "outcome IS NULL OR outcome IN ('attended', 'missed', 'continued', 'unknown')",
            name="hearing_outcome_known",
        ),
        sa.CheckConstraint(
            "state IN ('scheduled', 'moved', 'cancelled', 'completed')", name="hearing_state_known"
        ),
        sa.ForeignKeyConstraint(
            ["case_id"],
            ["child_case.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("case_id", "court", "hearing_key", name="hearing_once"),
    )
    op.create_index(op.f("ix_hearing_case_id"), "hearing", ["case_id"], unique=False)
    op.create_table(
        "address",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("application_id", sa.Uuid(), nullable=False),
        sa.Column("sealed_details", sa.LargeBinary(), nullable=False),
        sa.Column("dwelling_key", sa.LargeBinary(), nullable=False),
        sa.Column("building_key", sa.LargeBinary(), nullable=False),
        sa.Column("zone", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("postal_dpv", sa.String(), nullable=True),
        sa.Column("postal_business", sa.Boolean(), nullable=True),
        sa.Column("postal_vacant", sa.Boolean(), nullable=True),
        sa.Column("postal_checked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("postal_version", sa.String(), nullable=True),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("since_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state IN ('stated', 'deliverable', 'defective', 'unknown')", name="address_state_known"
        ),
        sa.ForeignKeyConstraint(
            ["application_id"],
            ["application.id"],
        ),
        sa.ForeignKeyConstraint(
            ["case_id"],
            ["child_case.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "address_one_current",
        "address",
        ["application_id"],
        unique=True,
        postgresql_where=sa.text("until_at IS NULL"),
    )
    op.create_index(op.f("ix_address_application_id"), "address", ["application_id"], unique=False)
    op.create_index(op.f("ix_address_building_key"), "address", ["building_key"], unique=False)
    op.create_index(op.f("ix_address_case_id"), "address", ["case_id"], unique=False)
    op.create_index(op.f("ix_address_dwelling_key"), "address", ["dwelling_key"], unique=False)
    op.create_table(
        "application_revision",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("application_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("content_key", sa.LargeBinary(), nullable=False),
        sa.Column("sealed_packet", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["application_id"],
            ["application.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("application_id", "number", name="revision_once"),
    )
    op.create_table(
        "background_check",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("application_id", sa.Uuid(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("person_key", sa.LargeBinary(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("jurisdiction", sa.String(), nullable=True),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("rule", sa.String(), nullable=False),
        sa.Column("provider", sa.String(), nullable=False),
        sa.Column("provider_ref", sa.String(), nullable=True),
        sa.Column("provider_code", sa.String(), nullable=True),
        sa.Column("ordered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("result_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("as_of", sa.DateTime(timezone=True), nullable=True),
        sa.Column("expires_on", sa.Date(), nullable=True),
        sa.Column("adjudication", sa.String(), nullable=True),
        sa.Column("adjudicated_by", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("next_look_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "kind IN ('public_records', 'sex_offender_registry', 'fbi_fingerprint', 'fbi_name', 'child_abuse_registry', 'state_criminal')",
            name="check_kind_known",
        ),
        sa.CheckConstraint(
            "state IN ('required', 'ordered', 'pending', 'clear', 'hit_review', 'hit_bar', 'unreadable', 'error', 'expired')",
            name="check_state_known",
        ),
        sa.CheckConstraint(
            "state NOT IN ('clear', 'hit_review', 'hit_bar', 'unreadable') OR result_at IS NOT NULL",
            name="check_result_needs_time",
        ),
        sa.ForeignKeyConstraint(
            ["application_id"],
            ["application.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "check_due",
        "background_check",
        ["next_look_at"],
        unique=False,
        postgresql_where=sa.text("next_look_at IS NOT NULL"),
    )
    op.create_index(
        "check_once",
        "background_check",
        ["application_id", "person_key", "kind", sa.literal_column("coalesce(jurisdiction, '')"), "attempt"],
        unique=True,
    )
    op.create_index(
        op.f("ix_background_check_application_id"), "background_check", ["application_id"], unique=False
    )
    op.create_table(
        "decision",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("application_id", sa.Uuid(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("value", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("decided_by", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("superseded_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "value IN ('approve', 'approve_with_prs', 'home_study', 'remand', 'deny')",
            name="decision_value_known",
        ),
        sa.ForeignKeyConstraint(
            ["application_id"],
            ["application.id"],
        ),
        sa.ForeignKeyConstraint(
            ["decided_by"],
            ["staff.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "decision_once",
        "decision",
        ["application_id"],
        unique=True,
        postgresql_where=sa.text("superseded_at IS NULL"),
    )
    op.create_index(op.f("ix_decision_application_id"), "decision", ["application_id"], unique=False)
    op.create_table(
        "document",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("application_id", sa.Uuid(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("file_id", sa.Uuid(), nullable=False),
        sa.Column("issued_on", sa.Date(), nullable=True),
        sa.Column("sharpness", sa.Float(), nullable=True),
        sa.Column("readable", sa.Boolean(), nullable=False),
        sa.Column("sealed_reading", sa.LargeBinary(), nullable=True),
        sa.Column("measured_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "kind IN ('sponsor_identity', 'household_identity', 'caregiver_identity', 'child_identity', 'proof_of_address', 'proof_of_relationship', 'proof_of_income', 'release_authorization', 'sponsor_care_agreement', 'home_study_report', 'legal_guardianship', 'other')",
            name="document_kind_known",
        ),
        sa.ForeignKeyConstraint(
            ["application_id"],
            ["application.id"],
        ),
        sa.ForeignKeyConstraint(
            ["file_id"],
            ["document_file.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_document_application_id"), "document", ["application_id"], unique=False)
    op.create_index(op.f("ix_document_file_id"), "document", ["file_id"], unique=False)
    op.create_table(
        "finding",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("application_id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("severity", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("evidence_key", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("message", sa.String(), nullable=False),
        sa.Column("rule", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("evidence", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("found_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("settled_by", sa.Uuid(), nullable=True),
        sa.Column("reason", sa.String(), nullable=True),
        sa.CheckConstraint("severity IN ('block', 'review', 'note')", name="finding_severity_known"),
        sa.CheckConstraint(
            "state <> 'cleared' OR (settled_by IS NOT NULL AND reason IS NOT NULL AND severity = 'review')",
            name="finding_cleared_needs_person_and_reason",
        ),
        sa.CheckConstraint("state IN ('open', 'cleared', 'resolved')", name="finding_state_known"),
        sa.ForeignKeyConstraint(
            ["application_id"],
            ["application.id"],
        ),
        sa.ForeignKeyConstraint(
            ["settled_by"],
            ["staff.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("application_id", "code", "subject", "evidence_key", name="finding_once"),
    )
    op.create_index(op.f("ix_finding_application_id"), "finding", ["application_id"], unique=False)
    op.create_table(
        "household_member",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("application_id", sa.Uuid(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("sealed_details", sa.LargeBinary(), nullable=False),
        sa.Column("name_key", sa.LargeBinary(), nullable=False),
        sa.Column("identity_key", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(
            ["application_id"],
            ["application.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        op.f("ix_household_member_application_id"), "household_member", ["application_id"], unique=False
    )
    op.create_index(
        op.f("ix_household_member_identity_key"), "household_member", ["identity_key"], unique=False
    )
    op.create_index(op.f("ix_household_member_name_key"), "household_member", ["name_key"], unique=False)
    op.create_table(
        "link",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("application_id", sa.Uuid(), nullable=False),
        sa.Column("other_application_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("tier", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("state IN ('open', 'confirmed', 'split')", name="link_state_known"),
        sa.ForeignKeyConstraint(
            ["application_id"],
            ["application.id"],
        ),
        sa.ForeignKeyConstraint(
            ["decided_by"],
            ["staff.id"],
        ),
        sa.ForeignKeyConstraint(
            ["other_application_id"],
            ["application.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("application_id", "other_application_id", "kind", name="link_once"),
    )
    op.create_index(op.f("ix_link_application_id"), "link", ["application_id"], unique=False)
    op.create_index(op.f("ix_link_other_application_id"), "link", ["other_application_id"], unique=False)
    op.create_table(
        "phone_number",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("application_id", sa.Uuid(), nullable=False),
        sa.Column("party", sa.String(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("sealed_number", sa.LargeBinary(), nullable=False),
        sa.Column("phone_key", sa.LargeBinary(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("shared", sa.Boolean(), nullable=False),
        sa.Column("usable", sa.Boolean(), nullable=False),
        sa.Column("textable", sa.Boolean(), nullable=False),
        sa.Column("unusable_because", sa.String(), nullable=True),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("party IN ('child', 'sponsor', 'case')", name="phone_party_known"),
        sa.CheckConstraint(
            "role IN ('party', 'backup', 'care_plan', 'home_country')", name="phone_role_known"
        ),
        sa.ForeignKeyConstraint(
            ["application_id"],
            ["application.id"],
        ),
        sa.ForeignKeyConstraint(
            ["case_id"],
            ["child_case.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_phone_number_application_id"), "phone_number", ["application_id"], unique=False)
    op.create_index(op.f("ix_phone_number_case_id"), "phone_number", ["case_id"], unique=False)
    op.create_index(op.f("ix_phone_number_phone_key"), "phone_number", ["phone_key"], unique=False)
    op.create_index(
        "phone_once", "phone_number", ["application_id", "party", "role", "phone_key"], unique=True
    )
    op.create_table(
        "recommendation",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("application_id", sa.Uuid(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("value", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("given_by", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("superseded_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "value IN ('approve', 'approve_with_prs', 'home_study', 'remand', 'deny')",
            name="recommendation_value_known",
        ),
        sa.ForeignKeyConstraint(
            ["application_id"],
            ["application.id"],
        ),
        sa.ForeignKeyConstraint(
            ["given_by"],
            ["staff.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        op.f("ix_recommendation_application_id"), "recommendation", ["application_id"], unique=False
    )
    op.create_index(
        "recommendation_once",
        "recommendation",
        ["application_id", "role"],
        unique=True,
        postgresql_where=sa.text("superseded_at IS NULL"),
    )
    op.create_table(
        "release",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("application_id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("released_on", sa.Date(), nullable=False),
        sa.Column("prs", sa.Boolean(), nullable=False),
        sa.Column("released_by", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["application_id"],
            ["application.id"],
        ),
        sa.ForeignKeyConstraint(
            ["case_id"],
            ["child_case.id"],
        ),
        sa.ForeignKeyConstraint(
            ["released_by"],
            ["staff.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("application_id"),
        sa.UniqueConstraint("case_id"),
    )
    op.create_table(
        "waiver",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("application_id", sa.Uuid(), nullable=False),
        sa.Column("item", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("proposed_by", sa.Uuid(), nullable=False),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("approved_by", sa.Uuid(), nullable=True),
        sa.Column("approved_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "approved_by IS NULL OR (approved_by <> proposed_by AND approved_at IS NOT NULL)",
            name="waiver_four_eyes",
        ),
        sa.ForeignKeyConstraint(
            ["application_id"],
            ["application.id"],
        ),
        sa.ForeignKeyConstraint(
            ["approved_by"],
            ["staff.id"],
        ),
        sa.ForeignKeyConstraint(
            ["proposed_by"],
            ["staff.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("application_id", "item", "subject", name="waiver_once"),
    )
    op.create_index(op.f("ix_waiver_application_id"), "waiver", ["application_id"], unique=False)
    op.create_table(
        "call",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("obligation_id", sa.Uuid(), nullable=True),
        sa.Column("number_id", sa.Uuid(), nullable=True),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("party", sa.String(), nullable=False),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("not_after", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("provider_ref", sa.String(), nullable=True),
        sa.Column("outcome", sa.String(), nullable=True),
        sa.Column("digits", sa.String(), nullable=True),
        sa.Column("answered_by", sa.String(), nullable=True),
        sa.Column("spoke_with", sa.String(), nullable=False),
        sa.Column("sealed_answers", sa.LargeBinary(), nullable=True),
        sa.Column("called_by", sa.Uuid(), nullable=True),
        sa.Column("simulated", sa.Boolean(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("kind IN ('human', 'automated')", name="call_kind_known"),
        sa.CheckConstraint(
            "outcome IS NULL OR outcome IN ('reached_alone', 'reached_not_alone', 'sponsor_only', 'not_living_there', 'missing', 'moved', 'no_answer', 'busy', 'machine', 'wrong_number', 'refused', 'language_barrier')",
            name="call_outcome_known",
        ),
        sa.CheckConstraint(
            "spoke_with <> 'child' OR outcome IN ('reached_alone', 'reached_not_alone', 'not_living_there', 'moved')",
            name="call_child_was_heard",
        ),
        sa.CheckConstraint(
            "spoke_with = 'nobody' OR (kind = 'human' AND state = 'done' AND called_by IS NOT NULL AND outcome IS NOT NULL)",
            name="call_spoke_needs_a_person",
        ),
        sa.CheckConstraint(
            "spoke_with IN ('nobody', 'child', 'sponsor', 'other')", name="call_spoke_with_known"
        ),
        sa.CheckConstraint(
            "state IN ('due', 'claimed', 'placed', 'done', 'cancelled', 'unknown')", name="call_state_known"
        ),
        sa.ForeignKeyConstraint(
            ["called_by"],
            ["staff.id"],
        ),
        sa.ForeignKeyConstraint(
            ["case_id"],
            ["child_case.id"],
        ),
        sa.ForeignKeyConstraint(
            ["number_id"],
            ["phone_number.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("id", "case_id", "spoke_with", name="call_spoke_with"),
    )
    op.create_index("call_due", "call", ["due_at"], unique=False, postgresql_where=sa.text("state = 'due'"))
    op.create_index(
        "call_one_live",
        "call",
        ["obligation_id", "step"],
        unique=True,
        postgresql_where=sa.text("state IN ('due', 'claimed', 'placed', 'unknown')"),
    )
    op.create_index(op.f("ix_call_case_id"), "call", ["case_id"], unique=False)
    op.create_index(op.f("ix_call_obligation_id"), "call", ["obligation_id"], unique=False)
    op.create_index(op.f("ix_call_provider_ref"), "call", ["provider_ref"], unique=False)
    op.create_table(
        "confirmation",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("application_id", sa.Uuid(), nullable=False),
        sa.Column("document_id", sa.Uuid(), nullable=False),
        sa.Column("item", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("sealed_typed", sa.LargeBinary(), nullable=False),
        sa.Column("agrees", sa.Boolean(), nullable=True),
        sa.Column("differs", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("expires_on", sa.Date(), nullable=True),
        sa.Column("confirmed_by", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["application_id"],
            ["application.id"],
        ),
        sa.ForeignKeyConstraint(
            ["confirmed_by"],
            ["staff.id"],
        ),
        sa.ForeignKeyConstraint(
            ["document_id"],
            ["document.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_confirmation_application_id"), "confirmation", ["application_id"], unique=False)
    op.create_index(op.f("ix_confirmation_document_id"), "confirmation", ["document_id"], unique=False)
    op.create_table(
        "consent",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number_id", sa.Uuid(), nullable=False),
        sa.Column("given", sa.Boolean(), nullable=False),
        sa.Column("language", sa.String(), nullable=True),
        sa.Column("method", sa.String(), nullable=False),
        sa.Column("wording", sa.String(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["number_id"],
            ["phone_number.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("consent_newest", "consent", ["number_id", "at"], unique=False)
    op.create_table(
        "evidence",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("row_id", sa.Uuid(), nullable=True),
        sa.Column("call_id", sa.Uuid(), nullable=True),
        sa.Column("spoke_with", sa.String(), nullable=False),
        sa.Column("by_staff", sa.Uuid(), nullable=True),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("note", sa.String(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "(kind = 'call') = (call_id IS NOT NULL AND spoke_with <> 'nobody')", name="evidence_call_spoke"
        ),
        sa.CheckConstraint("kind <> 'review' OR by_staff IS NOT NULL", name="evidence_review_needs_person"),
        sa.CheckConstraint("kind = 'call' OR row_id IS NOT NULL", name="evidence_names_a_row"),
        sa.CheckConstraint(
            "kind IN ('call', 'message', 'check', 'document', 'decision', 'review', 'release', 'hearing')",
            name="evidence_kind_known",
        ),
        sa.ForeignKeyConstraint(
            ["by_staff"],
            ["staff.id"],
        ),
        sa.ForeignKeyConstraint(
            ["call_id", "case_id", "spoke_with"],
            ["call.id", "call.case_id", "call.spoke_with"],
            name="evidence_call",
        ),
        sa.ForeignKeyConstraint(
            ["case_id"],
            ["child_case.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("id", "case_id", "kind", "spoke_with", name="evidence_kind"),
        sa.UniqueConstraint("id", "case_id", name="evidence_of_case"),
    )
    op.create_index(op.f("ix_evidence_case_id"), "evidence", ["case_id"], unique=False)
    op.create_table(
        "obligation",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("application_id", sa.Uuid(), nullable=True),
        sa.Column("side", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("party", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("opens_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("owned_until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("queue", sa.String(), nullable=False),
        sa.Column("policy_version", sa.String(), nullable=False),
        sa.Column("rule", sa.String(), nullable=False),
        sa.Column("in_sight", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("evidence_id", sa.Uuid(), nullable=True),
        sa.Column("evidence_kind", sa.String(), nullable=True),
        sa.Column("spoke_with", sa.String(), nullable=True),
        sa.Column("successor_id", sa.Uuid(), nullable=True),
        sa.Column("by_closure", sa.Boolean(), nullable=False),
        sa.Column("waived_by", sa.Uuid(), nullable=True),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("detail", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("(state = 'open') = (ended_at IS NULL)", name="obligation_ends_at_a_time"),
        sa.CheckConstraint(
            "NOT (kind IN ('welfare_call', 'sight_check', 'hear_child_alone')) OR side = 'followup'",
            name="obligation_spoken_is_followup",
        ),
        sa.CheckConstraint("NOT in_sight OR side = 'followup'", name="obligation_in_sight_is_followup"),
        sa.CheckConstraint(
            "kind <> 'hear_child_alone' OR party = 'child'", name="obligation_hear_child_alone"
        ),
        sa.CheckConstraint("party IN ('child', 'sponsor', 'case')", name="obligation_party_known"),
        sa.CheckConstraint("side IN ('vetting', 'followup')", name="obligation_side_known"),
        sa.CheckConstraint(
            "state <> 'settled' OR (evidence_id IS NOT NULL AND evidence_kind IS NOT NULL AND spoke_with IS NOT NULL AND ended_at IS NOT NULL)",
            name="obligation_settled_needs_evidence",
        ),
        sa.CheckConstraint(
            "state <> 'settled' OR NOT (kind IN ('welfare_call', 'sight_check', 'hear_child_alone')) OR (evidence_kind = 'call' AND (party = 'case' OR spoke_with = party))",
            name="obligation_spoken_needs_call",
        ),
        sa.CheckConstraint(
            "state <> 'void' OR successor_id IS NOT NULL OR (by_closure AND reason IS NOT NULL)",
            name="obligation_void_names_successor_or_closure",
        ),
        sa.CheckConstraint(
            "state <> 'waived' OR (side = 'vetting' AND waived_by IS NOT NULL AND reason IS NOT NULL)",
            name="obligation_waived_only_in_vetting",
        ),
        sa.CheckConstraint("state IN ('open', 'settled', 'waived', 'void')", name="obligation_state_known"),
        sa.CheckConstraint(
            "due_at >= opens_at AND owned_until >= due_at AND isfinite(owned_until)", name="obligation_window"
        ),
        sa.CheckConstraint("successor_id <> id", name="obligation_not_its_own_successor"),
        sa.ForeignKeyConstraint(
            ["application_id"],
            ["application.id"],
        ),
        sa.ForeignKeyConstraint(
            ["case_id"],
            ["child_case.id"],
        ),
        sa.ForeignKeyConstraint(
            ["evidence_id", "case_id", "evidence_kind", "spoke_with"],
            ["evidence.id", "evidence.case_id", "evidence.kind", "evidence.spoke_with"],
            name="obligation_evidence",
        ),
        sa.ForeignKeyConstraint(
            ["successor_id", "case_id"], ["obligation.id", "obligation.case_id"], name="obligation_successor"
        ),
        sa.ForeignKeyConstraint(
            ["waived_by"],
            ["staff.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("id", "case_id", name="obligation_of_case"),
    )
    op.create_index(op.f("ix_obligation_application_id"), "obligation", ["application_id"], unique=False)
    op.create_index("obligation_case", "obligation", ["case_id"], unique=False)
    op.create_index(
        "obligation_due", "obligation", ["due_at"], unique=False, postgresql_where=sa.text("state = 'open'")
    )
    op.create_index(
        "obligation_in_sight",
        "obligation",
        ["case_id", "due_at"],
        unique=False,
        postgresql_where=sa.text("state = 'open' AND in_sight"),
    )
    op.create_index(
        "obligation_next",
        "obligation",
        ["next_at"],
        unique=False,
        postgresql_where=sa.text("state = 'open' AND next_at IS NOT NULL"),
    )
    op.create_index(
        "obligation_one_open",
        "obligation",
        ["case_id", "kind", "party", "key"],
        unique=True,
        postgresql_where=sa.text("state = 'open'"),
    )
    op.create_table(
        "escalation",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("obligation_id", sa.Uuid(), nullable=True),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("rule", sa.String(), nullable=False),
        sa.Column("policy_version", sa.String(), nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("queue", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("owner", sa.Uuid(), nullable=True),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("acknowledge_by", sa.DateTime(timezone=True), nullable=False),
        sa.Column("resolve_by", sa.DateTime(timezone=True), nullable=False),
        sa.Column("owned_until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("acknowledged_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("resolved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("resolved_by", sa.Uuid(), nullable=True),
        sa.Column("outcome", sa.String(), nullable=True),
        sa.Column("evidence_id", sa.Uuid(), nullable=True),
        sa.Column("successor_id", sa.Uuid(), nullable=True),
        sa.Column("by_closure", sa.Boolean(), nullable=False),
        sa.CheckConstraint(
            "state <> 'resolved' OR (resolved_by IS NOT NULL AND outcome IS NOT NULL AND resolved_at IS NOT NULL AND (evidence_id IS NOT NULL OR successor_id IS NOT NULL OR by_closure))",
            name="escalation_cannot_just_close",
        ),
        sa.CheckConstraint(
            "state = 'open' OR (owner IS NOT NULL AND acknowledged_at IS NOT NULL)",
            name="escalation_taken_needs_owner",
        ),
        sa.CheckConstraint("state IN ('open', 'acknowledged', 'resolved')", name="escalation_state_known"),
        sa.CheckConstraint("isfinite(owned_until)", name="escalation_window"),
        sa.ForeignKeyConstraint(
            ["case_id"],
            ["child_case.id"],
        ),
        sa.ForeignKeyConstraint(
            ["evidence_id", "case_id"], ["evidence.id", "evidence.case_id"], name="escalation_evidence"
        ),
        sa.ForeignKeyConstraint(
            ["obligation_id", "case_id"],
            ["obligation.id", "obligation.case_id"],
            name="escalation_obligation",
        ),
        sa.ForeignKeyConstraint(
            ["owner"],
            ["staff.id"],
        ),
        sa.ForeignKeyConstraint(
            ["resolved_by"],
            ["staff.id"],
        ),
        sa.ForeignKeyConstraint(
            ["successor_id", "case_id"], ["obligation.id", "obligation.case_id"], name="escalation_successor"
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "escalation_one_open",
        "escalation",
        ["case_id", "reason", "key"],
        unique=True,
        postgresql_where=sa.text("state <> 'resolved'"),
    )
    op.create_index(
        "escalation_open",
        "escalation",
        ["case_id"],
        unique=False,
        postgresql_where=sa.text("state <> 'resolved'"),
    )
    op.create_index(op.f("ix_escalation_obligation_id"), "escalation", ["obligation_id"], unique=False)
    op.create_table(
        "message",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("obligation_id", sa.Uuid(), nullable=True),
        sa.Column("number_id", sa.Uuid(), nullable=False),
        sa.Column("to_party", sa.String(), nullable=False),
        sa.Column("purpose", sa.String(), nullable=False),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("answer", sa.Boolean(), nullable=False),
        sa.Column("template", sa.String(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("params", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("send_after", sa.DateTime(timezone=True), nullable=False),
        sa.Column("not_after", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("looked_up", sa.Integer(), nullable=False),
        sa.Column("asked_to_wait", sa.Boolean(), nullable=False),
        sa.Column("provider_ref", sa.String(), nullable=True),
        sa.Column("error_code", sa.String(), nullable=True),
        sa.Column("segments", sa.Integer(), nullable=True),
        sa.Column("claimed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "state IN ('queued', 'claimed', 'accepted', 'delivered', 'undelivered', 'failed', 'expired', 'cancelled', 'unknown')",
            name="message_state_known",
        ),
        sa.CheckConstraint("not_after > send_after", name="message_window"),
        sa.ForeignKeyConstraint(
            ["case_id"],
            ["child_case.id"],
        ),
        sa.ForeignKeyConstraint(
            ["number_id"],
            ["phone_number.id"],
        ),
        sa.ForeignKeyConstraint(
            ["obligation_id"],
            ["obligation.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_message_number_id"), "message", ["number_id"], unique=False)
    op.create_index(op.f("ix_message_obligation_id"), "message", ["obligation_id"], unique=False)
    op.create_index(op.f("ix_message_provider_ref"), "message", ["provider_ref"], unique=False)
    op.create_index("message_case", "message", ["case_id"], unique=False)
    op.create_index(
        "message_due", "message", ["send_after"], unique=False, postgresql_where=sa.text("state = 'queued'")
    )
    op.create_index(
        "message_leased",
        "message",
        ["lease_until"],
        unique=False,
        postgresql_where=sa.text("state = 'claimed'"),
    )
    op.create_index(
        "message_one_live",
        "message",
        ["obligation_id", "purpose"],
        unique=True,
        postgresql_where=sa.text("state IN ('queued', 'claimed', 'accepted', 'delivered', 'unknown')"),
    )
    op.create_index(
        "message_one_live_answer",
        "message",
        ["number_id", "purpose"],
        unique=True,
        postgresql_where=sa.text(
            "obligation_id IS NULL AND state IN ('queued', 'claimed', 'accepted', 'delivered', 'unknown')"
        ),
    )
    op.create_table(
        "attempt",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("obligation_id", sa.Uuid(), nullable=False),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("serial", sa.Integer(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("number_id", sa.Uuid(), nullable=True),
        sa.Column("message_id", sa.Uuid(), nullable=True),
        sa.Column("call_id", sa.Uuid(), nullable=True),
        sa.Column("provider_ref", sa.String(), nullable=True),
        sa.CheckConstraint(
            "channel IN ('text', 'automated_call', 'human_call', 'visit')", name="attempt_channel_known"
        ),
        sa.ForeignKeyConstraint(
            ["call_id"],
            ["call.id"],
        ),
        sa.ForeignKeyConstraint(
            ["message_id"],
            ["message.id"],
        ),
        sa.ForeignKeyConstraint(
            ["number_id"],
            ["phone_number.id"],
        ),
        sa.ForeignKeyConstraint(
            ["obligation_id"],
            ["obligation.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("obligation_id", "step", "serial", name="attempt_once"),
    )
    op.create_index(op.f("ix_attempt_call_id"), "attempt", ["call_id"], unique=False)
    op.create_index(op.f("ix_attempt_message_id"), "attempt", ["message_id"], unique=False)
    op.create_index(op.f("ix_attempt_obligation_id"), "attempt", ["obligation_id"], unique=False)
    op.create_table(
        "inbound_text",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number_id", sa.Uuid(), nullable=True),
        sa.Column("case_id", sa.Uuid(), nullable=True),
        sa.Column("message_id", sa.Uuid(), nullable=True),
        sa.Column("provider_ref", sa.String(), nullable=False),
        sa.Column("phone_key", sa.LargeBinary(), nullable=False),
        sa.Column("sealed_body", sa.LargeBinary(), nullable=False),
        sa.Column("meaning", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["case_id"],
            ["child_case.id"],
        ),
        sa.ForeignKeyConstraint(
            ["message_id"],
            ["message.id"],
        ),
        sa.ForeignKeyConstraint(
            ["number_id"],
            ["phone_number.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("provider_ref"),
    )
    op.create_index(op.f("ix_inbound_text_case_id"), "inbound_text", ["case_id"], unique=False)
    op.create_index(op.f("ix_inbound_text_number_id"), "inbound_text", ["number_id"], unique=False)
    op.create_index(op.f("ix_inbound_text_phone_key"), "inbound_text", ["phone_key"], unique=False)
    op.create_foreign_key("call_obligation", "call", "obligation", ["obligation_id"], ["id"])
    _refusals()


# What the database itself refuses, beyond the CHECKs and keys above.
_KEPT = ("history", "audit_entry", "audit_block", "consent", "evidence", "application_revision")

_NOT_REMOVED = (
    "act",
    "application",
    "attempt",
    "background_check",
    "call",
    "child",
    "child_case",
    "confirmation",
    "decision",
    "finding",
    "inbound_text",
    "message",
    "recommendation",
    "release",
    "waiver",
)

_TRIGGERS = """
CREATE FUNCTION kinline_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'rows of % are kept as they were written', TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation';
END $$;

CREATE FUNCTION kinline_notify_job() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('kinline_job', NEW.kind);
    RETURN NULL;
END $$;

-- No silent child: at commit, a child in follow-up has an open duty that keeps it in sight, or an open
-- escalation. Only the two ways to lose the last one are looked at, so sweeps pay nothing.
CREATE FUNCTION kinline_child_in_sight() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    looked_at uuid := (to_jsonb(OLD) ->> TG_ARGV[0])::uuid;
BEGIN
    -- The lock makes two transactions that each end one of the last two duties wait for each other. It
    -- helps only where each statement sees what the other has committed.
    IF current_setting('transaction_isolation') <> 'read committed' THEN
        RAISE EXCEPTION 'the ledger is changed under READ COMMITTED' USING ERRCODE = 'check_violation';
    END IF;
    PERFORM 1 FROM child_case c WHERE c.id = looked_at FOR NO KEY UPDATE;
    IF EXISTS (SELECT 1 FROM child_case c WHERE c.id = looked_at
                                           AND c.state IN ('in_follow_up', 'lost_contact'))
       AND NOT EXISTS (SELECT 1 FROM obligation o WHERE o.case_id = looked_at
                                                    AND o.state = 'open' AND o.in_sight)
       AND NOT EXISTS (SELECT 1 FROM escalation e WHERE e.case_id = looked_at AND e.state <> 'resolved')
    THEN
        RAISE EXCEPTION 'case % would fall silent: nothing keeps the child in sight', looked_at
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;

CREATE CONSTRAINT TRIGGER obligation_child_in_sight AFTER UPDATE ON obligation
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
    WHEN (OLD.state = 'open' AND OLD.in_sight
          AND (NEW.state <> 'open' OR NOT NEW.in_sight OR NEW.case_id <> OLD.case_id))
    EXECUTE FUNCTION kinline_child_in_sight('case_id');
CREATE CONSTRAINT TRIGGER escalation_child_in_sight AFTER UPDATE ON escalation
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
    WHEN (OLD.state <> 'resolved' AND (NEW.state = 'resolved' OR NEW.case_id <> OLD.case_id))
    EXECUTE FUNCTION kinline_child_in_sight('case_id');
CREATE CONSTRAINT TRIGGER case_child_in_sight AFTER UPDATE ON child_case
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
    WHEN (OLD.state IS DISTINCT FROM NEW.state AND NEW.state IN ('in_follow_up', 'lost_contact'))
    EXECUTE FUNCTION kinline_child_in_sight('id');

-- What has ended stays as it ended, and no duty becomes another child's or another kind of duty.
CREATE FUNCTION kinline_duty_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.state <> 'open' THEN
        RAISE EXCEPTION 'obligation % has ended and stays as it is', OLD.id USING ERRCODE = 'restrict_violation';
    END IF;
    IF (NEW.case_id, NEW.side, NEW.kind, NEW.party, NEW.key, NEW.opens_at, NEW.in_sight)
       IS DISTINCT FROM (OLD.case_id, OLD.side, OLD.kind, OLD.party, OLD.key, OLD.opens_at, OLD.in_sight) THEN
        RAISE EXCEPTION 'obligation % stays what it was opened as', OLD.id USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER obligation_stays BEFORE UPDATE ON obligation
    FOR EACH ROW EXECUTE FUNCTION kinline_duty_stays();

-- "It ended with the case" is believed only of a case that is closed.
CREATE FUNCTION kinline_closure_is_real() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM 1 FROM child_case c WHERE c.id = NEW.case_id FOR NO KEY UPDATE;
    IF NOT EXISTS (SELECT 1 FROM child_case c WHERE c.id = NEW.case_id AND c.state = 'closed') THEN
        RAISE EXCEPTION 'case % is not closed', NEW.case_id USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER obligation_closure_is_real AFTER UPDATE ON obligation
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
    WHEN (OLD.state = 'open' AND NEW.state = 'void' AND NEW.by_closure AND NEW.side = 'followup'
          AND NEW.successor_id IS NULL)
    EXECUTE FUNCTION kinline_closure_is_real();
CREATE CONSTRAINT TRIGGER escalation_closure_is_real AFTER UPDATE ON escalation
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
    WHEN (OLD.state <> 'resolved' AND NEW.state = 'resolved' AND NEW.by_closure
          AND NEW.evidence_id IS NULL AND NEW.successor_id IS NULL)
    EXECUTE FUNCTION kinline_closure_is_real();

-- A case that closes leaves no duty and no alarm behind; one that was released stays released.
CREATE FUNCTION kinline_case_closes_whole() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM child_case c WHERE c.id = NEW.id AND c.state = 'closed')
       AND (EXISTS (SELECT 1 FROM obligation o WHERE o.case_id = NEW.id AND o.state = 'open'
                                                 AND o.side = 'followup')
            OR EXISTS (SELECT 1 FROM escalation e WHERE e.case_id = NEW.id AND e.state <> 'resolved'))
    THEN
        RAISE EXCEPTION 'case % closes with something still open', NEW.id USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER case_closes_whole AFTER UPDATE ON child_case
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
    WHEN (OLD.state <> 'closed' AND NEW.state = 'closed')
    EXECUTE FUNCTION kinline_case_closes_whole();

CREATE FUNCTION kinline_release_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'case % has been released and stays so', OLD.id USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER case_release_stays BEFORE UPDATE ON child_case FOR EACH ROW
    WHEN (NEW.child_id <> OLD.child_id
          OR (OLD.released_at IS NOT NULL
              AND (NEW.released_at IS DISTINCT FROM OLD.released_at OR NEW.state = 'in_care')))
    EXECUTE FUNCTION kinline_release_stays();

CREATE FUNCTION kinline_escalation_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.state = 'resolved' OR (NEW.case_id, NEW.reason, NEW.key, NEW.opened_at)
       IS DISTINCT FROM (OLD.case_id, OLD.reason, OLD.key, OLD.opened_at) THEN
        RAISE EXCEPTION 'escalation % stays what it is', OLD.id USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER escalation_stays BEFORE UPDATE ON escalation
    FOR EACH ROW EXECUTE FUNCTION kinline_escalation_stays();

-- What a person wrote down of a call, and how a text ended, is not rewritten.
CREATE FUNCTION kinline_said_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% % stays as it was written', TG_TABLE_NAME, OLD.id USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER call_stays BEFORE UPDATE ON call FOR EACH ROW
    WHEN (OLD.kind = 'human' AND OLD.state = 'done'
          AND (NEW.case_id, NEW.kind, NEW.party, NEW.state, NEW.outcome, NEW.spoke_with, NEW.called_by, NEW.simulated, NEW.at)
              IS DISTINCT FROM
              (OLD.case_id, OLD.kind, OLD.party, OLD.state, OLD.outcome, OLD.spoke_with, OLD.called_by, OLD.simulated, OLD.at))
    EXECUTE FUNCTION kinline_said_stays();
CREATE TRIGGER message_stays BEFORE UPDATE ON message FOR EACH ROW
    WHEN (NEW.case_id <> OLD.case_id OR NEW.number_id <> OLD.number_id
          OR (OLD.state IN ('delivered', 'undelivered', 'failed', 'expired', 'cancelled')
              AND NEW.state <> OLD.state))
    EXECUTE FUNCTION kinline_said_stays();

CREATE TRIGGER obligation_kept BEFORE DELETE ON obligation
    FOR EACH ROW EXECUTE FUNCTION kinline_refuse_change();
CREATE TRIGGER escalation_kept BEFORE DELETE ON escalation
    FOR EACH ROW EXECUTE FUNCTION kinline_refuse_change();
CREATE TRIGGER job_notify AFTER INSERT ON job FOR EACH ROW EXECUTE FUNCTION kinline_notify_job();
"""


def _refusals() -> None:
    op.execute(_TRIGGERS)
    for table in ("obligation", "escalation"):
        op.execute(
            f"CREATE TRIGGER {table}_not_emptied BEFORE TRUNCATE ON {table}"
            " FOR EACH STATEMENT EXECUTE FUNCTION kinline_refuse_change()"
        )
    for table in _NOT_REMOVED:
        op.execute(
            f"CREATE TRIGGER {table}_kept BEFORE DELETE ON {table}"
            " FOR EACH ROW EXECUTE FUNCTION kinline_refuse_change()"
        )
        op.execute(
            f"CREATE TRIGGER {table}_not_emptied BEFORE TRUNCATE ON {table}"
            " FOR EACH STATEMENT EXECUTE FUNCTION kinline_refuse_change()"
        )
    for table in _KEPT:
        op.execute(
            f"CREATE TRIGGER {table}_kept BEFORE UPDATE OR DELETE ON {table}"
            " FOR EACH ROW EXECUTE FUNCTION kinline_refuse_change()"
        )
        op.execute(
            f"CREATE TRIGGER {table}_not_emptied BEFORE TRUNCATE ON {table}"
            " FOR EACH STATEMENT EXECUTE FUNCTION kinline_refuse_change()"
        )


def downgrade() -> None:
    raise NotImplementedError("Kinline's migrations go forward only: rows of the ledger are never dropped.")

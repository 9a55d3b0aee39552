"""The pages of the packet form, and every question on them: where its answer stands in the packet, and why it is asked.

A question without a `why` may stay open. The words are those that a person reads.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

Kind = Literal[
    "text", "names", "day", "noon", "moment", "yes_no", "choice", "number", "phone", "a_number", "country",
    "languages", "state", "states",
]  # fmt: skip
Options = tuple[tuple[str, str], ...]
# Household members, contacts and hearings: as many as there are.
ListName = Literal["household", "contacts", "hearings"]


@dataclass(frozen=True, slots=True)
class Question:
    """One question. `path`: where the answer stands in the packet, or in its entry of a list; none: it only steers."""

    name: str
    path: str
    label: str
    kind: Kind = "text"
    hint: str = ""
    why: str = ""
    options: Options = ()
    longest: int = 300
    # Asked for only when that other question of the page is answered with yes.
    only_if: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    """One page of the form. `list_name`: its questions are asked for each entry of that list."""

    slug: str
    title: str
    group: str
    questions: tuple[Question, ...]
    intro: str = ""
    list_name: ListName | None = None
    one: str = ""  # what an entry is called
    nobody: str = ""  # what is said when the list is empty and complete
    why: str = ""  # why the list is asked for


_DAY = "As 2012-05-02 or 5/2/2012."
_PHONE = "As (713) 555-0101; from another country with + and its code."
_LANGUAGES = "The best one first, with commas between: Spanish, Mam. A code such as quc is taken too."
_IDENTITY_TYPES = "As passport, consular id, state id, driver license, birth certificate."


def _identity(path: str, prefix: str = "", only_if: str = "") -> tuple[Question, ...]:
    return (
        Question(
            f"{prefix}id_type",
            f"{path}.type",
            "Kind of identity document",
            hint=f"{_IDENTITY_TYPES} Leave all four empty if there is none.",
            only_if=only_if,
        ),
        Question(
            f"{prefix}id_issuer",
            f"{path}.issuer",
            "Who issued it",
            hint="A country or a state, as GT or US-TX.",
            only_if=only_if,
        ),
        Question(f"{prefix}id_number", f"{path}.number", "Its number", only_if=only_if),
        Question(
            f"{prefix}id_expires", f"{path}.expires_on", "Valid until", "day", hint=_DAY, only_if=only_if
        ),
    )


def _consent(who: str, words: str) -> tuple[Question, ...]:
    path = f"{who}.text_consent"
    steer = f"{who}_texts"
    held: tuple[Question, ...] = (
        Question(
            "child_phone_held_by",
            f"{path}.phone_held_by",
            "Who holds the child's telephone",
            "choice",
            options=(
                ("child", "The child"),
                ("sponsor", "The sponsor"),
                ("shared", "Several share it"),
                ("other", "Somebody else"),
            ),
            only_if=steer,
        ),
    )
    return (
        Question(
            steer,
            f"{path}.given",
            f"Does {words} agree to text messages?",
            "yes_no",
            why="Without a yes no text is sent to this person, and every contact is a call by a person.",
        ),
        Question(
            f"{who}_texts_language",
            f"{path}.language",
            "In which language",
            "languages",
            hint="One language, as Spanish.",
            only_if=steer,
        ),
        Question(
            f"{who}_texts_on", f"{path}.at", "On which day they agreed", "noon", hint=_DAY, only_if=steer,
            why="A consent counts from a day on.",
        ),
        Question(
            f"{who}_texts_method",
            f"{path}.method",
            "How they agreed",
            "choice",
            options=(
                ("signed_form", "A signed form"),
                ("spoken", "Spoken"),
                ("web_form", "A form on the web"),
                ("text", "By text"),
            ),
            only_if=steer,
        ),
        *(held if who == "child" else ()),
    )  # fmt: skip


def _circumstance(name: str, label: str) -> Question:
    return Question(
        name,
        f"child.circumstances.{name}",
        label,
        "yes_no",
        why="It decides whether a home study is required by law.",
    )


# Of the courts' clocks.
ZONES: Mapping[str, str] = {
    "America/New_York": "Eastern",
    "America/Chicago": "Central",
    "America/Denver": "Mountain",
    "America/Phoenix": "Arizona",
    "America/Los_Angeles": "Pacific",
    "America/Anchorage": "Alaska",
    "Pacific/Honolulu": "Hawaii",
    "America/Puerto_Rico": "Puerto Rico",
}
SECTIONS: tuple[Section, ...] = (
    Section(
        "packet",
        "Who hands the packet in",
        "About the packet",
        (
            Question("care_provider", "care_provider", "Care provider", hint="The shelter or program.",
                     why="The case belongs to a care provider."),
            Question("reference", "reference", "Reference",
                     hint="Kinline made this one. Put your own in its place if you have one.", longest=64,
                     why="By it you find the packet again."),
        ),
    ),
    Section(
        "child",
        "Who the child is",
        "The child",
        (
            Question("given_names", "child.given_names", "Given names", why="The child is to be known by name."),
            Question("family_names", "child.family_names", "Family names", why="The child is to be known by name."),
            Question("a_number", "child.a_number", "A-number", "a_number", hint="Nine digits, with or without the A.",
                     why="It says surely which child this is.", longest=20),
            Question("date_of_birth", "child.date_of_birth", "Date of birth", "day", hint=_DAY,
                     why="The age decides which rules hold.", longest=20),
            Question("sex", "child.sex", "Sex", "choice",
                     options=(("female", "Female"), ("male", "Male"), ("x", "X"), ("unknown", "Not known"))),
            Question("country_of_birth", "child.country_of_birth", "Country of birth", "country",
                     hint="As Guatemala or GT.", longest=60),
            Question("languages", "child.languages", "Languages", "languages", hint=_LANGUAGES,
                     why="The child must be called in a language that it speaks."),
            Question("entered_care_on", "child.entered_care_on", "Day on which the child came into care", "day",
                     hint=_DAY, why="It decides under which policy the packet is judged.", longest=20),
            Question("phone", "child.phone", "The child's own telephone", "phone", hint=_PHONE, longest=30),
        ),
    ),
    Section(
        "circumstances",
        "What the child has been through",
        "The child",
        (
            _circumstance("trafficking_victim", "Is there a sign that the child was trafficked?"),
            _circumstance("disability", "Has the child a disability?"),
            _circumstance("abused", "Is there a sign that the child was abused?"),
            _circumstance("especially_vulnerable", "Is the child especially vulnerable for another reason?"),
        ),
        intro="Answer by what is known today. A yes never speaks against the child.",
    ),
    Section(
        "sponsor",
        "Who the sponsor is",
        "The sponsor",
        (
            Question("given_names", "sponsor.given_names", "Given names", why="The sponsor is to be known by name."),
            Question("family_names", "sponsor.family_names", "Family names", why="The sponsor is to be known by name."),
            Question("other_names", "sponsor.other_names", "Other names", "names",
                     hint="Whole names, with semicolons between."),
            Question("date_of_birth", "sponsor.date_of_birth", "Date of birth", "day", hint=_DAY,
                     why="Checks are made by name and date of birth.", longest=20),
            Question("languages", "sponsor.languages", "Languages", "languages", hint=_LANGUAGES,
                     why="The sponsor must be called in a language that they speak."),
            *_identity("sponsor.identity_document"),
        ),
    ),
    Section(
        "relationship",
        "How the sponsor stands to the child",
        "The sponsor",
        (
            Question("relationship", "sponsor.relationship", "The sponsor is the child's ...",
                     hint="As mother, aunt, first cousin, family friend.",
                     why="The relationship decides what policy asks for."),
            Question("related", "sponsor.related", "Are they related?", "yes_no",
                     why="For who is not related the rules are stricter."),
            Question("was_primary_caregiver", "sponsor.was_primary_caregiver",
                     "Has the child lived in the sponsor's care before?", "yes_no",
                     why="It changes the sponsor's category."),
            Question("sponsored_before", "sponsor.sponsored_before", "How many children have they sponsored before?",
                     "number", hint="0 if none.", why="Some rules begin with the third child.", longest=3),
        ),
    ),
    Section(
        "contact",
        "How to reach the sponsor",
        "The sponsor",
        (
            Question("phone", "sponsor.phone", "Telephone", "phone", hint=_PHONE,
                     why="Nobody can be followed up who can't be called.", longest=30),
            Question("backup_phone", "sponsor.backup_phone", "Another telephone", "phone", hint=_PHONE, longest=30),
            Question("email", "sponsor.email", "E-mail address", longest=254),
        ),
    ),
    Section(
        "address",
        "Where the child would live",
        "The home",
        (
            Question("line1", "address.line1", "Street address", hint="Number and street, as 6576 Example Road.",
                     why="The home is looked at before a child moves in."),
            Question("unit", "address.unit", "Apartment or unit",
                     hint="Ask for it. A building of many homes is no address without it."),
            Question("city", "address.city", "City", why="The home is looked at before a child moves in."),
            Question("state", "address.state", "State", "state", hint="As TX.",
                     why="Some checks are made state by state.", longest=30),
            Question("zip", "address.zip", "ZIP code", hint="5 or 9 digits.",
                     why="It also gives the time zone for calls.", longest=10),
            Question("dwelling", "address.dwelling", "What kind of home", "choice",
                     options=(("house", "House"), ("apartment", "Apartment"), ("mobile_home", "Mobile home"),
                              ("room", "Room"), ("shelter", "Shelter"), ("other", "Other"))),
            Question("moved_in_on", "address.moved_in_on", "Living there since", "day", hint=_DAY, longest=20),
            Question("previous_states", "previous_states", "Other states the sponsor has lived in", "states",
                     hint="With commas between, as LA, NM."),
        ),
    ),
    Section(
        "household",
        "Who else lives there",
        "The home",
        (
            Question("given_names", "given_names", "Given names", why="Everybody in the home is to be known by name."),
            Question("family_names", "family_names", "Family names",
                     why="Everybody in the home is to be known by name."),
            Question("date_of_birth", "date_of_birth", "Date of birth", "day", hint=_DAY,
                     why="Adults in the home are checked.", longest=20),
            Question("relationship", "relationship_to_sponsor", "How they stand to the sponsor",
                     hint="As spouse, son, lodger.", why="It says who they are in the home."),
            *_identity("identity_document"),
        ),
        list_name="household",
        one="person",
        nobody="Nobody else lives there",
        why="Every adult in the home is checked. Say who lives there, or that nobody else does.",
    ),
    Section(
        "caregiver",
        "Who would take over",
        "The home",
        (
            Question("has_caregiver", "", "Is there an adult who would take over if the sponsor could not?", "yes_no",
                     why="The child needs somebody if the sponsor falls ill or is taken away."),
            Question("given_names", "alternate_caregiver.given_names", "Given names", only_if="has_caregiver",
                     why="This person is to be known by name."),
            Question("family_names", "alternate_caregiver.family_names", "Family names", only_if="has_caregiver",
                     why="This person is to be known by name."),
            Question("date_of_birth", "alternate_caregiver.date_of_birth", "Date of birth", "day", hint=_DAY,
                     only_if="has_caregiver", why="Checks are made by name and date of birth.", longest=20),
            Question("phone", "alternate_caregiver.phone", "Telephone", "phone", hint=_PHONE,
                     only_if="has_caregiver", longest=30),
            *_identity("alternate_caregiver.identity_document", only_if="has_caregiver"),
        ),
        intro="If there is nobody, answer no and leave the rest empty.",
    ),
    Section(
        "texts",
        "Agreement to text messages",
        "Staying in touch",
        (*_consent("child", "the child"), *_consent("sponsor", "the sponsor")),
    ),
    Section(
        "contacts",
        "Other people whom a caller may try",
        "Staying in touch",
        (
            Question("name", "name", "Name", why="A caller asks for a person by name."),
            Question("role", "role", "Who this is", "choice",
                     options=(("care_plan", "Named in the care plan"), ("home_country", "In the home country")),
                     why="People in the home country are called only after an approval."),
            Question("phone", "phone", "Telephone", "phone", hint=_PHONE, why="A contact is there to be called.",
                     longest=30),
            Question("languages", "languages", "Languages", "languages", hint=_LANGUAGES),
        ),
        list_name="contacts",
        one="contact",
        nobody="There is nobody else",
        why="When nobody answers, another person often knows where the child is.",
    ),
    Section(
        "hearings",
        "Court dates",
        "Staying in touch",
        (
            Question("hearing_key", "hearing_key", "The court's key of the hearing",
                     hint="Or a key of your own.", why="By it a change of the date is known again."),
            Question("court", "court", "Court", hint="As Houston.", why="The family must know where to go."),
            Question("starts_at", "starts_at", "Day and hour", "moment",
                     hint="By the court's clock, as 2026-03-04 09:30.", why="The family must know when to go.",
                     longest=30),
            Question("zone", "", "Time zone of the court", "choice",
                     options=tuple(ZONES.items()),
                     why="Without it the hour is in doubt."),
            Question("kind", "kind", "Kind of hearing", "choice",
                     options=(("master", "Master"), ("individual", "Individual"), ("other", "Other"))),
        ),
        list_name="hearings",
        one="hearing",
        nobody="No date is known",
        why="A child who misses a hearing may be ordered removed. Say which dates are known, or that none is.",
    ),
)  # fmt: skip
BY_SLUG: Mapping[str, Section] = {section.slug: section for section in SECTIONS}
DOCUMENTS = "documents"
PERSON_LISTS: Mapping[ListName, Section] = {s.list_name: s for s in SECTIONS if s.list_name is not None}


def groups() -> Iterator[tuple[str, tuple[Section, ...]]]:
    """The sections under their headings, in the order of the form."""
    for name in dict.fromkeys(section.group for section in SECTIONS):
        yield name, tuple(section for section in SECTIONS if section.group == name)

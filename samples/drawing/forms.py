"""Papers that are filled in or issued for one person: certificates, declarations, consents, pay stubs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from samples.drawing.sheet import BLACK, GREY, PALE, PEN, Sheet
from samples.drawing.words import long_date, money, sign, slash

Rng = np.random.Generator

_BLUE = "#24466e"


@dataclass(frozen=True)
class Birth:
    """What a birth certificate says."""

    name: str
    born_on: date
    country: str
    mother: str
    father: str
    number: str


def birth_certificate(birth: Birth, rng: Rng) -> Sheet:
    """A certificate of a civil registry that does not exist, in Spanish."""
    sheet = Sheet(title="Certificado de nacimiento, muestra")
    for inset, line in ((22, 2.2), (28, 0.7), (33, 0.7)):
        sheet.box(inset, inset, 612 - 2 * inset, 792 - 2 * inset, stroke="#4e6b56", line=line)
    sheet.stamp(306, 470, "MUESTRA", 108, "#4e6b56", 38, 0.07)
    sheet.seal(306, 86, 38, "REGISTRO CIVIL * MUESTRA *", "#4e6b56")
    sheet.text(306, 146, "REGISTRO CIVIL DE EJEMPLO", 17, "Times-Bold", "#2f4a38", "centre")
    sheet.text(306, 165, "Certificado de Nacimiento", 15, "Times-Italic", "#2f4a38", "centre")
    sheet.text(64, 198, f"Certificado No. {birth.number}", 10.5, "Courier-Bold")
    sheet.text(
        548,
        198,
        f"Tomo {rng.integers(11, 98)}   Folio {rng.integers(100, 480)}",
        10.5,
        "Courier",
        align="right",
    )
    rows = (
        ("Nombre de la persona inscrita", birth.name.upper()),
        ("Fecha de nacimiento", long_date(birth.born_on, "es")),
        ("Hora", f"{rng.integers(1, 12)}:{rng.integers(10, 59)} horas"),
        ("Lugar de nacimiento", f"Ejemplo, {birth.country}"),
        ("Nombre de la madre", birth.mother.upper()),
        ("Nombre del padre", birth.father.upper()),
        ("Fecha de inscripción", long_date(birth.born_on + timedelta(days=int(rng.integers(6, 28))), "es")),
    )
    for index, (label, value) in enumerate(rows):
        top = 236 + 46 * index
        sheet.text(64, top, label, 9, "Times-Italic", GREY)
        sheet.text(64, top + 18, value, 13, "Times-Bold" if index == 0 else "Times-Roman")
        sheet.line(64, top + 24, 548, top + 24, PALE, 0.5)
    y = sheet.paragraph(
        64,
        576,
        484,
        "El infrascrito registrador certifica que los datos de arriba constan en los libros de este registro. "
        "Documento inventado: ni la persona ni el registro existen.",
        10.5,
        "Times-Roman",
    )
    sign(sheet, 92, y + 62, "Oscar Ejemplo Registrador", rng, 1.2)
    sheet.line(72, y + 70, 270, y + 70)
    sheet.text(171, y + 83, "Registrador civil", 9.5, "Times-Italic", align="centre")
    sheet.seal(452, y + 58, 46, "REGISTRO CIVIL DE EJEMPLO *", "#7a3d6a")
    return sheet


def kinship_declaration(
    child: str, sponsor: str, relation: str, chain: tuple[str, ...], signed_on: date, language: str, rng: Rng
) -> Sheet:
    """A sworn declaration of how the two are related, with the line of descent drawn."""
    es = language == "es"
    sheet = Sheet(title="Declaration of kinship")
    head = "DECLARACIÓN JURADA DE PARENTESCO" if es else "SWORN DECLARATION OF KINSHIP"
    sheet.text(306, 76, head, 15, "Times-Bold", align="centre")
    sheet.line(120, 85, 492, 85)
    text = (
        f"Yo, {sponsor}, declaro bajo juramento que soy {relation} de {child}. Los certificados de nacimiento que "
        "acompañan esta declaración muestran la línea familiar que sigue."
        if es
        else f"I, {sponsor}, declare under oath that I am the {relation} of {child}. The birth certificates handed in "
        "with this declaration show the line of descent below."
    )
    y = sheet.paragraph(72, 122, 468, text, 12, "Times-Roman") + 26
    for index, person in enumerate(chain):
        sheet.box(106, y, 400, 40, fill="#f4f1ea", stroke=_BLUE, radius=4)
        sheet.text(306, y + 25, person, 11.5, "Times-Roman", align="centre")
        if index < len(chain) - 1:
            sheet.line(306, y + 40, 306, y + 66, _BLUE, 1.2)
        y += 66
    closing = (
        f"Firmado el {long_date(signed_on, 'es')} ante un notario, que vio mi identificación."
        if es
        else f"Signed on {long_date(signed_on, 'en')} before a notary, who saw my identification."
    )
    y = sheet.paragraph(72, y + 18, 468, closing, 12, "Times-Roman") + 50
    _signature_line(sheet, 72, y, sponsor, sponsor, rng)
    sheet.seal(462, y - 10, 44, "NOTARY PUBLIC * SAMPLE *", "#7d2f2f")
    sign(sheet, 372, y + 74, "Nora Example Notary", rng)
    sheet.text(372, y + 96, "Nora Example, notary. Invented.", 9, "Times-Italic", GREY)
    return sheet


_MARKERS = "D3S1358 vWA D16S539 CSF1PO TPOX D8S1179 D21S11 D18S51 D2S441 D19S433 TH01 FGA".split()  # noqa: SIM905


def dna_letter(child: str, sponsor: str, relation: str, reported_on: date, rng: Rng) -> Sheet:
    """A laboratory's report that supports a stated parent."""
    sheet = Sheet(title="Relationship test report, sample")
    sheet.box(0, 0, 612, 64, fill=_BLUE)
    for k in range(22):
        sheet.oval(470 + 5.2 * k, 26 + 13 * np.sin(k / 2.6), 4, 4, fill="#9fc0e4")
        sheet.oval(470 + 5.2 * k, 30 - 13 * np.sin(k / 2.6), 4, 4, fill="#e4c59f")
    sheet.text(40, 34, "Example Genetics Laboratory", 18, "Helvetica-Bold", "#ffffff")
    sheet.text(40, 50, "PO Box 3300, Sample City, CA 90001 - relationship testing", 8.5, ink="#d6e2f0")
    sheet.text(40, 98, "Relationship test report", 15, "Helvetica-Bold", _BLUE)
    rows = (
        ("Report date", slash(reported_on, "en")),
        ("Report number", f"EG-{rng.integers(100_000, 999_999)}"),
        ("Child", child),
        (f"Stated {relation}", sponsor),
        ("Samples", "cheek swabs, taken by a witness who saw identification"),
    )
    for index, (label, value) in enumerate(rows):
        sheet.text(40, 124 + 17 * index, label, 9.5, ink=GREY)
        sheet.text(170, 124 + 17 * index, value, 10.5, "Helvetica-Bold")
    sheet.box(40, 220, 532, 18, fill="#e6edf5")
    for x, head in ((50, "Marker"), (180, "Child"), (310, f"Stated {relation}"), (460, "Index")):
        sheet.text(x, 232, head, 9, "Helvetica-Bold")
    for index, marker in enumerate(_MARKERS):
        row = 254 + 19 * index
        shared = int(rng.integers(8, 18))
        for x, value in (
            (50, marker),
            (180, f"{shared}, {rng.integers(8, 22)}"),
            (310, f"{rng.integers(8, 22)}, {shared}"),
            (460, f"{rng.uniform(1.2, 6.9):.2f}"),
        ):
            sheet.text(x, row, value, 9.5)
        sheet.line(40, row + 6, 572, row + 6, PALE, 0.4)
    sheet.box(40, 496, 532, 46, stroke=_BLUE, radius=5)
    sheet.text(54, 515, f"The stated {relation} is not excluded.", 11, "Helvetica-Bold")
    sheet.text(54, 531, "Probability of the relationship: 99.998 %", 11)
    y = sheet.paragraph(
        40,
        568,
        532,
        "Samples and profiles are destroyed thirty days after this report. They are never sent to a law enforcement "
        "or genealogy collection. This laboratory, its staff and the persons named are invented.",
        9,
        ink=GREY,
    )
    sign(sheet, 50, y + 50, "Elena Example Quimica", rng)
    sheet.text(40, y + 70, "Elena Example, laboratory director", 9.5)
    return sheet


_AUTHORISE_EN = (
    "I allow the agency that cares for the child, and those who work for it, to ask for and receive the records "
    "listed below about me. They use them only to decide whether a child may live with me or in my home.",
    "Fingerprint-based criminal history (FBI)|Public records and addresses|Sex offender registry|Child abuse and "
    "neglect registry of each state where I lived in the last five years",
    "I may withdraw this permission in writing. It ends one year after the day on which I sign. It was read to me in "
    "a language that I understand.",
    "AUTHORIZATION FOR RELEASE OF INFORMATION",
    "Full name",
    "Date of birth",
    "Signature",
    "Date",
    "Part played",
)
_AUTHORISE_ES = (
    "Autorizo a la agencia que cuida al niño o a la niña, y a quienes trabajan para ella, a pedir y recibir los "
    "datos de abajo sobre mí. Los usan solo para decidir si un niño puede vivir conmigo o en mi hogar.",
    "Antecedentes penales por huellas digitales (FBI)|Registros públicos y domicilios|Registro de delincuentes "
    "sexuales|Registro de maltrato y descuido infantil de cada estado donde viví en los últimos cinco años",
    "Puedo retirar este permiso por escrito. Termina un año después del día en que firmo. Me lo leyeron en un idioma "
    "que entiendo.",
    "AUTORIZACIÓN PARA DIVULGAR INFORMACIÓN",
    "Nombre completo",
    "Fecha de nacimiento",
    "Firma",
    "Fecha",
    "Papel",
)


def release_authorization(
    name: str, born_on: date, part: str, signed_on: date, language: str, rng: Rng
) -> Sheet:
    """The consent that must be signed before any check is run."""
    say = _AUTHORISE_ES if language == "es" else _AUTHORISE_EN
    sheet = Sheet(title=say[3])
    _form_head(sheet, say[3], "Form SAMPLE-2  rev. 2025")
    for index, (label, value) in enumerate(
        ((say[4], name), (say[5], slash(born_on, language)), (say[8], part))
    ):
        _field(sheet, 54, 128 + 44 * index, 504, label, value)
    y = sheet.paragraph(54, 284, 504, say[0], 11) + 12
    for item in say[1].split("|"):
        sheet.box(62, y - 9, 10, 10, stroke=BLACK)
        sheet.line(64, y - 4, 67, y, PEN, 1.4)
        sheet.line(67, y, 73, y - 11, PEN, 1.4)
        y = sheet.paragraph(82, y, 470, item, 11) + 6
    y = sheet.paragraph(54, y + 10, 504, say[2], 11) + 70
    _signature_line(sheet, 54, y, say[6], name, rng)
    sheet.text(400, y, slash(signed_on, language), 13, "Times-Italic", PEN)
    sheet.line(390, y + 8, 558, y + 8)
    sheet.text(390, y + 20, say[7], 8.5, ink=GREY)
    sheet.text(
        306,
        764,
        "Sample form for invented people. It gives no permission to anybody.",
        7,
        ink=GREY,
        align="centre",
    )
    return sheet


_DUTIES_EN = (
    "I give the child a safe home, food, care and rest, and a bed of the child's own.|I enrol the child in school and "
    "see that the child attends.|I bring the child to every hearing of the immigration court, and keep the address "
    "that the court has up to date.|I tell the agency within five days when we move, and at once when the child leaves "
    "or is missing.|I never hurt the child, and I never let the child work to pay a debt.|I answer the follow-up calls "
    "and let the child speak alone and freely.|If I cannot care for the child, the person named below does."
)
_DUTIES_ES = (
    "Doy al niño o a la niña un hogar seguro, comida, cuidado y descanso, y una cama propia.|Lo inscribo en la escuela "
    "y me aseguro de que asista.|Lo llevo a cada audiencia del tribunal de inmigración y mantengo al día la dirección "
    "que tiene el tribunal.|Aviso a la agencia dentro de cinco días si nos mudamos, y de inmediato si el niño se va o "
    "no aparece.|Nunca lo lastimo y nunca dejo que trabaje para pagar una deuda.|Contesto las llamadas de seguimiento y "
    "dejo que el niño hable a solas y con libertad.|Si no puedo cuidarlo, lo cuida la persona nombrada abajo."
)


def care_agreement(
    sponsor: str, child: str, caregiver: str, signed_on: date, language: str, rng: Rng
) -> Sheet:
    """What the sponsor promises, signed."""
    es = language == "es"
    title = "ACUERDO DE CUIDADO DEL PATROCINADOR" if es else "SPONSOR CARE AGREEMENT"
    sheet = Sheet(title=title)
    _form_head(sheet, title, "Form SAMPLE-4  rev. 2025")
    for index, (label, value) in enumerate(
        zip(
            ("Patrocinador", "Niño o niña", "Cuidador alterno")
            if es
            else ("Sponsor", "Child", "Alternate caregiver"),
            (sponsor, child, caregiver),
            strict=True,
        )
    ):
        _field(sheet, 54, 128 + 44 * index, 504, label, value)
    y = 288.0
    for number, duty in enumerate((_DUTIES_ES if es else _DUTIES_EN).split("|"), start=1):
        sheet.text(54, y, f"{number}.", 11, "Helvetica-Bold")
        y = sheet.paragraph(74, y, 484, duty, 11) + 7
    y += 70
    _signature_line(sheet, 54, y, "Firma del patrocinador" if es else "Sponsor's signature", sponsor, rng)
    sheet.text(400, y, slash(signed_on, language), 13, "Times-Italic", PEN)
    sheet.line(390, y + 8, 558, y + 8)
    sheet.text(390, y + 20, "Fecha" if es else "Date", 8.5, ink=GREY)
    return sheet


def pay_stub(name: str, paid_on: date, rng: Rng) -> Sheet:
    """Two weeks' wages from an employer that does not exist."""
    sheet = Sheet(612, 396, "Earnings statement, sample")
    firm = str(
        rng.choice(
            ["Muestra Roofing", "Sample Linen Services", "Example Foods Processing", "Ejemplo Cleaning"]
        )
    )
    sheet.box(24, 24, 564, 348, stroke=GREY, line=1)
    sheet.text(40, 52, firm, 15, "Helvetica-Bold", "#3b3b3b")
    sheet.text(40, 66, "Employer: PO Box 5005, Sample City, TX 75001", 8, ink=GREY)
    sheet.text(572, 52, "EARNINGS STATEMENT", 12, "Helvetica-Bold", align="right")
    rate, hours = float(rng.uniform(16.5, 21)), 80.0
    extra = float(rng.integers(0, 9))
    gross = rate * hours + rate * 1.5 * extra
    rows = (
        ("Employee", name),
        ("Pay period", f"{slash(paid_on - timedelta(17), 'en')} - {slash(paid_on - timedelta(4), 'en')}"),
        ("Pay date", slash(paid_on, "en")),
        ("Employee no.", str(rng.integers(10_000, 99_999))),
    )
    for index, (label, value) in enumerate(rows):
        sheet.text(40, 92 + 15 * index, label, 9, ink=GREY)
        sheet.text(116, 92 + 15 * index, value, 10, "Helvetica-Bold")
    taken = _wages(sheet, rate, hours, extra, paid_on)
    sheet.box(300, 312, 272, 28, fill="#eef0f2")
    sheet.text(312, 330, "NET PAY", 11, "Helvetica-Bold")
    sheet.text(560, 330, money(gross - taken), 13, "Helvetica-Bold", align="right")
    sheet.text(40, 360, "Sample. No such employer, no such employee.", 7, ink=GREY)
    return sheet


def _wages(sheet: Sheet, rate: float, hours: float, extra: float, paid_on: date) -> float:
    """The table of earnings and deductions. Returns what was taken off."""
    gross = rate * hours + rate * 1.5 * extra
    sheet.box(40, 158, 532, 17, fill="#d9dde2")
    for x, head in (
        (48, "Earnings"),
        (210, "Rate"),
        (290, "Hours"),
        (390, "This period"),
        (564, "Year to date"),
    ):
        sheet.text(x, 170, head, 9, "Helvetica-Bold", align="right" if x == 564 else "left")
    weeks = paid_on.timetuple().tm_yday / 14
    lines = (("Regular", rate, hours, rate * hours), ("Overtime", rate * 1.5, extra, rate * 1.5 * extra))
    for index, (what, each, count, total) in enumerate(lines):
        y = 192 + 17 * index
        sheet.text(48, y, what, 9.5)
        sheet.text(210, y, f"{each:.2f}", 9.5)
        sheet.text(290, y, f"{count:.2f}", 9.5)
        sheet.text(390, y, money(total), 9.5)
        sheet.text(564, y, money(total * max(weeks, 1)), 9.5, align="right")
    taken = 0.0
    for index, (what, share) in enumerate(
        (("Federal income tax", 0.072), ("Social security", 0.062), ("Medicare", 0.0145))
    ):
        y = 240 + 17 * index
        taken += gross * share
        sheet.text(48, y, what, 9.5)
        sheet.text(390, y, money(-gross * share), 9.5)
        sheet.line(40, y + 5, 572, y + 5, PALE, 0.4)
    return taken


def employer_letter(name: str, written_on: date, rng: Rng) -> Sheet:
    """A letter on letterhead that says what the sponsor earns."""
    firm = str(rng.choice(["Specimen Nursery & Landscaping", "La Muestra Bakery", "Example Tile Works"]))
    sheet = Sheet(title="Employment letter, sample")
    sheet.text(306, 72, firm, 22, "Times-Bold", "#4c5b2f", "centre")
    sheet.text(
        306,
        88,
        "Employer's office: PO Box 771, Sample City - phone 555-0188",
        9,
        "Times-Italic",
        GREY,
        "centre",
    )
    sheet.line(72, 100, 540, 100, "#4c5b2f", 1.4)
    sheet.text(72, 146, long_date(written_on, "en"), 12, "Times-Roman")
    sheet.text(72, 186, "To whom it may concern:", 12, "Times-Roman")
    wage = float(rng.integers(17, 24))
    y = 214.0
    for part in (
        f"{name} has worked for us since {int(rng.integers(2017, 2024))}, forty hours a week, and earns {money(wage)} an hour, "
        f"about {money(wage * 173)} a month before taxes. The position is permanent.",
        "Our worker has spoken with us about the child. Hours can be moved so that somebody is at home after school, and "
        "days for court and doctor are given without loss of pay.",
        "You are welcome to call me at the number above. I will be glad to answer.",
    ):
        y = sheet.paragraph(72, y, 468, part, 12, "Times-Roman") + 10
    sheet.text(72, y + 10, "Respectfully,", 12, "Times-Roman")
    sign(sheet, 76, y + 62, "Hugo Example Dueño", rng, 1.1)
    sheet.text(72, y + 84, "Hugo Example, owner", 12, "Times-Roman")
    sheet.text(306, 758, "Invented letter of an invented business.", 7, ink=GREY, align="centre")
    return sheet


def _form_head(sheet: Sheet, title: str, number: str) -> None:
    sheet.box(40, 40, 532, 50, fill="#eef1f5", stroke=_BLUE, radius=3)
    sheet.text(54, 71, title, 15, "Helvetica-Bold", _BLUE)
    sheet.text(560, 102, number, 7.5, ink=GREY, align="right")


def _field(sheet: Sheet, x: float, y: float, width: float, label: str, value: str) -> None:
    sheet.box(x, y - 14, width, 38, stroke=GREY, line=0.5)
    sheet.text(x + 6, y - 4, label, 7.5, ink=GREY)
    sheet.text(x + 8, y + 16, value, 13, "Times-Italic", PEN)


def _signature_line(sheet: Sheet, x: float, y: float, caption: str, name: str, rng: Rng) -> None:
    sign(sheet, x + 12, y, name, rng, 1.15)
    sheet.line(x, y + 8, x + 290, y + 8)
    sheet.text(x, y + 20, caption, 8.5, ink=GREY)

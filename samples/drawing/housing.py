"""Papers that prove an address and come from a lender, a landlord or an employer. All of them are invented."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np

from samples.drawing.holder import Holder
from samples.drawing.sheet import BLACK, GREY, PALE, Sheet
from samples.drawing.words import long_date, money, sign, slash

Rng = np.random.Generator


def mortgage_statement(holder: Holder, issued_on: date, language: str, rng: Rng) -> Sheet:
    """A month's statement of a home loan: the property, the payment, the lender's PO box twice."""
    es = language == "es"
    ink = "#5b2348"
    sheet = Sheet(title="Specimen Home Loans statement")
    sheet.text(40, 54, "Specimen Home Loans", 19, "Times-Bold", ink)
    sheet.text(40, 68, "PO Box 30597, Sample City, TX 75266-0597", 8, ink=GREY)
    title = "Estado de cuenta de la hipoteca" if es else "Mortgage statement"
    sheet.text(572, 54, title, 13, "Times-Italic", align="right")
    sheet.line(40, 78, 572, 78, ink, 1.2)
    for index, row in enumerate((holder.name, holder.street, holder.place)):
        sheet.text(62, 128 + 14 * index, row, 11)
    due = issued_on + timedelta(days=16)
    owed, rate = float(rng.uniform(90_000, 240_000)), float(rng.uniform(3.1, 6.9))
    rows = (
        ("Número de préstamo" if es else "Loan number", str(rng.integers(10_000_000, 99_999_999))),
        ("Fecha de emisión" if es else "Statement date", slash(issued_on, language)),
        ("Fecha límite de pago" if es else "Payment due date", slash(due, language)),
        ("Saldo del capital" if es else "Outstanding principal", money(owed)),
        ("Tasa de interés" if es else "Interest rate", f"{rate:.3f} %"),
    )
    sheet.box(318, 100, 254, 92, fill="#f4eef2", radius=4)
    for index, (label, value) in enumerate(rows):
        sheet.text(330, 118 + 16 * index, label, 9, ink=GREY)
        sheet.text(560, 118 + 16 * index, value, 9.5, "Helvetica-Bold", align="right")
    sheet.text(40, 222, "Dirección de la propiedad" if es else "Property address", 8, ink=GREY)
    sheet.text(40, 236, f"{holder.street}, {holder.place}", 10.5, "Helvetica-Bold")
    _instalment(sheet, owed * rate / 1200, es, rng)
    tear = (
        "Desprenda este talón y envíelo con su pago" if es else "Please return this portion with your payment"
    )
    sheet.line(24, 566, 588, 566, GREY, 0.8, dash=True)
    sheet.text(306, 580, tear, 7.5, ink=GREY, align="centre")
    for index, row in enumerate((holder.name.upper(), holder.street.upper(), holder.place.upper())):
        sheet.text(40, 640 + 13 * index, row, 9.5)
    to = ("SPECIMEN HOME LOANS", "PO BOX 30597", "SAMPLE CITY, TX 75266-0597")
    sheet.text(330, 626, "Envíe su pago a" if es else "Make checks payable to", 7.5, ink=GREY)
    for index, row in enumerate(to):
        sheet.text(330, 640 + 13 * index, row, 9.5)
    return sheet


def _instalment(sheet: Sheet, interest: float, es: bool, rng: Rng) -> None:
    capital, escrow = float(rng.uniform(220, 480)), float(rng.uniform(260, 610))
    rows = (
        ("Capital" if es else "Principal", capital),
        ("Intereses" if es else "Interest", interest),
        ("Depósito para impuestos y seguro" if es else "Escrow (taxes and insurance)", escrow),
        ("Pago total" if es else "Total payment", capital + interest + escrow),
    )
    for index, (label, value) in enumerate(rows):
        y = 282 + 19 * index
        last = index == len(rows) - 1
        sheet.text(47, y, label, 9.5, "Helvetica-Bold" if last else "Helvetica")
        sheet.text(340, y, money(value), 9.5, "Helvetica-Bold" if last else "Helvetica", align="right")
        sheet.line(40, y + 6, 347, y + 6, PALE, 0.4)
    note = (
        "Si tiene dificultades para pagar, llame antes del vencimiento. Un consejero de vivienda le orienta sin costo."
        if es
        else "If you have trouble paying, call us before the due date. A housing counselor advises you free of charge."
    )
    sheet.paragraph(40, 388, 420, note, 9, "Helvetica-Oblique", GREY)


def landlord_letter(holder: Holder, issued_on: date, language: str, rng: Rng) -> Sheet:
    """A landlord writes that the holder lives there; the landlord's own address stands below."""
    es = language == "es"
    sheet = Sheet(title="Landlord's letter, sample")
    place = "Sample City, Texas"
    head = f"{place}, a {long_date(issued_on, 'es')}" if es else long_date(issued_on, "en")
    sheet.text(72, 96, head, 12, "Times-Roman")
    sheet.text(72, 132, "A quien corresponda:" if es else "To whom it may concern:", 12, "Times-Roman")
    since = int(rng.integers(2017, 2025))
    rent = money(float(rng.integers(14, 30)) * 50)
    parts = (
        (
            f"Por medio de la presente hago constar que {holder.name} vive en {holder.street}, {holder.place}, desde {since}.",
            f"Paga una renta de {rent} al mes y siempre ha pagado a tiempo. La vivienda tiene dos recámaras y está en buen estado.",
            "Si tiene preguntas, puede llamarme al 555-0177.",
        )
        if es
        else (
            f"This letter confirms that {holder.name} lives at {holder.street}, {holder.place}, and has lived there since {since}.",
            f"The rent is {rent} a month and has always been paid on time. The home has two bedrooms and is in good repair.",
            "If you have any questions, please call me at 555-0177.",
        )
    )
    y = 164.0
    for part in parts:
        y = sheet.paragraph(72, y, 468, part, 12, "Times-Roman") + 10
    sheet.text(72, y + 14, "Atentamente," if es else "Sincerely,", 12, "Times-Roman")
    sign(sheet, 76, y + 66, "Elvira Specimen Rojo", rng, 1.1)
    for index, row in enumerate(
        ("Elvira Specimen Rojo", "500 Muestra Plaza, Suite 9", "Sample City, TX 75001")
    ):
        sheet.text(72, y + 92 + 15 * index, row, 12, "Times-Roman")
    sheet.text(306, 758, "Invented letter of an invented landlord.", 7, ink=GREY, align="centre")
    return sheet


def home_pay_stub(holder: Holder, issued_on: date, language: str, rng: Rng) -> Sheet:
    """A pay stub that bears the worker's home, as those that come by mail do."""
    es = language == "es"
    sheet = Sheet(612, 396, "Earnings statement, sample")
    sheet.box(24, 24, 564, 348, stroke=GREY, line=1)
    sheet.text(40, 52, "Muestra Poultry Processing", 15, "Helvetica-Bold", "#3b3b3b")
    sheet.text(40, 66, "PO Box 5005, Sample City, TX 75001", 8, ink=GREY)
    sheet.text(572, 52, "TALÓN DE PAGO" if es else "EARNINGS STATEMENT", 12, "Helvetica-Bold", align="right")
    sheet.text(40, 92, "Empleado" if es else "Employee", 8, ink=GREY)
    for index, row in enumerate((holder.name, holder.street, holder.place)):
        sheet.text(40, 105 + 13 * index, row, 10)
    begin, end = issued_on - timedelta(17), issued_on - timedelta(4)
    rows = (
        ("Período" if es else "Pay period", f"{slash(begin, language)} - {slash(end, language)}"),
        ("Fecha de pago" if es else "Pay date", slash(issued_on, language)),
        ("Núm. de empleado" if es else "Employee no.", str(rng.integers(10_000, 99_999))),
    )
    for index, (label, value) in enumerate(rows):
        sheet.text(320, 92 + 15 * index, label, 9, ink=GREY)
        sheet.text(572, 92 + 15 * index, value, 9.5, "Helvetica-Bold", align="right")
    hours, rate = 80.0, float(rng.uniform(16.5, 21))
    wages = hours * rate
    taken = 0.1485 * wages
    sheet.box(40, 158, 532, 17, fill="#d9dde2")
    sheet.text(48, 170, "Concepto" if es else "Earnings", 9, "Helvetica-Bold")
    sheet.text(564, 170, "Este período" if es else "This period", 9, "Helvetica-Bold", align="right")
    lines = (
        ("Horas regulares" if es else "Regular hours", wages),
        ("Impuestos y seguro social" if es else "Taxes and social security", -taken),
    )
    for index, (label, value) in enumerate(lines):
        sheet.text(48, 194 + 18 * index, label, 9.5)
        sheet.text(564, 194 + 18 * index, money(value), 9.5, align="right")
    sheet.line(40, 222, 572, 222, PALE, 0.5)
    sheet.text(48, 246, "PAGO NETO" if es else "NET PAY", 11, "Helvetica-Bold", BLACK)
    sheet.text(564, 246, money(wages - taken), 13, "Helvetica-Bold", align="right")
    sheet.text(40, 360, "Sample. No such employer, no such employee.", 7, ink=GREY)
    return sheet

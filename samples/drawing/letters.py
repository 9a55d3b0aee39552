"""Papers that prove an address and are no bill: a bank statement, a letter from the county, a lease."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np

from samples.drawing.holder import Holder
from samples.drawing.sheet import BLACK, GREY, PEN, Sheet
from samples.drawing.words import long_date, money, month_day, sign, slash

Rng = np.random.Generator


def bank_statement(holder: Holder, issued_on: date, language: str, rng: Rng) -> Sheet:
    """A month of a small account."""
    es = language == "es"
    sheet = Sheet(title="First Sample Credit Union statement")
    sheet.box(40, 34, 26, 26, fill="#27563d", radius=3)
    sheet.text(53, 53, "1", 19, "Times-Bold", "#ffffff", align="centre")
    sheet.text(76, 52, "First Sample Credit Union", 18, "Times-Bold", "#27563d")
    sheet.text(76, 65, "PO Box 20150, Ejemplo, NY 10001-0150", 8, ink=GREY)
    sheet.text(572, 50, "Estado de cuenta" if es else "Account statement", 13, "Times-Italic", align="right")
    sheet.text(572, 65, "Página 1 de 1" if es else "Page 1 of 1", 8, ink=GREY, align="right")
    for index, row in enumerate((holder.name, holder.street, holder.place)):
        sheet.text(62, 132 + 14 * index, row, 11)
    number = f"XXXX-XX{rng.integers(1000, 9999)}"
    begin = issued_on - timedelta(days=30)
    labels = (
        ("Titular" if es else "Member", holder.name),
        ("Cuenta" if es else "Account", number),
        ("Fecha de corte" if es else "Statement date", slash(issued_on, language)),
        ("Período" if es else "Period", f"{slash(begin, language)} - {slash(issued_on, language)}"),
    )
    for index, (label, value) in enumerate(labels):
        sheet.text(340, 118 + 16 * index, label, 9, ink=GREY)
        sheet.text(572, 118 + 16 * index, value, 9.5, "Helvetica-Bold", align="right")
    _movements(sheet, begin, es, rng)
    fine = (
        "Revise sus movimientos. Si ve algo que no reconoce, escríbanos dentro de 60 días."
        if es
        else "Please check your transactions. If something is not yours, tell us within 60 days."
    )
    sheet.paragraph(40, 690, 532, fine, 8, "Helvetica", GREY)
    sheet.text(
        40, 716, "Questions: First Sample Credit Union, PO Box 20150, Ejemplo, NY 10001-0150", 7.5, ink=GREY
    )
    sheet.text(40, 730, "Sample paper. No such bank. No such member.", 7.5, ink=GREY)
    return sheet


_SPENT = (
    "Example Foods 0412",
    "Sample Laundromat",
    "Transit card reload",
    "Muestra Pharmacy",
    "School supplies, Ejemplo Mart",
    "Phone plan",
    "Panadería La Muestra",
    "Fuel, Specimen Gas",
    "Rent, money order",
)


def _movements(sheet: Sheet, begin: date, es: bool, rng: Rng) -> None:
    heads = (
        ("Fecha", "Descripción", "Cantidad", "Saldo") if es else ("Date", "Description", "Amount", "Balance")
    )
    sheet.box(40, 206, 532, 19, fill="#27563d")
    for x, head, align in zip((48, 120, 470, 564), heads, ("left", "left", "right", "right"), strict=True):
        sheet.text(x, 219, head, 9, "Helvetica-Bold", "#ffffff", align)
    balance = float(rng.uniform(600, 1400))
    for index in range(20):
        pay = index in (4, 13)
        what = ("Depósito de nómina" if es else "Payroll deposit") if pay else str(rng.choice(_SPENT))
        amount = float(rng.uniform(690, 820)) if pay else -float(rng.uniform(6, 92))
        balance += amount
        y = 242 + 19.5 * index
        if index % 2:
            sheet.box(40, y - 13, 532, 19.5, fill="#eef4f0")
        sheet.text(48, y, month_day(begin + timedelta(days=1 + int(index * 1.45)), es), 9)
        sheet.text(120, y, what, 9)
        sheet.text(470, y, money(amount), 9, align="right")
        sheet.text(564, y, money(balance), 9, align="right")
    sheet.line(40, 640, 572, 640, "#27563d", 1)
    sheet.text(470, 658, "Saldo final" if es else "Ending balance", 9, "Helvetica-Bold", align="right")
    sheet.text(564, 658, money(balance), 10, "Helvetica-Bold", align="right")


def county_letter(holder: Holder, issued_on: date, language: str, rng: Rng) -> Sheet:
    """A letter from a county office, addressed to the home."""
    es = language == "es"
    sheet = Sheet(title="Sample County letter")
    sheet.seal(74, 70, 32, "SAMPLE COUNTY * SAMPLE *", "#5a4632")
    sheet.text(122, 58, "Sample County", 20, "Times-Bold", "#3f3224")
    head = (
        "Oficina de Salud Pública y Servicios Familiares"
        if es
        else "Office of Public Health and Family Services"
    )
    sheet.text(122, 75, head, 11, "Times-Italic", "#3f3224")
    sheet.text(122, 89, "PO Box 1850, Sample City  -  phone 555-0142  -  county.example.org", 8, ink=GREY)
    sheet.line(40, 110, 572, 110, "#5a4632", 1.3)
    sheet.text(
        72, 146, f"{'Fecha de la carta' if es else 'Letter date'}: {_long(issued_on, es)}", 11, "Times-Roman"
    )
    sheet.text(
        72,
        163,
        f"{'Expediente' if es else 'Case reference'}: SC-{rng.integers(100_000, 999_999)}",
        11,
        "Times-Roman",
    )
    for index, row in enumerate((holder.name, holder.street, holder.place)):
        sheet.text(72, 205 + 15 * index, row, 12, "Times-Roman")
    body = _LETTER_ES if es else _LETTER_EN
    y = 276.0
    for part in body:
        y = sheet.paragraph(72, y, 468, part, 11.5, "Times-Roman") + 9
    sheet.text(72, y + 12, "Atentamente," if es else "Sincerely,", 11.5, "Times-Roman")
    sign(sheet, 72, y + 52, "Ana Example Ruiz", rng)
    sheet.text(72, y + 72, "Ana Example Ruiz", 11.5, "Times-Roman")
    sheet.text(
        72, y + 86, "Especialista de elegibilidad" if es else "Eligibility specialist", 10, "Times-Italic"
    )
    sheet.text(306, 758, "Invented letter of an invented county.", 7, ink=GREY, align="centre")
    return sheet


_LETTER_EN = (
    "Re: your family's coverage for the new year",
    "We have renewed the health coverage of your household for twelve months. You do not need to do anything. "
    "Cards for each member come in a separate envelope within ten business days.",
    "Please keep this letter. You may use it to show where you live, for example to enrol a child in school or "
    "to ask for a library card.",
    "If you move, or if someone joins or leaves your household, tell us within ten days. You may call, write, or "
    "come to any of our counters; bring this letter and a photo identification. Interpreters are free.",
)
_LETTER_ES = (
    "Asunto: la cobertura de su familia para el nuevo año",
    "Renovamos la cobertura de salud de su hogar por doce meses. Usted no tiene que hacer nada. Las tarjetas de "
    "cada persona llegarán en otro sobre dentro de diez días hábiles.",
    "Guarde esta carta. Puede usarla para mostrar dónde vive, por ejemplo para inscribir a un niño en la escuela "
    "o para pedir una credencial de la biblioteca.",
    "Si se muda, o si alguien llega a su hogar o se va, avísenos dentro de diez días. Puede llamar, escribir o "
    "venir a cualquier ventanilla; traiga esta carta y una identificación con foto. Los intérpretes son gratis.",
)


def lease(holder: Holder, issued_on: date, language: str, rng: Rng) -> Sheet:
    """A lease of two pages: the terms, then the signatures."""
    es = language == "es"
    say = _LEASE_ES if es else _LEASE_EN
    end = issued_on.replace(year=issued_on.year + 1) - timedelta(days=1)
    rent = money(float(rng.integers(17, 32)) * 50)
    sheet = Sheet(title=say["title"])
    sheet.text(306, 62, say["title"], 16, "Times-Bold", align="centre")
    sheet.line(160, 70, 452, 70, BLACK, 0.8)
    y = 102.0
    rows = (
        (say["date"], _long(issued_on, es)),
        (say["landlord"], "Specimen Homes"),
        (say["office"], "88 Muestra Plaza, Suite 4, Sample City, TX 75001"),
        (say["tenant"], holder.name),
        (say["property"], holder.street),
        ("", holder.place),
        (say["term"], f"{_long(issued_on, es)} {'al' if es else 'to'} {_long(end, es)}"),
        (say["rent"], rent),
    )
    for label, value in rows:
        sheet.text(64, y, label, 11, "Times-Bold")
        sheet.text(206, y, value, 11.5, "Times-Roman")
        y += 19 if value != holder.street else 15
    y += 14
    for number, clause in enumerate(say["clauses"].split("|"), start=1):
        sheet.text(64, y, f"{number}.", 11, "Times-Bold")
        y = sheet.paragraph(84, y, 464, clause.strip(), 11, "Times-Roman") + 7
    sheet.text(306, 752, "1 / 2", 8, "Times-Roman", GREY, align="centre")
    sheet.next_page()
    y = sheet.paragraph(64, 90, 484, say["close"], 11, "Times-Roman") + 70
    for who, role in (("Specimen Homes, P. Example", say["landlord"]), (holder.name, say["tenant"])):
        sign(sheet, 90, y, who, rng)
        sheet.line(64, y + 8, 330, y + 8)
        sheet.text(64, y + 21, f"{role}: {who}", 10, "Times-Roman")
        sheet.text(380, y, _long(issued_on, es), 12, "Times-Italic", PEN)
        sheet.line(372, y + 8, 548, y + 8)
        y += 96
    sheet.text(306, 752, "2 / 2", 8, "Times-Roman", GREY, align="centre")
    return sheet


_LEASE_EN = {
    "title": "RESIDENTIAL LEASE AGREEMENT",
    "date": "Lease date:",
    "landlord": "Landlord",
    "office": "Landlord's office:",
    "tenant": "Tenant",
    "property": "Rental property:",
    "term": "Term:",
    "rent": "Monthly rent:",
    "close": "Both parties have read this agreement, had it explained in a language that they understand, and sign "
    "it of their own will. Each keeps a copy.",
    "clauses": "The tenant rents the home named above to live in with the family. Running a business there needs "
    "the landlord's consent in writing.|Rent is due on the first day of each month and late after the fifth. A late "
    "payment costs twenty-five dollars.|The deposit equals one month's rent and is returned within thirty days after "
    "the keys are handed back, less the cost of damage beyond ordinary wear.|Water and refuse are included. Electricity "
    "and gas are paid by the tenant.|The landlord keeps heating, plumbing and smoke alarms in working order and gives "
    "twenty-four hours' notice before entering, except in an emergency.|Children may live in the home. The tenant tells "
    "the landlord when a person moves in for more than fourteen days.|Either party may end this lease with sixty days' "
    "notice in writing after the first six months.",
}
_LEASE_ES = {
    "title": "CONTRATO DE ARRENDAMIENTO",
    "date": "Fecha de contrato:",
    "landlord": "Arrendador",
    "office": "Oficina del arrendador:",
    "tenant": "Inquilino",
    "property": "Vivienda:",
    "term": "Plazo:",
    "rent": "Renta mensual:",
    "close": "Las dos partes leyeron este contrato, lo entendieron y lo firman por su propia voluntad. Cada una "
    "guarda una copia.",
    "clauses": "El inquilino renta la vivienda para habitarla con su familia. No puede tener un negocio en ella sin "
    "permiso por escrito.|La renta se paga el primer día de cada mes y se considera tarde después del quinto. El pago "
    "tardío cuesta veinticinco dólares.|El depósito equivale a un mes de renta y se devuelve dentro de treinta días "
    "después de entregar las llaves, menos el costo de los daños.|El agua y la basura están incluidas. La luz y el gas "
    "los paga el inquilino.|El arrendador mantiene en buen estado la calefacción, la plomería y las alarmas de humo, y "
    "avisa con veinticuatro horas antes de entrar, salvo emergencia.|Los niños pueden vivir en la vivienda. El inquilino "
    "avisa cuando una persona llega por más de catorce días.|Cualquiera de las partes puede terminar este contrato con "
    "sesenta días de aviso por escrito después de los primeros seis meses.",
}


def _long(day: date, es: bool) -> str:
    return long_date(day, "es" if es else "en")

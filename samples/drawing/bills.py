"""Papers that prove an address: utility bills here, the others in `letters`.

Each bears more than one address, as real ones do: the issuer's PO box, its office, the mailing block,
the payment stub. The issuers are invented.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from samples.drawing.holder import Holder
from samples.drawing.housing import home_pay_stub, landlord_letter, mortgage_statement
from samples.drawing.letters import bank_statement, county_letter, lease
from samples.drawing.sheet import BLACK, GREY, PALE, Sheet
from samples.drawing.words import money, slash

Rng = np.random.Generator


@dataclass(frozen=True)
class _Utility:
    name: str
    ink: str
    box: str
    unit: str
    rows_en: tuple[str, ...]
    rows_es: tuple[str, ...]


_UTILITIES = {
    "electric": _Utility(
        "Sample Valley Electric Co.",
        "#0f5c9c",
        "PO Box 660999",
        "kWh",
        ("Energy charge", "Delivery charge", "Customer charge", "Fuel adjustment", "State and local tax"),
        ("Cargo por energía", "Cargo por distribución", "Cargo fijo", "Ajuste de combustible", "Impuestos"),
    ),
    "water": _Utility(
        "Ejemplo Municipal Water District",
        "#0a7a86",
        "PO Box 41900",
        "gal",
        ("Water usage", "Base service, 5/8 in. meter", "Sewer", "Storm drain fee", "Refuse collection"),
        ("Consumo de agua", "Servicio básico, medidor 5/8", "Alcantarillado", "Drenaje pluvial", "Basura"),
    ),
    "gas": _Utility(
        "Blue Flame Sample Gas",
        "#b5541c",
        "PO Box 79077",
        "therms",
        ("Gas supply", "Pipeline delivery", "Customer charge", "Weather adjustment", "Franchise fee"),
        ("Suministro de gas", "Transporte por ducto", "Cargo fijo", "Ajuste por clima", "Cuota municipal"),
    ),
}
_EN = {
    "account": "Account number",
    "holder": "Account holder",
    "service": "Service address",
    "date": "Statement date",
    "due": "Due date",
    "amount": "Amount due",
    "previous": "Previous balance",
    "paid": "Payment received - thank you",
    "current": "Current charges",
    "usage": "Your use, last 13 months",
    "period": "Billing period",
    "meter": "Meter",
    "tear": "Please detach and return this portion with your payment",
    "pay": "Make checks payable to",
    "questions": "Questions? Customer service 1-800-555-0199, Mon-Fri 7 to 7",
    "news": "Winter is here. Seal doors and windows, and set the heater to 68 F when you are at home. "
    "If you cannot pay the whole bill, call us before the due date: payment plans carry no fee.",
    "enclosed": "Amount enclosed",
    "title": "Your monthly statement",
}
_ES = {
    "account": "Número de cuenta",
    "holder": "Titular de la cuenta",
    "service": "Dirección del servicio",
    "date": "Fecha de factura",
    "due": "Fecha límite de pago",
    "amount": "Total a pagar",
    "previous": "Saldo anterior",
    "paid": "Pago recibido - gracias",
    "current": "Cargos del mes",
    "usage": "Su consumo, últimos 13 meses",
    "period": "Período facturado",
    "meter": "Medidor",
    "tear": "Desprenda este talón y envíelo con su pago",
    "pay": "Envíe su pago a",
    "questions": "¿Preguntas? Servicio al cliente 1-800-555-0199, lunes a viernes de 7 a 19",
    "news": "Llegó el invierno. Selle puertas y ventanas, y ponga la calefacción a 20 °C cuando esté en casa. "
    "Si no puede pagar todo, llámenos antes del vencimiento: los planes de pago no tienen costo.",
    "enclosed": "Cantidad incluida",
    "title": "Su factura mensual",
}


def utility(kind: str, holder: Holder, issued_on: date, language: str, rng: Rng) -> Sheet:
    """A month's bill for electricity, water or gas."""
    firm, say = _UTILITIES[kind], _ES if language == "es" else _EN
    sheet = Sheet(title=f"{firm.name} {say['title']}")
    charges = [round(float(v), 2) for v in rng.uniform((38, 21, 9, 2, 3), (88, 44, 15, 7, 11))]
    account = (
        f"{rng.integers(1000, 9999)} {rng.integers(1000, 9999)} {rng.integers(10, 99)}-{rng.integers(1, 9)}"
    )
    due = issued_on + timedelta(days=21)
    _letterhead(sheet, kind, firm, say)
    _account_block(sheet, holder, issued_on, due, account, sum(charges), say, language, firm.ink)
    _charges(sheet, firm, say, language, charges, rng)
    _usage(sheet, firm, say, issued_on, language, rng)
    _stub(sheet, firm, holder, account, due, sum(charges), say, language, rng)
    return sheet


def _letterhead(sheet: Sheet, kind: str, firm: _Utility, say: dict[str, str]) -> None:
    sheet.box(0, 0, 612, 10, fill=firm.ink)
    sheet.oval(40, 30, 38, 38, fill=firm.ink)
    marks = {
        "electric": [(62, 34), (50, 52), (58, 52), (54, 65), (68, 46), (60, 46)],
        "water": [(59, 34), (67, 49), (66, 57), (59, 62), (52, 57), (51, 49)],
        "gas": [(58, 34), (66, 47), (68, 55), (59, 63), (50, 55), (54, 45), (57, 49)],
    }
    sheet.curve(marks[kind], fill="#ffffff")
    sheet.text(88, 47, firm.name, 17, "Helvetica-Bold", firm.ink)
    sheet.text(88, 62, f"{firm.box}, Sample City, TX 75266-0999", 8, ink=GREY)
    sheet.text(572, 47, say["title"], 12, ink=GREY, align="right")
    sheet.text(572, 62, say["questions"], 7.5, ink=GREY, align="right")
    sheet.line(40, 80, 572, 80, firm.ink, 1.2)


def _account_block(
    sheet: Sheet,
    holder: Holder,
    issued_on: date,
    due: date,
    account: str,
    total: float,
    say: dict[str, str],
    language: str,
    ink: str,
) -> None:
    sheet.text(40, 104, say["holder"], 8, ink=GREY)
    sheet.text(40, 118, holder.name, 11, "Helvetica-Bold")
    sheet.text(40, 146, say["service"], 8, ink=GREY)
    sheet.text(40, 160, holder.street, 11)
    sheet.text(40, 174, holder.place, 11)
    rows = (
        (say["account"], account),
        (say["date"], slash(issued_on, language)),
        (say["due"], slash(due, language)),
        (
            say["period"],
            f"{slash(issued_on - timedelta(34), language)} - {slash(issued_on - timedelta(3), language)}",
        ),
    )
    sheet.box(318, 92, 254, 96, fill="#f2f5f8", radius=5)
    for index, (label, value) in enumerate(rows):
        sheet.text(330, 110 + 15.5 * index, label, 9, ink=GREY)
        sheet.text(560, 110 + 15.5 * index, value, 9.5, "Helvetica-Bold", align="right")
    sheet.text(330, 178, say["amount"], 11, "Helvetica-Bold", ink)
    sheet.text(560, 178, money(total), 14, "Helvetica-Bold", ink, align="right")


def _charges(
    sheet: Sheet, firm: _Utility, say: dict[str, str], language: str, charges: list[float], rng: Rng
) -> None:
    before = float(rng.uniform(70, 150))
    rows = [
        (say["previous"], before),
        (say["paid"], -before),
        *zip(firm.rows_es if language == "es" else firm.rows_en, charges, strict=True),
    ]
    sheet.box(40, 208, 254, 18, fill=firm.ink)
    sheet.text(47, 220, say["current"], 9, "Helvetica-Bold", "#ffffff")
    for index, (label, value) in enumerate(rows):
        y = 240 + 17 * index
        sheet.text(47, y, label, 9)
        sheet.text(287, y, money(value), 9, align="right")
        sheet.line(40, y + 5, 294, y + 5, PALE, 0.4)
    y = 240 + 17 * len(rows)
    sheet.text(47, y + 3, say["amount"], 10, "Helvetica-Bold")
    sheet.text(287, y + 3, money(sum(charges)), 10, "Helvetica-Bold", align="right")
    sheet.text(47, y + 26, f"{say['meter']} {rng.integers(10_000_000, 99_999_999)}", 8, ink=GREY)
    read = int(rng.integers(20_000, 60_000))
    used = int(rng.integers(300, 990))
    sheet.text(130, y + 26, f"{read:,} / {read + used:,}  =  {used} {firm.unit}", 8, ink=GREY)
    sheet.paragraph(47, y + 56, 236, say["news"], 8.5, "Helvetica-Oblique", GREY)


def _usage(
    sheet: Sheet, firm: _Utility, say: dict[str, str], issued_on: date, language: str, rng: Rng
) -> None:
    sheet.text(318, 220, say["usage"], 9, "Helvetica-Bold", firm.ink)
    base = 372
    sheet.line(318, base, 572, base, GREY)
    for step in range(1, 5):
        sheet.line(318, base - 31 * step, 572, base - 31 * step, "#e3e6ea", 0.4)
        sheet.text(572, base - 31 * step - 2, str(250 * step), 6, ink=GREY, align="right")
    letters = "EFMAMJJASOND" if language == "es" else "JFMAMJJASOND"
    for index in range(13):
        month = (issued_on.month + index) % 12
        tall = float(rng.uniform(42, 112))
        sheet.box(322 + 18.4 * index, base - tall, 12, tall, fill=firm.ink if index == 12 else "#a9bfd2")
        sheet.text(328 + 18.4 * index, base + 9, letters[month - 1], 6.5, ink=GREY, align="centre")
    sheet.box(318, 394, 254, 54, stroke=PALE, radius=4)
    sheet.text(328, 411, "123-555-0111", 9, "Helvetica-Bold", firm.ink)
    gone = "Interrupciones, 24 horas" if language == "es" else "Outages and leaks, 24 hours"
    sheet.text(400, 411, gone, 8.5)
    sheet.text(328, 427, "pay.example.org", 9, "Helvetica-Bold", firm.ink)
    sheet.text(410, 427, "Pago en línea" if language == "es" else "Pay online", 8.5)
    sheet.text(328, 441, "MUESTRA / SAMPLE", 6.5, ink=PALE)


def _stub(
    sheet: Sheet,
    firm: _Utility,
    holder: Holder,
    account: str,
    due: date,
    total: float,
    say: dict[str, str],
    language: str,
    rng: Rng,
) -> None:
    sheet.line(24, 566, 588, 566, GREY, 0.8, dash=True)
    sheet.text(306, 580, say["tear"], 7.5, ink=GREY, align="centre")
    sheet.text(40, 610, firm.name, 10, "Helvetica-Bold", firm.ink)
    sheet.text(40, 640, holder.name.upper(), 9.5)
    sheet.text(40, 653, holder.street.upper(), 9.5)
    sheet.text(40, 666, holder.place.upper(), 9.5)
    sheet.text(330, 686, say["pay"], 7.5, ink=GREY)
    sheet.text(330, 700, firm.name.upper(), 9.5)
    sheet.text(330, 713, firm.box.upper(), 9.5)
    sheet.text(330, 726, "SAMPLE CITY, TX 75266-0999", 9.5)
    rows = ((say["account"], account), (say["due"], slash(due, language)), (say["amount"], money(total)))
    for index, (label, value) in enumerate(rows):
        sheet.text(330, 604 + 16 * index, label, 8.5, ink=GREY)
        sheet.text(572, 604 + 16 * index, value, 9.5, "Helvetica-Bold", align="right")
    sheet.text(330, 656, say["enclosed"], 8.5, ink=GREY)
    for index in range(8):
        sheet.box(466 + 13.4 * index, 645, 12, 15, stroke=GREY, line=0.5)
    _barcode(sheet, 40, 690, 190, 22, rng)
    sheet.text(
        40, 756, f"{account.replace(' ', '')}  {round(total * 100):010d}  {rng.integers(0, 9)}", 10, "Courier"
    )


def _barcode(sheet: Sheet, x: float, y: float, width: float, height: float, rng: Rng) -> None:
    at = x
    while at < x + width:
        bar = float(rng.choice([0.8, 0.8, 1.6, 2.4]))
        sheet.box(at, y, bar, height, fill=BLACK)
        at += bar + float(rng.choice([0.9, 1.4, 2.2]))


def _kind(kind: str) -> Callable[[Holder, date, str, Rng], Sheet]:
    return lambda holder, issued_on, language, rng: utility(kind, holder, issued_on, language, rng)


PROOFS: dict[str, Callable[[Holder, date, str, Rng], Sheet]] = {
    "electric": _kind("electric"),
    "water": _kind("water"),
    "gas": _kind("gas"),
    "bank": bank_statement,
    "county": county_letter,
    "lease": lease,
    "mortgage": mortgage_statement,
    "landlord": landlord_letter,
    "pay_stub": home_pay_stub,
}

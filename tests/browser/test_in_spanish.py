"""The same pages in Spanish, which is longer: nothing is cut off, and no English is left standing."""

from __future__ import annotations

import re

import pytest

from console.speech import COOKIE
from tests.browser.conftest import Visitor
from tests.browser.test_pages_in_chromium import PAGES, PHONE, _path

# A page that holds what a person wrote in a paper is left out.
TRANSLATED = sorted(PAGES.keys() - {"/cases/{key}/address/confirm"})
# Words that no Spanish sentence holds.
_ENGLISH = re.compile(r"\b(the|and|with|not|who|this|is|of|are|for|was|it|to)\b", re.IGNORECASE)
# What people wrote, what machines read, and what is the same in every language.
_TEXTS = """() => {
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT), found = [];
  while (walk.nextNode()) {
    const node = walk.currentNode;
    if (!node.parentElement.closest('code, q, script, .id, [lang="en"]')) found.push(node.textContent.trim());
  }
  return found.filter(text => text);
}"""
# What the scenes' own people wrote.
_WRITTEN = ("The consulate is closed.",)


def in_spanish(visitor: Visitor) -> None:
    visitor.page.context.add_cookies([{"name": COOKIE, "value": "es", "url": visitor.site.url}])


def _without_what_people_wrote(text: str) -> str:
    for written in _WRITTEN:
        text = text.replace(written, "")
    return text


@pytest.mark.parametrize("route", TRANSLATED)
def test_a_page_reads_well_in_spanish(visitor: Visitor, route: str) -> None:
    visitor.sign_in(PAGES[route])
    in_spanish(visitor)
    page = visitor.go(_path(route, visitor.site))
    assert page.locator("html").get_attribute("lang") == "es"
    assert [
        text for text in map(_without_what_people_wrote, page.evaluate(_TEXTS)) if _ENGLISH.search(text)
    ] == []
    assert visitor.violations() == []
    page.set_viewport_size(PHONE)
    assert visitor.overflow() <= 0
    assert visitor.complaints == []


def test_the_navigation_is_spanish_everywhere(visitor: Visitor) -> None:
    page = visitor.sign_in("supervisor")
    in_spanish(visitor)
    for path in ("/", "/oversight", "/applications"):
        visitor.go(path)
        assert page.locator("header nav a").all_inner_texts() == [
            "Hoy", "Cola", "Llamadas", "Audiencias", "Supervisión general", "Solicitudes", "Admisión", "Vínculos", "Guardias",
            "Teléfonos", "Casos abiertos",
        ]  # fmt: skip
        assert page.get_by_role("button", name="Salir").is_visible()


def test_who_is_not_signed_in_switches_the_language_and_it_stays(visitor: Visitor) -> None:
    page = visitor.go("/sign-in")
    page.get_by_role("button", name="Español").click()
    page.get_by_role("heading", name="Entrar").wait_for()
    assert page.locator("html").get_attribute("lang") == "es"
    assert visitor.violations() == []
    page.set_viewport_size(PHONE)
    assert visitor.overflow() <= 0
    page.reload()
    page.get_by_label("Correo electrónico").fill(visitor.site.staff["caller"].email)
    page.get_by_role("button", name="English").click()
    page.get_by_role("heading", name="Sign in").wait_for()
    assert {cookie["value"] for cookie in page.context.cookies() if cookie["name"] == COOKIE} == {"en"}


def test_the_look_before_a_case_is_closed_reads_well_in_spanish(visitor: Visitor) -> None:
    page = visitor.sign_in("supervisor")
    in_spanish(visitor)
    visitor.go(_path("/cases/{key}/close", visitor.site))
    page.locator("label[for=reason-departed]").click()
    page.get_by_role("button", name="Continuar").click()
    assert (
        "Este motivo necesita su prueba: el registro de la salida." in page.get_by_role("alert").inner_text()
    )
    page.get_by_label("Pruebas").fill("7")
    page.get_by_role("button", name="Continuar").click()
    page.get_by_role("heading", name="Cerrar el caso: ¿es correcto?").wait_for()
    assert [text for text in page.evaluate(_TEXTS) if _ENGLISH.search(text)] == []
    assert visitor.violations() == []
    page.set_viewport_size(PHONE)
    assert visitor.overflow() <= 0

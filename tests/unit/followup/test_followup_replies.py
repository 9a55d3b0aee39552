"""Texts that come in. Never a guess; a cry for help and a STOP are never missed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from followup.replies import Meaning, asks_to_stop, understand

M = Meaning
TABLE: dict[Meaning, tuple[str, ...]] = {
    M.YES: (
        *(
            "1",
            " 1. ",
            "1️⃣",
            "１",
            "#1",
            "1 gracias",
            "1 todo bien",
            "yes",
            "Yes!!!",
            "YES",
            "y",
            "ok",
            "Okay.",
        ),
        *(
            "si",
            "Sí",
            "SÍ!",
            "si, gracias",
            "siiii",
            "todo bien",
            "Todo bien, gracias a Dios",
            "estamos bien",
        ),
        *("👍", "👍🏽", "ok 👍", "✅", "yes i will be there", "all good thank you", "sim", "да"),
    ),
    M.HELP: (
        *("2", "2.", "2?", "2️⃣", "HELP", "help!", "hlep", "Help me please", "AYUDA", "ayúdame", "ayudaaaa"),
        *(
            "alluda",
            "aiuda",
            "necesito ayuda",
            "2 necesito",
            "no estoy bien",
            "tengo miedo",
            "me pega",
            "SOS",
        ),
        *("1 but he hits me", "im scared", "he wont stop hitting me", "救命", "помогите", "not ok", "yes 2"),
    ),
    M.MOVED: (
        *(
            "3",
            "3.",
            "we moved",
            "We moved to a new house",
            "nos mudamos",
            "Nos mudamos a otra casa",
            "me mudé",
        ),
        *("3 nos mudamos", "tenemos nueva dirección", "moved", "mved", "cambiamos de casa"),
    ),
    M.STOP: (
        *(
            "STOP",
            "stop.",
            "Stop!",
            "STOPP",
            "stpo",
            "sotp",
            "s t o p",
            "S.T.O.P.",
            "st0p",
            "please stop texting me",
        ),
        *(
            "quit",
            "END",
            "end",
            "revoke",
            "opt out",
            "Opt-out",
            "optout",
            "cancel",
            "Unsubscribe",
            "unsubcribe",
        ),
        *("1 STOP", "ok stop", "leave me alone", "don't text me", "don’t text me again", "no more texts"),
        *("alto", "ALTO por favor", "basta", "cancelar", "para", "darme de baja", "no me escriban más"),
        *("dejen de mandar mensajes", "ya no quiero mensajes", "停止", "توقف", "стоп", "arrêtez", "sispann"),
    ),
    M.START: ("START", "start", "unstop", "iniciar", "Comenzar"),
    M.WRONG_NUMBER: (
        *(
            "9",
            "9.",
            "wrong number",
            "Sorry, wrong number!",
            "Número equivocado",
            "numero equivocado no la conozco",
        ),
        *("wrong person", "equivocado", "no es mi número"),
    ),
    M.UNCLEAR: (
        *("", "   ", "?", "no", "gracias", "who is this", "quien es?", "1 2", "12", "si no", "yes no", "1?"),
        *("is everything fine?", "¿todo bien?", "we meet at 2 pm", "we have not moved", "no nos mudamos"),
        *("no necesito ayuda", "I don't need help", "todo bien, no necesito ayuda", "moved 1", "3 1"),
        *("at the end of the day", "I quit my job", "they cancel my class", "shop", "hell", "star", "quiet"),
        *("si me voy", "yes im ill", "hola y gracias", "asdf", "7", "call me on monday", "para mi mama"),
    ),
}


@pytest.mark.parametrize(("meaning", "body"), [(m, body) for m, bodies in TABLE.items() for body in bodies])
def test_a_text_means_what_it_says(meaning, body):
    assert understand(body, "es") == meaning


def test_a_word_that_two_languages_share_is_read_by_the_persons_language():
    assert understand("para", "es-GT") == M.STOP
    assert understand("para", "en") == M.UNCLEAR


@pytest.mark.parametrize("body", TABLE[M.STOP])
def test_every_stop_revokes(body):
    assert asks_to_stop(body, "es")


@pytest.mark.parametrize("body", TABLE[M.YES] + TABLE[M.MOVED] + TABLE[M.UNCLEAR])
def test_nothing_else_revokes(body):
    assert not asks_to_stop(body, "es")


def test_a_cry_for_help_may_revoke_as_well():
    assert understand("stop it, help me", "en") == M.HELP
    assert asks_to_stop("stop it, help me", "en")


FCC = ("stop", "quit", "end", "revoke", "opt out", "cancel", "unsubscribe")
DECORATIONS = st.sampled_from(
    ["{}", "{}.", "  {}  ", "{}!!!", "¡{}!", "please {}", "{} please", "{}\n", '"{}"']
)


@given(st.sampled_from(FCC), DECORATIONS, st.sampled_from([str.upper, str.lower, str.title]))
def test_the_seven_words_of_the_fcc_always_count(word, around, cased):
    assert understand(around.format(cased(word)), "en") == M.STOP


@given(st.text(max_size=200), st.sampled_from(["en", "es", "quc", ""]))
def test_any_text_has_a_meaning_and_never_fails(body, language):
    assert understand(body, language) in Meaning


@given(st.text(max_size=40), st.text(max_size=40))
def test_help_and_stop_are_heard_in_any_surroundings(before, after):
    assert understand(f"{before} auxilio {after}", "es") in (M.HELP, M.UNCLEAR)
    assert asks_to_stop(f"{before} stop {after}", "en")

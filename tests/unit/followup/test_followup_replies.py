"""Texts that come in. Never a guess; a cry for help and a STOP are never missed."""

from __future__ import annotations

import pytest
from followup_builders import ROOM, a_lexicon, words_files
from hypothesis import given
from hypothesis import strategies as st

from followup.replies import Meaning, asks_to_stop, is_a_digit, may_ask_to_stop, understand
from followup.reply_words import parse_words, tokens_of
from models.errors import BadInput

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
    assert understand(body, a_lexicon("es")) == meaning


# In each language, for somebody who named it. Accents and capitals as people really write them.
BY_LANGUAGE: dict[str, dict[Meaning, tuple[str, ...]]] = {
    "en": {
        M.YES: ("one", "Yes please", "1 all good"),
        M.HELP: ("two", "please help", "we need help", "he hit me", "🆘"),
        M.MOVED: ("three", "3️⃣", "we are moving"),
        M.STOP: ("STOPALL", "Stop texting me, who are you?", "no more texts please", "🛑", "1 stop"),
        M.STOP_LIKE: (
            "para",
            "chega",
            "I had to stop at the store",
            "can you stop by tomorrow",
            "we stop at 5",
        ),
        M.UNCLEAR: ("at the end of the day", "one more thing", "do not know"),
    },
    "es": {
        M.YES: ("uno", "SI", "si dios", "Claro que sí", "1 gracias", "todos bien gracias a Dios"),
        M.HELP: ("dos", "AYÚDEME", "nesecito ayuda", "2 me", "me estan golpean", "tengo miedo de el"),
        M.MOVED: ("tres", "ya nos mudamos", "Nos cambiamos"),
        M.STOP: ("ALTO", "para", "fin", "baja", "Cancelar por favor", "ya no me escriban", "darme de baja"),
        M.STOP_LIKE: ("me van a detener mañana", "no le digan stop a mi mama", "quiero anular la visita"),
        M.UNCLEAR: ("para mi mama", "la semana que viene al fin", "mi hermano es alto", "uno de ellos", "no"),
    },
    "pt": {
        M.YES: ("um", "sim", "Sim, obrigado", "tudo bem graças a deus", "estamos bem", "blz"),
        M.HELP: (
            "dois",
            "ajuda",
            "SOCORRO",
            "preciso de ajuda",
            "não estou bem",
            "ele bate em mim",
            "estou com medo",
        ),
        M.MOVED: ("três", "nos mudamos", "mudei de casa", "temos novo endereço"),
        M.STOP: (
            "PARE",
            "para",
            "sair",
            "parar por favor",
            "não quero mais mensagens",
            "fim",
            "chega",
            "descadastrar",
        ),
        M.STOP_LIKE: ("quero encerrar a conta", "stop aqui não"),
        M.UNCLEAR: (
            "para minha mãe",
            "bom dia",
            "não",
            "no fim do mês",
            "não preciso de ajuda",
            "não mudamos",
        ),
    },
    "fr": {
        M.YES: ("un", "oui", "Oui merci", "D'accord", "tout va bien", "ok merci beaucoup"),
        M.HELP: (
            "deux",
            "Aidez-moi",
            "au secours",
            "j'ai peur",
            "ça va mal",
            "il me frappe",
            "besoin d'aide",
        ),
        M.MOVED: ("trois", "nous avons déménagé", "nouvelle adresse"),
        M.STOP: (
            "ARRÊT",
            "arrêtez",
            "Arrête s'il vous plaît",
            "désabonner",
            "ne m'écrivez plus",
            "fin",
            "assez",
        ),
        M.STOP_LIKE: ("il faut arrêtez ça dit-elle", "on va cesser le travail"),
        M.UNCLEAR: (
            "à la fin du mois",
            "je quitte le travail",
            "non",
            "pas besoin d'aide",
            "nous n'avons pas déménagé",
        ),
    },
    "ht": {
        M.YES: ("youn", "wi", "Wi mèsi", "nou byen", "dakò", "tout bagay byen"),
        M.HELP: ("de", "ede mwen", "ÈD", "anmwe", "mwen pa byen", "m pè", "l ap bat mwen", "mwen bezwen èd"),
        M.MOVED: ("twa", "nou demenaje", "nou gen nouvo adrès"),
        M.STOP: ("SISPANN", "kanpe", "rete", "pa voye mesaj ankò", "sispann voye", "ase"),
        M.STOP_LIKE: ("li pa vle sispann travay",),
        M.UNCLEAR: ("nou rete Miami", "non", "mwen pa bezwen èd", "nou pa demenaje", "kiyès ou ye"),
    },
}


@pytest.mark.parametrize(
    ("language", "meaning", "body"),
    [
        (lang, m, body)
        for lang, table in BY_LANGUAGE.items()
        for m, bodies in table.items()
        for body in bodies
    ],
)
def test_a_text_means_what_its_language_says(language, meaning, body):
    assert understand(body, a_lexicon(language)) == meaning


LANGUAGES = sorted(words.language for words in words_files())
STOPS = sorted({(words.language, word) for words in words_files() for word in words.stop})


@pytest.mark.parametrize("reader", ["en", "es", "pt", "fr", "ht", "mam"])
def test_the_stop_words_of_every_language_count_for_everybody(reader):
    unheard = [
        (language, word)
        for language, word in STOPS
        if understand(word.upper(), a_lexicon(reader)) != M.STOP or not asks_to_stop(word, a_lexicon(reader))
    ]
    assert unheard == []


def test_a_word_that_is_a_stop_in_one_language_alone_is_read_by_a_person_elsewhere():
    assert understand("para", a_lexicon("es-GT")) == M.STOP
    assert understand("para", a_lexicon("en")) == M.STOP_LIKE
    assert understand("para mi mama", a_lexicon("en")) == M.UNCLEAR


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_file_of_words_is_named_after_its_language_and_says_that_nobody_reviewed_it(language):
    words = parse_words((ROOM / "words" / f"{language}.toml").read_text(encoding="utf-8"))
    assert (words.language, words.unreviewed) == (language, True)


def test_no_word_is_two_things_in_one_language():
    for words in words_files():
        told_apart = (words.help, words.stop, words.moved, words.start, words.yes)
        twice = [w for i, one in enumerate(told_apart) for other in told_apart[i + 1 :] for w in one & other]
        assert twice == [], words.language


def test_marks_of_other_scripts_stay_with_their_letters():
    assert understand("रोकें", a_lexicon("en")) == M.STOP
    assert understand("मदद", a_lexicon("en")) == M.HELP


def test_people_answer_in_the_language_that_they_like():
    assert understand("oui merci", a_lexicon("es")) == M.YES
    assert understand("nos mudamos", a_lexicon("fr")) == M.MOVED
    assert understand("anmwe", a_lexicon("mam")) == M.HELP


@pytest.mark.parametrize(
    ("body", "digit"),
    [("1", True), ("3 nos mudamos", True), ("dos", True), ("sí", False), ("nos mudamos", False)],
)
def test_a_digit_means_nothing_without_its_question(body, digit):
    assert is_a_digit(body, a_lexicon("es")) == digit


@pytest.mark.parametrize(
    "text",
    [
        'yes = ["a"]',
        'language = "xx"',
        "language =",
        'language = "xx"\nunreviewed = true\nyes = "a"',
        'language = "xx"\nunreviewed = true\nmaybe = ["a"]',
        'language = "xx"\nunreviewed = true\nyes = ["!"]',
        'language = "xx"\nunreviewed = true\n[slips]\nyes = ["a"]',
    ],
)
def test_a_broken_file_of_words_is_refused(text):
    with pytest.raises(BadInput):
        parse_words(text)


@pytest.mark.parametrize("body", TABLE[M.STOP])
def test_every_stop_revokes(body):
    assert asks_to_stop(body, a_lexicon("es"))


@pytest.mark.parametrize("body", TABLE[M.YES] + TABLE[M.MOVED] + TABLE[M.UNCLEAR])
def test_nothing_else_revokes(body):
    assert not asks_to_stop(body, a_lexicon("es"))


def test_a_cry_for_help_may_revoke_as_well():
    for body in ("stop texting, help me", "ya no me escriban, ayuda"):
        assert understand(body, a_lexicon("en")) == M.HELP
        assert asks_to_stop(body, a_lexicon("en"))


def test_a_cry_for_help_may_pause_the_texts_until_somebody_has_read_it():
    assert understand("he wont stop hitting me", a_lexicon("en")) == M.HELP
    assert not asks_to_stop("he wont stop hitting me", a_lexicon("en"))
    assert may_ask_to_stop("he wont stop hitting me", a_lexicon("en"))


_SOME = {
    "1",
    "2",
    "9",
    "yes",
    "si",
    "no",
    "pas",
    "bien",
    "mal",
    "stop",
    "help",
    "me",
    "un",
    "casa",
    "para",
    "?",
    "xq",
}
FCC = ("stop", "quit", "end", "revoke", "opt out", "cancel", "unsubscribe")
DECORATIONS = st.sampled_from(
    ["{}", "{}.", "  {}  ", "{}!!!", "¡{}!", "please {}", "{} please", "{}\n", '"{}"']
)


@given(st.sampled_from(FCC), DECORATIONS, st.sampled_from([str.upper, str.lower, str.title]))
def test_the_seven_words_of_the_fcc_always_count(word, around, cased):
    assert understand(around.format(cased(word)), a_lexicon("en")) == M.STOP


@given(st.text(max_size=200), st.sampled_from(["en", "es", "quc", ""]))
def test_any_text_has_a_meaning_and_never_fails(body, language):
    assert understand(body, a_lexicon(language)) in Meaning


@given(st.text(max_size=40), st.text(max_size=40))
def test_help_and_stop_are_heard_in_any_surroundings(before, after):
    assert understand(f"{before} auxilio {after}", a_lexicon("es")) in (M.HELP, M.UNCLEAR)
    said = f"{before} stop {after}"
    assert asks_to_stop(said, a_lexicon("en")) or may_ask_to_stop(said, a_lexicon("en"))


@given(
    st.one_of(st.text(max_size=30), st.lists(st.sampled_from(sorted(_SOME)), max_size=5).map(" ".join)),
    st.sampled_from(["en", "es", "pt", "fr", "ht", "mam", ""]),
)
def test_nothing_is_read_as_1_that_does_not_stand_in_the_word_lists(body, language):
    lexicon = a_lexicon(language)
    if understand(body, lexicon) != M.YES:
        return
    every, tokens = lexicon.every, tokens_of(body)
    ones = {word for digit, word in every.numbers if digit == "1"} | {"1"}
    assert any(t in every.yes | ones for t in tokens)
    assert all(t in every.yes | every.filler | ones for t in tokens)

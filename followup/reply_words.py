"""The words of `followup.replies`, folded: small letters, no accents, no punctuation, no apostrophes.

Every list is for every language, since people answer in the language that they like. `STOP` holds the
FCC's words (47 CFR 64.1200(a)(10): stop, quit, end, revoke, opt out, cancel, unsubscribe) and their
translations. Source for all others: ours, unreviewed; a native speaker has read none of it.
"""

from __future__ import annotations

# Digits of the menu in `checkin` and on the phone.
YES_DIGIT, HELP_DIGIT, MOVED_DIGIT, WRONG_DIGIT = "1", "2", "3", "9"

# A stop wherever it stands in the message.
STOP_ANYWHERE = frozenset(
    {"stop", "unsubscribe", "optout", "revoke", "sispann", "arretez", "стоп"}
    | {"停止", "退订", "取消", "توقف", "ايقاف", "रोकें"}
)
# A stop when it is the whole message, but for politeness.
STOP_ALONE = frozenset(
    {"quit", "end", "cancel", "cancelar", "cancele", "alto", "parar", "pare", "paren", "detener", "deten"}
    | {"detengan", "basta", "baja", "fin", "terminar", "termine", "salir", "anular", "revocar", "desuscribir"}
    | {"sair", "arret", "arreter", "annuler", "kanpe", "rete", "fini", "отписаться", "停", "قف", "बंद"}
)
# Of these the meaning depends on the language of the person.
STOP_ALONE_IN = {"es": frozenset({"para", "paro"}), "pt": frozenset({"para", "chega"})}
STOP_PHRASES = (
    "opt out",
    "opt me out",
    "dont text",
    "do not text",
    "dont message",
    "do not message",
    "dont send",
    "do not send",
    "dont contact",
    "do not contact",
    "dont write",
    "do not write",
    "no more text",
    "no more message",
    "quit texting",
    "quit sending",
    "end these",
    "end this",
    "cancel these",
    "cancel texts",
    "cancel messages",
    "leave me alone",
    "take me off",
    "remove me",
    "no me escrib",
    "no me mand",
    "no me envi",
    "no me text",
    "no mas mensaje",
    "no mas texto",
    "no quiero mensaje",
    "no quiero mas mensaje",
    "no quiero recibir",
    "ya no escrib",
    "ya no mand",
    "ya no quiero mensaje",
    "deje de escribir",
    "deje de mandar",
    "deje de enviar",
    "dejen de escribir",
    "dejen de mandar",
    "dejen de enviar",
    "deja de escribir",
    "deja de mandar",
    "dejen de molestar",
    "deje de molestar",
    "dejenme en paz",
    "dejeme en paz",
    "pare de enviar",
    "pare de mandar",
    "paren de mandar",
    "dar de baja",
    "darme de baja",
    "dame de baja",
    "cancelar mensajes",
    "cancelar los mensajes",
    "nao me envi",
    "nao quero mensag",
    "ne m ecrivez plus",
    "plus de messages",
)

# A cry for help wherever it stands: better one call too many.
HELP_WORDS = frozenset(
    {"help", "helpme", "sos", "911", "scared", "afraid", "danger", "dangerous", "emergency", "unsafe"}
    | {"hurt", "hurts", "hurting", "hit", "hits", "hitting", "beat", "beats", "beating", "kill", "rape"}
    | {"raped", "threat", "threaten", "threatens", "threatened", "trapped", "locked", "police", "abuse"}
    | {"ayuda", "ayudame", "ayudenme", "ayudeme", "ayudar", "ayudarme", "alluda", "aiuda", "auxilio"}
    | {"socorro", "miedo", "asustado", "asustada", "peligro", "emergencia", "amenaza", "amenazan"}
    | {"amenazo", "amenazaron", "golpea", "golpean", "golpeo", "golpearon", "golpes", "maltrata", "maltratan"}
    | {
        "violo",
        "violaron",
        "viola",
        "encerrado",
        "encerrada",
        "policia",
        "abusa",
        "abusan",
        "matar",
        "matarme",
    }
    | {"ajuda", "perigo", "aidez", "anmwe", "ede", "помогите", "помощь", "救命", "帮助", "مساعده", "النجده"}
    | {"मदद"}
)
HELP_PHRASES = (
    "not safe",
    "not ok",
    "not okay",
    "not well",
    "not good",
    "no ok",
    "i want to go home",
    "get me out",
    "save me",
    "no estoy bien",
    "no estamos bien",
    "no esta bien",
    "no bien",
    "estoy mal",
    "estamos mal",
    "me pega",
    "me pegan",
    "me pego",
    "me lastima",
    "me lastiman",
    "me hace dano",
    "me hacen dano",
    "me quiero ir",
    "saquenme",
    "sacame",
    "me obliga",
    "me obligan",
    "aide moi",
    "mwen pe",
)
# Help that is not wanted: nobody guesses, a person reads it.
NO_HELP = (
    "no necesito ayuda",
    "no necesitamos ayuda",
    "no nesesito ayuda",
    "no ocupo ayuda",
    "sin ayuda",
    "no help needed",
    "dont need help",
    "dont need any help",
    "do not need help",
    "no need help",
    "no need for help",
)

MOVED_WORDS = frozenset(
    {"moved", "moving", "mudamos", "mude", "mudado", "mudaron", "mudanza", "mudo", "mudando", "mudar"}
    | {"demenaje", "demenage"}
)
MOVED_PHRASES = (
    "new address",
    "new house",
    "new home",
    "other house",
    "live somewhere else",
    "nueva direccion",
    "direccion nueva",
    "otra direccion",
    "otra casa",
    "casa nueva",
    "nueva casa",
    "cambie de casa",
    "cambiamos de casa",
    "cambiamos de direccion",
    "nos cambiamos",
)

WRONG_PHRASES = (
    "wrong number",
    "wrong person",
    "wrong phone",
    "not my number",
    "not the right number",
    "numero equivocado",
    "numero incorrecto",
    "numero erroneo",
    "persona equivocada",
    "telefono equivocado",
    "se equivoco de numero",
    "equivocado de numero",
    "equivocada de numero",
    "no es mi numero",
    "no es este numero",
)
WRONG_ALONE = frozenset({"equivocado", "equivocada", "equivocados"})

START_ALONE = frozenset(
    {"start", "unstop", "restart", "iniciar", "inicio", "comenzar", "empezar", "reanudar"}
)

YES_WORDS = frozenset(
    {"yes", "yea", "yeah", "yep", "yup", "yess", "ok", "okay", "okey", "okei", "k", "sure"}
    | {"si", "sii", "sip", "claro", "vale", "bien", "bn", "good", "fine", "great", "perfect", "perfecto"}
    | {"excelente", "confirm", "confirmo", "confirmed", "sim", "oui", "wi", "да"}
    | {"👍", "👌", "✅", "🆗", "☑", "✔", "是", "好"}
)
# Words that may stand beside a yes or a digit without changing it.
FILLER = frozenset(
    {"all", "everything", "is", "its", "it", "im", "i", "am", "we", "were", "are", "very", "so", "here"}
    | {"will", "well", "go", "going", "be", "there", "the", "thanks", "thank", "you", "u", "ty", "please"}
    | {"hi", "hello", "sir", "mam", "maam", "god", "bless", "doing", "too", "and"}
    | {"todo", "todos", "todas", "toda", "esta", "estoy", "estamos", "estan", "muy", "gracias", "grasias"}
    | {"por", "favor", "porfavor", "hola", "buenos", "buenas", "buen", "dia", "dias", "tardes", "tarde"}
    | {"noches", "senor", "senora", "senorita", "a", "dios", "voy", "ire", "vamos", "iremos", "ahi", "alli"}
    | {"aqui", "nosotros", "y", "usted", "ustedes", "muchas", "mucha", "le", "les", "que", "bendiga", "ir"}
    | {"🙏", "😊", "🙂", "❤", "😀", "😃", "😄"}
)
NEGATIONS = frozenset({"no", "not", "never", "nunca", "dont", "didnt", "havent", "hasnt", "tampoco", "nao"})

# Words that say no more than the digit beside which they stand.
OWN_WORDS = {
    HELP_DIGIT: frozenset({"necesito", "necesitamos", "need", "want", "quiero", "me"}),
    MOVED_DIGIT: MOVED_WORDS
    | {"nos", "me", "have", "cambiamos", "casa", "de", "direccion", "house", "address"},
}
# A yes when nothing else stands there; in a sentence it is Spanish for "and".
YES_LETTER = "y"

# One slip of the finger away from a keyword, and yet a word of its own.
REAL_WORDS = frozenset(
    {"shop", "step", "stoop", "atop", "top", "slop", "stomp", "hell", "held", "helps", "heap", "hemp", "kelp"}
    | {
        "star",
        "stars",
        "state",
        "store",
        "story",
        "smart",
        "stare",
        "starts",
        "stark",
        "stat",
        "tart",
        "yelp",
    }
    | {"alta", "alo", "para", "salto", "basto", "pasta", "ayudo", "moves", "loved", "mover", "roved", "move"}
    | {"cancer", "quiet", "quite", "quilt", "suit", "fine", "duda", "ayunas", "viuda", "inicia", "stops"}
)

"""Follow an Arabic utterance word by word: has its last clause what it needs, or is something still to come.

A main clause wants a predicate: a verb, or behind a subject («الشحنة ..») anything that tells of it. A relative
clause («اللي ..») and a clause of time or condition («لما ..») have one of their own: the next verb that does not
belong to the first is the main one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from ivr.text.segment.punctuation import word_set
from ivr.text.turn.arabic_words import ArabicKind, ArabicWord

Need: TypeAlias = Literal["", "noun", "pair", "object", "verb", "clause", "thought", "predicate", "denied", "subject"]
"""What the last words govern. `pair`: the second half of «شارع ..». `denied`: what «ما» denies."""

_NOMINAL: Final[frozenset[ArabicKind]] = frozenset(
    (
        "definite",
        "mine",
        "label",
        "bare",
        "head",
        "matter",
        "number",
        "time",
        "phrase",
        "adjective",
        "construct",
        "count",
    )
)
_TELLS: Final[frozenset[ArabicKind]] = frozenset(("bare", "adjective", "number", "matter", "head", "count"))
_AR_NAMED: Final[frozenset[ArabicKind]] = frozenset(("definite", "mine", "label", "construct", "head"))
_GOVERN_NOUN: Final[frozenset[Need]] = frozenset(("noun", "pair", "object", "subject"))
_GOVERN_CLAUSE: Final[frozenset[Need]] = frozenset(("verb", "clause", "thought", "predicate"))
_PAST_TIMES: Final = word_set("امس البارح البارحه امبارح مبارح الماضي الماضيه الشهر الاسبوع السنه العام زمان")
_BEFORE_OR_AFTER: Final = ("قبل", "بعد")
_ADDED: Final = word_set("برضو برضه كمان ايضا بعد")


@dataclass(slots=True)
class ArabicClause:
    """Hold how far the last clause of an utterance has come."""

    topic: ArabicKind | None = None
    """A subject, or what will be told of."""
    topic_words: int = 0
    told: bool = False
    """The main clause has its predicate."""
    weakly: bool = False
    """All that may be a predicate is a preposition with its noun."""
    level: Literal["main", "when", "which"] = "main"
    inner: bool = False
    """The clause of `level` has its predicate."""
    nominal: bool = False
    """A noun of the inner clause waits for its own predicate: «اللي لونها ..»."""
    need: Need = ""
    asks: bool = False
    denies: bool = False
    """The last predicate is negated."""
    embedded: bool = False
    """A question is the object of a verb of knowing."""
    coordinated: bool = False
    """A noun behind «و» may belong to what was said, or begin a new clause."""
    fragment: bool = False
    """There are words, although no subject and no predicate."""
    clauses: int = 0
    """Whole clauses before this one."""
    last_verb: ArabicWord | None = None
    before: ArabicWord | None = None

    @property
    def open(self) -> bool:
        """Return whether the clause that runs has no predicate yet."""
        return not (self.told if self.level == "main" else self.inner)

    def begin(self, topic: ArabicKind | None = None, need: Need = "clause") -> None:
        """Begin a new clause."""
        self.clauses += self.told
        self.topic, self.told, self.weakly, self.level, self.inner = topic, False, False, "main", False
        self.need, self.asks, self.denies, self.coordinated, self.embedded = need, False, False, False, False
        self.fragment, self.topic_words, self.last_verb, self.nominal = False, 0, None, False

    def tell(self) -> None:
        """Take a predicate: it belongs to the clause that has none yet, from within."""
        if self.level == "main":
            self.told = True
        elif not self.inner:
            self.inner = True
        elif self.level == "when" or not self.told:
            self.level, self.told = "main", True
        self.weakly = self.coordinated = False

    def join(self, word: ArabicWord) -> None:
        """Take the «و» in front of a word."""
        if not word.joined or self.before is None or word.kind in ("which", "of_pronoun", "adverb", "filler"):
            return
        if word.kind in _NOMINAL or word.kind in ("prep", "this"):
            if self.told and self.level == "main" and word.kind in _AR_NAMED:
                self.coordinated = True
                self.need = ""
        elif not self.open and self.level != "main" and word.kind in ("verb", "must", "not") and not self.told:
            # «لما فتحت الرابط وعبيت البيانات»: both within the clause of «لما».
            self.inner, self.need = False, ""
        elif word.kind not in ("when", "that", "that_pronoun"):
            self.begin(need="")

    def take_verb(self, word: ArabicWord, following: ArabicWord | None) -> None:
        last = self.last_verb
        verb = word.verb
        before = self.before
        gap = self.asks or (self.level == "which" and not self.inner)
        denied = before is not None and (before.kind == "not" or before.text == "ولا")
        belongs = not word.joined and (
            self.need in _GOVERN_CLAUSE
            or (last is not None and last.kind == "must" and not denied)
            or (
                last is not None
                and last.verb is not None
                and last.verb.governs in ("moves", "is")
                and verb is not None
                and not verb.past
                and not denied
            )
        )
        if not belongs or self.open:
            self.tell()
            self.denies = denied
        elif denied:
            self.denies = True
        self.last_verb = word
        satisfied = verb is not None and verb.object
        match verb.governs if verb else "verb":
            case "two":
                self.need = "" if gap else "object"
            case "object":
                self.need = "" if satisfied or gap else "object"
            case "clause":
                self.need = "" if gap else "clause"
            case "thought":
                self.need = "" if gap or satisfied else "thought"
            case "verb":
                wants = verb is None and word.text[0] not in "بتعح" and word.text not in ("ودك", "ودكم")
                self.need = "" if (self.asks and not wants) or (satisfied and verb and not verb.of_person) else "verb"
            case "is":
                self.need = "" if word.text.lstrip("يتنا").startswith("ص") and (denied or self.asks) else "predicate"
            case _:
                # «وصلني ..»: who or what came is still to be said.
                comes = verb is not None and verb.of_person and self.topic is None and not (denied or gap or belongs)
                self.need = (
                    "subject" if comes and verb and verb.governs in ("nothing", "moves") and word.text[0] != "ا" else ""
                )

    def take_noun(self, word: ArabicWord, following: ArabicWord | None) -> None:
        kind, needed = word.kind, self.need
        before = self.before
        self.need = "pair" if kind == "construct" else "noun" if kind == "count" else ""
        if needed in _GOVERN_NOUN:
            if kind == "time" and needed in ("object", "subject"):
                self.need = needed
            return
        if needed == "denied":
            if word.text == "احد":
                self.need = "denied"
                return
            self.tell()
            self.denies = True
            return
        if needed == "clause" and not (self.open or self.denies) and kind in _AR_NAMED and self.level == "main":
            # «قال لي الموظف ..», «قالوا الاسم ..»
            self.begin(kind, self.need)
            return
        if self.level != "main":
            self.take_inner_noun(word)
            return
        if self.told:
            return
        if self.topic is None:
            pair = following is not None and following.kind in ("definite", "mine", "label", "construct")
            runs_on = self.fragment and before is not None and before.kind not in ("time", "adverb") and not word.joined
            if kind in ("bare", "matter", "head", "construct") and pair and not runs_on:
                self.topic, self.topic_words = "definite", 0
            elif kind in ("definite", "mine", "label") and not runs_on:
                self.topic, self.topic_words = kind, 1
            else:
                self.fragment = True
            return
        self.topic_words += 1
        if kind in _TELLS or (self.topic == "pronoun" and kind != "time"):
            self.tell()
        elif self.topic == "this" and kind != "time":
            if kind == "definite":
                self.topic, self.weakly = kind, True
            else:
                self.tell()
        elif (
            kind == "mine"
            and self.topic in ("definite", "label")
            and self.topic_words == 2
            and before
            and before.kind != "construct"
        ):
            self.tell()
        elif kind == "phrase" or (kind == "time" and word.text not in _PAST_TIMES and self.topic != "pronoun"):
            self.weakly = True

    def take_inner_noun(self, word: ArabicWord) -> None:
        """Take a noun within a clause of «اللي» or «لما»."""
        kind = word.kind
        if not self.inner:
            if self.level == "which" or kind in _TELLS or kind == "phrase":
                self.inner = True
                self.nominal = kind in ("mine", "label", "definite")
        elif self.nominal:
            self.nominal = False
        elif (
            kind == "adjective"
            and self.level == "which"
            and not self.told
            and self.before is not None
            and self.before.kind not in ("bare", "head", "matter", "definite")
        ):
            self.tell()

    def take_preposition(self, word: ArabicWord, following: ArabicWord | None) -> None:
        """Take what needs a noun: a preposition, «حق», «كل»."""
        if self.need == "denied":
            self.tell()
            self.denies = True
        elif word.kind == "prep" and self.level == "main" and self.topic is not None and not self.told:
            self.told = self.topic == "pronoun" or word.text == "غير"
            self.weakly = not self.told
        elif word.kind != "of" and self.level != "main" and not self.inner:
            self.inner = True
        elif self.topic is None and not self.told:
            self.fragment = True
        self.need = "noun"

    def take_about(self, word: ArabicWord, following: ArabicWord | None) -> None:
        """Take «بخصوص»: it names what is to be told."""
        self.begin("label", "noun")

    def take_when(self, word: ArabicWord, following: ArabicWord | None) -> None:
        """Take «لما», «إذا»: the clause behind it needs a main clause, in front or behind."""
        if self.need in ("thought", "clause") and self.last_verb is not None and not word.joined:
            self.begin()
            return
        self.told = (self.told or (self.fragment and word.text in ("اذا", "لو"))) and not word.joined
        self.level, self.inner, self.need, self.last_verb = "when", False, "clause", None

    def take_that(self, word: ArabicWord, following: ArabicWord | None) -> None:
        """Take «إن», «لأنه»: a clause follows."""
        self.begin("pronoun" if word.kind == "that_pronoun" else None)

    def take_which(self, word: ArabicWord, following: ArabicWord | None) -> None:
        """Take «اللي»: its clause tells of the noun before it, and is no predicate."""
        if self.coordinated or word.joined:
            self.begin("definite")
        if self.topic is None and not self.told and not self.fragment:
            self.topic = "definite"
        self.told = self.told or self.topic in ("pronoun", "this")
        self.level, self.inner, self.need, self.nominal = "which", False, "clause", False

    def take_link(self, word: ArabicWord, following: ArabicWord | None) -> None:
        """Take «و», «بس», «لكن», «ولا» between two nouns or two clauses."""
        if word.text == "بس" and self.before is not None and self.before.kind == "not":
            return
        kind = following.kind if following else None
        if kind in _NOMINAL and word.text in ("و", "او", "ولا", "ام"):
            self.need = ""
            self.coordinated = self.told and kind in _AR_NAMED
        elif word.text != "ولا" or kind != "this":
            self.begin()

    def take_not(self, word: ArabicWord, following: ArabicWord | None) -> None:
        """Take «ما», «مو»: a predicate follows."""
        before = self.before.kind if self.before else None
        goes_on = before in ("must", "verb", "with_pronoun")
        if self.level == "main" and self.told and not self.asks and not goes_on:
            self.begin(need="denied")
        elif self.need not in ("verb", "clause", "thought"):
            self.need = "denied"

    def take_question(self, word: ArabicWord, following: ArabicWord | None) -> None:
        """Take «وين», «كم»: a predicate by itself."""
        self.embedded = self.need in ("thought", "clause", "verb")
        self.tell()
        self.denies = self.embedded and self.denies
        self.asks, self.need = True, ""

    def take_whether(self, word: ArabicWord, following: ArabicWord | None) -> None:
        """Take «هل»: a clause follows."""
        self.begin()
        self.asks = True

    def take_adverb(self, word: ArabicWord, following: ArabicWord | None) -> None:
        """Take an adverb: alone it may be a predicate («الحساب كذا»)."""
        if self.need in ("predicate", "noun", "clause", "verb", "denied"):
            self.need = ""
            self.told = self.told or (self.level == "main" and self.topic is not None)
        if self.topic is None and not self.told:
            self.fragment = True
        elif self.level == "main" and self.topic is not None and not self.told:
            self.told = self.topic == "pronoun" and word.text in _ADDED
            self.weakly = self.topic in ("mine", "definite", "this")

    def take_with_pronoun(self, word: ArabicWord, following: ArabicWord | None) -> None:
        """Take a preposition with its pronoun: it says what there is, or belongs to the verb."""
        before = self.before.kind if self.before else None
        denied = before in ("not", "link")
        if before == "verb" and self.need == "predicate" and self.topic is None and word.text[0] in "لع":
            self.need = "subject"  # «صار له ..»
            return
        if word.text[:3] in _BEFORE_OR_AFTER:
            self.fragment = True  # «قبلها»
            return
        if before in ("verb", "with_pronoun") and self.need in ("clause", "object", "thought", "verb"):
            if self.need in ("clause", "thought") and word.text[0] in "عف":
                self.need = ""  # «سألت عنه», «أفكر فيها»
            return
        if self.open or self.need == "denied":
            self.tell()
            self.denies = denied
            self.need = "subject" if self.topic is None and not denied else ""
        elif self.need in ("noun", "pair", "predicate", "clause") or word.text.startswith("غير"):
            self.need = ""

    def take_pronoun(self, word: ArabicWord, following: ArabicWord | None) -> None:
        before = self.before
        if self.need == "denied":
            # «ما هي ..» asks; «مو انا», «مو هذا» denies.
            self.asks = word.text in ("هو", "هي", "هم") and before is not None and before.text == "ما"
            self.tell()
            self.denies = not self.asks
            self.need = "noun" if self.asks else ""
        elif self.need in ("noun", "object", "subject", "predicate") or self.asks:
            self.need = ""
        elif word.kind == "this":
            if not self.told and self.topic == "pronoun" and self.level == "main":
                self.told = True
            elif self.level == "main" and not self.told and self.topic is None and not self.fragment:
                self.topic = "this"
            elif self.need not in ("verb", "clause") or not self.open:
                self.need = ""
        elif self.topic in ("this", "pronoun") and not self.told and self.level == "main" and self.need == "":
            self.told = True
        elif self.told and self.level == "main" and not self.need:
            self.begin("pronoun", "")
        else:
            self.topic = self.topic if self.topic and self.level != "main" else "pronoun"
            self.need = ""

    def take_rank(self, word: ArabicWord, following: ArabicWord | None) -> None:
        """Take «أول», «أقرب», «أكثر»: in front of a noun, or alone behind one."""
        if (
            (following is not None and following.kind in _NOMINAL)
            or self.before is None
            or word.joined
            or self.need in _GOVERN_NOUN
        ):
            if self.need in ("predicate", "denied"):
                self.tell()
            self.need = "noun"
        elif self.level != "main" and not self.inner:
            self.inner = True
            self.need = ""
        else:
            if self.topic is not None and self.open:
                self.tell()
            self.need = ""
        if self.topic is None and not self.told:
            self.fragment = True


_TAKEN: Final[dict[ArabicKind, Callable[[ArabicClause, ArabicWord, ArabicWord | None], None]]] = {
    **dict.fromkeys(_NOMINAL, ArabicClause.take_noun),
    "verb": ArabicClause.take_verb,
    "must": ArabicClause.take_verb,
    "prep": ArabicClause.take_preposition,
    "of": ArabicClause.take_preposition,
    "every": ArabicClause.take_preposition,
    "about": ArabicClause.take_about,
    "with_pronoun": ArabicClause.take_with_pronoun,
    "when": ArabicClause.take_when,
    "that": ArabicClause.take_that,
    "that_pronoun": ArabicClause.take_that,
    "which": ArabicClause.take_which,
    "link": ArabicClause.take_link,
    "not": ArabicClause.take_not,
    "pronoun": ArabicClause.take_pronoun,
    "this": ArabicClause.take_pronoun,
    "asks": ArabicClause.take_question,
    "whether": ArabicClause.take_whether,
    "rank": ArabicClause.take_rank,
    "adverb": ArabicClause.take_adverb,
}
"""By the kind of a word. `of_pronoun` changes nothing."""


def read_clause(words: Sequence[ArabicWord]) -> ArabicClause:
    """Return the last clause of words, at least one."""
    clause = ArabicClause()
    for at, word in enumerate(words):
        clause.join(word)
        if take := _TAKEN.get(word.kind):
            take(clause, word, words[at + 1] if at + 1 < len(words) else None)
        if not (word.text == "احد" and clause.before is not None and clause.before.kind == "not"):
            clause.before = word
    return clause

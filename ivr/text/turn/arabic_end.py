"""Judge the end of an Arabic utterance: by its last word where that tells, by the last clause where it does not."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from ivr.text.segment.punctuation import word_set
from ivr.text.turn.arabic_clause import ArabicClause, read_clause
from ivr.text.turn.arabic_phrases import ArabicAnswer
from ivr.text.turn.arabic_words import ArabicKind, ArabicWord
from ivr.text.turn.words import NOT_TOLD, Judged

_DOUBT: Final = Judged("unknown", "clause")
_BEGUN: Final = Judged("open", "clause")
_GOVERNS: Final = Judged("open", "governs")
_AR_WHOLE: Final = Judged("complete", "sentence")
_IS_ANSWER: Final = Judged("complete", "short_answer")

_INDEFINITE: Final = word_set("كود رمز مبلغ رسوم برج عماره كلمه تاريخ")
"""The first half of a pair, or a single thing: «أرسلتوا لي كود»."""
_PARTS: Final = word_set("فرع قسم منطقه محطه مركز مخرج")
_PERSONS: Final = word_set("موظف مندوب مدير دكتوره شيخ محل بيت")
_AR_BESIDE: Final = word_set("قدام ورا خلف جنب فوق تحت داخل خارج جوا برا")
"""Places that are nouns behind a preposition: «من ورا», «على جنب»."""
_AR_WISH: Final = word_set("ممكن يمكن ينفع")
_ONESELF: Final = word_set("انا احنا حنا")
_AR_MAY_FOLLOW: Final = word_set("اذا لو عشان علشان")
"""Open a clause that may stand behind the main one."""
_ONLY: Final[frozenset[ArabicKind]] = frozenset(("this", "number", "bare", "time", "definite", "mine", "phrase"))
"""In front of «بس»: it says "only"."""
_SHORT: Final[frozenset[ArabicKind]] = frozenset(("bare", "head", "matter", "phrase", "number"))
_STORY_WORDS: Final = 8
"""Words of a clause of time from which on it is told to its end."""


@dataclass(frozen=True, slots=True)
class ArabicEnd:
    """Hold what there is to judge by."""

    words: Sequence[ArabicWord]
    clause: ArabicClause
    expected: str
    answer: ArabicAnswer
    follows_filler: bool = False
    """A word without a meaning stands in front of the last one."""

    @property
    def last(self) -> ArabicWord:
        return self.words[-1]

    @property
    def before(self) -> ArabicWord:
        return self.words[-2] if len(self.words) > 1 else ArabicWord("", "filler")

    def judge_needs(self) -> Judged | None:
        """Judge by what the last words govern, and by a clause that has no predicate; None: nothing is missing."""
        clause, need = self.clause, self.clause.need
        if need and need != "subject":
            alone = len(self.words) == 1
            if alone and self.last.kind == "must" and self.last.text != "قصدي" and self.expected == "yes_no":
                return _IS_ANSWER
            if need == "verb" and len(self.words) == 2 and self.words[0].kind in _SHORT:
                return _DOUBT  # «كاش أبغى»
            # «ما أدري», «إيه أبغى»: what was spoken of is meant.
            understood = clause.denies or (self.answer and alone)
            if self.last.text in _AR_WISH and len(self.words) > 2:
                return _GOVERNS  # «يقول لا يمكن ..»
            if not understood or need not in ("verb", "thought", "object", "clause"):
                return _DOUBT if alone and need == "thought" else _GOVERNS
            if need == "thought" and clause.clauses:
                return _DOUBT
        if clause.level != "main" and not clause.inner:
            return _BEGUN
        if clause.level == "when" and not clause.told:
            return _BEGUN if self.expected in ("", "open", "digits", "yes_no") or clause.topic else _DOUBT
        if clause.coordinated:
            verb = clause.last_verb.verb if clause.last_verb else None
            subject_first = clause.topic is not None and (verb is None or verb.governs in ("is", "nothing", "moves"))
            return _BEGUN if subject_first else _DOUBT
        return None

    def judge_predicate(self) -> Judged:
        """Judge words that need nothing: a sentence, a subject alone, or a few words."""
        clause = self.clause
        if clause.told:
            if clause.asks:
                return Judged("complete", "question")
            if self.lacks_what():
                return _DOUBT
            comes = clause.need == "subject" and clause.last_verb is not None and not self.answer
            doubtful = not clause.denies and (self.last.kind == "matter" or self.may_go_on())
            return _DOUBT if comes or doubtful else _AR_WHOLE
        if clause.topic is not None:
            return self.judge_topic()
        if self.expected in ("digits", "email"):
            return NOT_TOLD
        return _DOUBT if self.expected == "open" and not clause.clauses else _AR_WHOLE

    def lacks_what(self) -> bool:
        """Return whether «ما عندي», «ما فيه» is the end of something longer that was not asked for."""
        ends = self.last.kind == "with_pronoun" and self.before.kind == "not"
        return ends and self.expected in ("", "open") and len(self.words) > 2 and not self.clause.asks

    def may_go_on(self) -> bool:
        """Return whether what is whole by grammar is more often the beginning of a story."""
        clause, last = self.clause, self.last
        if clause.level == "when" and self.expected == "open" and len(self.words) < _STORY_WORDS:
            return not any(word.text in _AR_MAY_FOLLOW for word in self.words)
        if clause.level == "which" and clause.topic == "this":
            return True
        if self.expected != "open" or clause.topic != "pronoun" or len(self.words) > 3:
            return False
        # «أنا اتصلت», «أنا كمان ..»
        begun = last.verb is not None and last.verb.past and not last.verb.object
        return begun or (last.kind == "adverb" and len(self.words) > 2)

    def judge_topic(self) -> Judged:
        """Judge a subject without a predicate."""
        clause, expected = self.clause, self.expected
        if clause.topic == "this":
            return _IS_ANSWER if len(self.words) > 2 or self.answer else _BEGUN
        if clause.level == "which" and expected == "address":
            return _DOUBT
        if clause.level == "which" or clause.topic in ("pronoun", "label"):
            return _BEGUN
        if expected in ("address", "date"):
            return _IS_ANSWER
        if clause.weakly:
            return _DOUBT
        if expected == "open":
            return _BEGUN
        if expected in ("digits", "email"):
            return _BEGUN if clause.topic == "mine" else NOT_TOLD
        if expected in ("name", "") and clause.topic != "mine" and len(self.words) == 1:
            return _IS_ANSWER
        return _DOUBT

    def after_preposition(self) -> Judged | None:
        text, before, clause = self.last.text, self.before, self.clause
        if text == "بعد" and (before.kind == "pronoun" or clause.denies):
            return _AR_WHOLE  # «وأنا بعد», «ما وصل بعد»
        if text == "قبل" and before.text in ("من", "زي", "مثل"):
            return _AR_WHOLE if clause.clauses or clause.told else _DOUBT
        if before.kind == "prep" and text in _AR_BESIDE:
            return _AR_WHOLE if clause.told else _IS_ANSWER
        if (
            text == "علي"
            and self.expected in ("name", "address")
            and before.kind in ("bare", "construct", "definite", "mine")
        ):
            return _IS_ANSWER
        if text == "علي" and before.kind == "verb":
            return _AR_WHOLE if clause.denies else _DOUBT
        return _GOVERNS

    def after_link(self) -> Judged | None:
        if self.last.text == "بس" and self.before.kind in _ONLY:
            # «هذا بس», «ثنتين بس»; a longer one may be the beginning of "but".
            return _AR_WHOLE if len(self.words) == 2 else _DOUBT
        return _GOVERNS

    def after_not(self) -> Judged | None:
        if self.last.text != "لا" or not self.before.text:
            return _GOVERNS
        return Judged("complete", "question") if self.before.text in ("ولا", "او", "ام", "لا") else _DOUBT

    def after_half(self) -> Judged | None:
        before, clause = self.before, self.clause
        if self.last.text == "شهر" and before.kind == "verb":
            return _AR_WHOLE  # «أستنى شهر»
        if self.last.text == "شهر" and before.kind in ("prep", "every", "asks") and before.text != "في":
            # «يوم خمسة من شهر ..», «من شهر»
            return _GOVERNS if len(self.words) > 2 and self.words[-3].kind == "number" else None
        if self.last.kind == "count" and before.text == "الساعه":
            return _DOUBT  # «الموعد الساعة أربع»
        single = self.last.text in _INDEFINITE and clause.told and before.kind in ("verb", "with_pronoun")
        return _DOUBT if clause.denies or single else _GOVERNS

    def after_head(self) -> Judged | None:
        if self.before.kind == "label":
            return _GOVERNS  # «اسمه مسجد ..»
        if self.before.kind != "prep" or self.clause.asks or self.clause.denies:
            return None
        if self.last.text in _PERSONS:
            return None
        return _GOVERNS if self.last.text in _PARTS else _DOUBT

    def after_question(self) -> Judged | None:
        clause = self.clause
        if clause.embedded and not clause.denies:
            return _GOVERNS if clause.clauses or len(self.words) > 2 else _DOUBT
        return _DOUBT if self.before.text and (clause.clauses or self.before.text in _ONESELF) else None

    def after_number(self) -> Judged | None:
        if self.expected == "digits":
            return NOT_TOLD
        if self.before.kind in ("verb", "rank", "asks"):
            return None
        return _DOUBT if self.expected in ("open", "date", "address") or self.clause.topic is not None else None

    def after_pronoun(self) -> Judged | None:
        """Judge a pronoun at the end: it may be a subject, or stress what was said («عندي أنا»)."""
        clause, before = self.clause, self.before
        if clause.need:
            return None
        if not before.text:
            return _IS_ANSWER if self.answer == "yes" else _BEGUN
        if self.follows_filler:
            return _BEGUN  # «يعني أنا ..»
        if clause.told:
            return Judged("complete", "question") if clause.asks else _AR_WHOLE
        stresses = before.kind in ("verb", "must", "with_pronoun", "mine", "adjective") and not self.last.joined
        return _DOUBT if stresses and clause.clauses else _BEGUN


_COUNTS_DAYS: Final[frozenset[ArabicKind]] = frozenset(("every", "asks", "number", "count", "prep"))

_BY_LAST_KIND: Final[dict[ArabicKind, Callable[[ArabicEnd], Judged | None]]] = {
    "of": lambda _: _GOVERNS,
    "every": lambda _: _GOVERNS,
    "that": lambda _: _GOVERNS,
    "that_pronoun": lambda _: _GOVERNS,
    "which": lambda _: _GOVERNS,
    "whether": lambda _: _GOVERNS,
    "about": lambda _: _GOVERNS,
    "when": lambda _: _GOVERNS,
    "prep": ArabicEnd.after_preposition,
    "link": ArabicEnd.after_link,
    "not": ArabicEnd.after_not,
    "count": ArabicEnd.after_half,
    "construct": ArabicEnd.after_half,
    "head": ArabicEnd.after_head,
    "asks": ArabicEnd.after_question,
    "number": ArabicEnd.after_number,
    "pronoun": ArabicEnd.after_pronoun,
    "time": lambda end: _GOVERNS if end.last.text == "يوم" and end.before.kind not in _COUNTS_DAYS else None,
    "with_pronoun": lambda end: _GOVERNS if end.last.joined and end.before.text else None,
}
"""By the kind of the last word: what it tells; None: the clause tells."""


def judge_clause(words: Sequence[ArabicWord], expected: str, answer: ArabicAnswer) -> Judged:
    """Judge words, at least one. `expected`: what was asked for; `answer`: what was answered in front of the words."""
    told = [word for word in words if word.kind != "filler"]
    if not told:
        return Judged("open", "filler")
    follows_filler = len(words) > 1 and words[-2].kind == "filler"
    end = ArabicEnd(told, read_clause(told), expected, answer, follows_filler)
    judged = ends(end) if (ends := _BY_LAST_KIND.get(end.last.kind)) else None
    if judged is None:
        judged = end.judge_needs() or end.judge_predicate()
    if words[-1].kind == "filler" and not end.clause.asks:
        return Judged("unknown" if judged.completeness == "complete" else "open", "filler")
    return judged

"""Judge from what clauses have and wait for whether a sentence has ended."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from ivr.text.segment.punctuation import word_set
from ivr.text.turn.english_grammar.clauses import ClauseReader
from ivr.text.turn.english_grammar.places import OBJECTS, THINGS, Clause
from ivr.text.turn.english_grammar.tokens import Token
from ivr.text.turn.english_grammar.verbs import MOVING, PARTICLES
from ivr.text.turn.english_grammar.words import phrase_set
from ivr.text.turn.words import NOT_TOLD, Judged

_GOVERNS: Final = Judged("open", "governs")
_DOUBTFUL: Final = Judged("unknown", "clause")
_HALF_CLAUSE: Final = Judged("open", "clause")
_WHOLE_SENTENCE: Final = Judged("complete", "sentence")
_SHORT_ANSWER: Final = Judged("complete", "short_answer")
_FRAGMENT: Final = Judged("unknown", "fragment")

_TOPIC: Final = phrase_set("about|regarding|concerning|for|with|according to|because of|due to|as for|out of")
"""Prepositions that set up what a sentence will be about."""
_LEADS_ON: Final = word_set(
    "just only also even never always actually basically currently usually still probably simply really honestly"
)
_ENDS_ON: Final = word_set("really actually probably still usually always honestly")
"""Of these, what may end a sentence all the same."""
_SOME_DEGREE: Final = phrase_set("a bit|a little|a little bit|a bit more")
_BEFORE_MORE: Final = word_set("any no anything nothing something once some bit little much lot or and even one")
_JOINING: Final = word_set("dot underscore dash hyphen slash")
"""Signs between the parts of what is spelled."""
_ASKED: Final = word_set("address name date number email code postcode day street birthday account surname")
_AWAY: Final = word_set("off over out down up away back around through")
"""Particles that "is" may have: "it is over"."""
_SELDOM_GOVERNS: Final = word_set("off out down up away back")
_ADVERBS_OF_PLACE: Final = word_set("outside inside underneath behind above below opposite near")
_WANTING: Final = word_set("want like love have need try mean go use wish plan")
_WISHING: Final = word_set("want need like wish prefer call phone look try hope wonder")
_POLITE: Final = word_set("can could would will may")
_SUPPOSING: Final = word_set("think hope know guess believe wish suppose")
_ANYONE: Final = phrase_set("nothing|nobody|everyone|everybody|someone|no one")
_SAYS_YES_NO: Final = phrase_set("yes|yeah|no|of course|yep|sure|nope")
_TOPIC_NOUNS: Final = word_set("reason thing problem issue question point trouble")
_POINTING: Final = word_set("this these those his her")
_OUR_OWN: Final = word_set("my our your")
_ORDINALS: Final = word_set("first second third last")


def is_past(token: Token) -> bool:
    return token.kind == "V" and token.verb is not None and token.verb.form in ("past", "done")


class SentenceEnd:
    """Judge one transcript: its clauses have been read."""

    __slots__ = ("expected", "last", "reader", "tokens", "top", "words")

    def __init__(self, reader: ClauseReader, tokens: Sequence[Token], expected: str) -> None:
        self.reader = reader
        self.top = reader.top
        self.tokens = tokens
        self.last = tokens[-1]
        self.expected = expected
        self.words = [token for token in tokens if token.kind not in "u,;"] or list(tokens)
        """Without interjections and marks."""

    def judge(self) -> Judged:
        """Return whether the sentence has ended."""
        if (judged := self.judge_last_word()) is not None:
            return judged
        doubt = False
        for clause in reversed(self.reader.stack):
            wait = self.still_awaited(clause)
            if wait == "echo":
                return self.judge_echo()
            if wait == "perhaps":
                doubt = True
            elif wait:
                return _GOVERNS
            if clause.kind != "main" and clause.subject and not clause.finite and self.reader.need != "wh":
                # Two noun phrases in a row may be a name, or a clause without its "that".
                return _DOUBTFUL if clause.kind == "rel" and self.reader.np != "pronoun" else _HALF_CLAUSE
        main = self.reader.stack[0]
        if main.kind == "not that":
            return _HALF_CLAUSE
        if doubt and (main.finite or len(self.reader.stack) == 1):
            return NOT_TOLD
        if main.finite:
            return self.judge_sentence(main)
        if any(clause.fronted for clause in self.reader.stack):
            return self.judge_fronted()
        if len(self.reader.stack) > 1 and self.reader.stack[1].kind == "sub" and not main.subject:
            # "because I was at work"
            return _WHOLE_SENTENCE
        return self.judge_fragment(main)

    def judge_last_word(self) -> Judged | None:
        """Judge by a last word that governs others, or announces them."""
        reader, last = self.reader, self.last
        before = self.tokens[-2] if len(self.tokens) > 1 else None
        if reader.need == "adjective" and (reader.definite or last.word in _ORDINALS):
            # "I'd like the blue": adjectives name things as well.
            return _DOUBTFUL
        if reader.need and not self.may_end():
            # "she keeps throwing up": seldom a preposition. "how much does it come to"
            doubtful = last.word in _SELDOM_GOVERNS or (reader.need == "to" and self.top.gap == "amount")
            return NOT_TOLD if doubtful and self.top.finite else _GOVERNS
        if last.kind == "r" and last.word in _LEADS_ON:
            waits = self.top.wait or (reader.earlier and not self.top.finite)
            return _GOVERNS if last.word not in _ENDS_ON or waits else NOT_TOLD
        if last.word in ("more", "less") and before and before.word not in _BEFORE_MORE:
            return NOT_TOLD if self.top.asks else _GOVERNS
        if last.kind == "G" and last.word not in _SOME_DEGREE:
            return _GOVERNS
        if last.word in _JOINING and before:
            return _GOVERNS
        if last.word in ("any", "some", "several", "another", "other") and last.kind == "M":
            return _GOVERNS if self.reader.stack[0].asks else NOT_TOLD
        if last.word == "that" and [token.kind for token in self.tokens[-3:-1]] == ["N", "b"]:
            # "the problem is that"
            return _GOVERNS
        if last.word == "number" and (before is None or before.kind in "PLQT,;C"):
            return _GOVERNS
        return None

    def still_awaited(self, clause: Clause) -> str:
        """Return what a clause waits for where no gap fills it; `echo`: only an auxiliary stands for the verb."""
        wait = clause.wait
        if not wait or clause is not self.top:
            return wait
        if self.reader.need == "to":
            # "I don't want to"
            return ""
        if clause.kind == "sub" and clause.lemma in ("like", "want", "wish", "prefer") and wait in OBJECTS:
            # "if you like"
            return ""
        if clause.kind in ("free", "rel") and clause.gap == "thing" and clause.lemma in ("do", "does", "did"):
            # "what he did"
            return ""
        if clause.gap == "aim" and wait in ("object", "two"):
            return "perhaps"
        if wait == "be" and clause.gap == "manner" and self.last.kind == "I":
            # "why was I"
            return wait
        if wait == "be" and not clause.subject:
            # "which is"
            return "be"
        if clause.gap and (wait in ("be", "complement") or (clause.gap in THINGS and wait not in ("verb", "same"))):
            return ""
        if wait in ("verb", "be", "have") and (self.last.kind in "mhb!R" or clause.asks):
            return "echo"
        return wait

    def may_end(self) -> bool:
        """Return whether the sentence may end although its last words mostly govern others."""
        need, stack = self.reader.need, self.reader.stack
        if need == "prep":
            return self.preposition_may_end()
        if need == "to":
            if self.top.lemma in _WANTING or self.top.wait == "infinitive":
                before = self.tokens[-2]
                brief = len(self.words) <= 5 and before.kind not in "YO"
                licensed = self.reader.negated or self.top.kind == "sub" or before.word == "tried"
                return brief and (licensed or self.expected == "yes_no")
            return any(clause.gap in ("thing", "place") for clause in stack[-2:])
        return need == "wh" and (len(stack) > 1 or len(self.tokens) <= 3)

    def preposition_may_end(self) -> bool:
        """Return whether the preposition at the end is an adverb, or has its noun in a question word."""
        last, reader = self.last, self.reader
        before = self.tokens[-2].kind if len(self.tokens) > 1 else ""
        if last.word == "of" and before and before in "Nt":
            return False
        if last.kind == "L":
            if any(clause.lemma in PARTICLES.get(last.word, ()) for clause in reader.stack[-2:]):
                return True
            if last.word in ("off", "away", "out", "in") and self.top.lemma in MOVING:
                return True
            if last.word in _AWAY and before and before in "bR!":
                return True
        if (last.kind in "PL" or last.word == "like") and any(
            clause.gap in ("thing", "amount", "place", "aim") for clause in reader.stack[-2:]
        ):
            return True
        if last.word in _ADVERBS_OF_PLACE:
            return self.top.finite and (last.word in ("outside", "inside") or before in ("b", "G", "R", "O", "Y"))
        if last.word in ("after", "before") and before == "t":
            # "the day after"
            return True
        return last.word == "before" and bool(before) and (before in "QPKYR" or reader.negated or self.top.asks)

    def judge_echo(self) -> Judged:
        """Judge an auxiliary at the end that may stand for its verb: "yes I do", "if I can"."""
        top, tokens, reader = self.top, self.tokens, self.reader
        if reader.clitic:
            return _GOVERNS
        if top.asks:
            return NOT_TOLD if top.wait == "be" and top.subject and len(tokens) <= 3 else _GOVERNS
        at = len(tokens) - 1
        while at >= 0 and tokens[at].kind in "mhb!Rr":
            at -= 1
        if at < 0 or tokens[at].kind not in "IYKME":
            # "my husband did"
            did = at >= 0 and tokens[at].kind == "N" and self.last.word in ("did", "does", "do")
            return NOT_TOLD if did and self.expected == "yes_no" else _GOVERNS
        if self.last.kind == "h" and any(token.word in ("do", "does", "did") for token in tokens[at + 1 :]):
            # "he didn't have"
            return _GOVERNS
        subject = tokens[at].word
        if subject in ("this", "these", "those") or (subject == "that" and self.last.kind == "b"):
            return _GOVERNS
        echoes = (
            top.wait == "verb" if top.kind == "sub" else top.kind == "comp" and reader.stack[-2].lemma in _SUPPOSING
        )
        if tokens[at - 1].word == "as" and at > 1:
            # "leave it as it is"
            return _WHOLE_SENTENCE
        if subject in _ANYONE or (echoes and tokens[at - 1].word != "whether" and not reader.negated):
            return _SHORT_ANSWER
        if any(token.kind not in "u,Zr" for token in tokens[:at]) and tokens[at - 1].kind != ";":
            # "I weighed it and it was": who echoes a question says nothing before.
            return NOT_TOLD if self.last.kind == "!" else _GOVERNS
        if (
            self.expected == "yes_no"
            or any(token.kind in "rR" for token in tokens[at:])
            or any(token.word in _SAYS_YES_NO for token in tokens)
        ):
            return _SHORT_ANSWER
        return _GOVERNS if self.expected == "open" else NOT_TOLD

    def judge_sentence(self, main: Clause) -> Judged:
        """Judge a main clause that has its verb and waits for nothing."""
        if not main.subject and main.gap not in THINGS:
            # "is broken": the recogniser has lost a word.
            return NOT_TOLD
        if self.last.kind == "#" and self.tokens[-2].kind in "bC":
            # "it's three": perhaps the first of more digits
            return NOT_TOLD
        reader = self.reader
        if main.second and self.top is main and reader.definite_second and not reader.definite_first:
            # "it is for thirty, and the name"
            return _HALF_CLAUSE
        if main.orders or any(self.wishes(at) for at in range(len(self.words) - 1)):
            return Judged("complete", "request")
        if main.asks or main.gap:
            return Judged("complete", "question")
        told = any(token.word in ("was", "were", "been", "had") or is_past(token) for token in self.tokens)
        return Judged("complete", "story") if told else _WHOLE_SENTENCE

    def wishes(self, at: int) -> bool:
        """Return whether a word says that something is wanted: "can you", "I'd like", "I'm calling"."""
        word, following = self.words[at], self.words[at + 1]
        if word.word in _POLITE and following.word in ("you", "i", "we"):
            return True
        lemma = following.verb.lemma if following.verb else ""
        if is_past(following) and lemma not in ("want", "hope", "wonder"):
            return False
        return word.word in ("i", "we", "'d", "would", "'m", "am", "just", "was") and lemma in _WISHING

    def judge_fronted(self) -> Judged:
        """Judge a clause that was begun by a conjunction and has no main clause behind it."""
        lead, count = self.words[0].word, len(self.words)
        if self.expected == "date" and lead in ("when", "after", "before", "whenever", "once", "until"):
            return _WHOLE_SENTENCE
        if lead in ("whenever", "wherever", "as soon as", "as long as") and count <= 4:
            return _WHOLE_SENTENCE
        polite = self.last.kind == "m" or self.last.word in (
            "mind",
            "like",
            "want",
            "wish",
            "possible",
            "ok",
            "okay",
            "fine",
        )
        if lead == "if" and count <= 5 and polite:
            return _WHOLE_SENTENCE
        return NOT_TOLD if lead in ("like", "as") and count <= 4 else _HALF_CLAUSE

    def judge_fragment(self, main: Clause) -> Judged:
        """Judge words without a verb."""
        words = self.words
        start = 0
        while start < len(words) - 1 and (words[start].kind in "CBr" or words[start].word == "then"):
            start += 1
        first, last, count = words[start], words[-1], len(words) - start
        if last.kind == "I" or (last.word in ("you", "it") and (count == 1 or words[-2].kind not in "PLT")):
            return _HALF_CLAUSE
        if last.word in ("one", "ones"):
            return _SHORT_ANSWER
        if first.kind == "P" and first.word in _TOPIC and count > 1 and self.expected in ("", "open"):
            return _FRAGMENT
        if self.reader.earlier and main.subject:
            return _HALF_CLAUSE
        if first.word == "what" and count > 2 and words[start + 1].kind == "D":
            # "what a mess"
            return _WHOLE_SENTENCE
        if first.kind == "W" and first.word.endswith("ever"):
            return _FRAGMENT
        if self.reader.need == "wh" and last.kind in "WR":
            # "and when exactly"
            return _SHORT_ANSWER if count <= 2 else _DOUBTFUL
        if first.kind == "W":
            # "what I want"
            return _HALF_CLAUSE
        if first.kind in "PLQR" or (last.kind == "#" and first.word == "the" and count == 2):
            return _SHORT_ANSWER
        if first.kind == "D" and words[start + 1].word in _TOPIC_NOUNS:
            # "the reason I'm calling"
            return Judged("open", "subject")
        if first.word in _OUR_OWN and last.word in _ASKED:
            return Judged("open", "subject")
        if words[0].word == "but" and first.kind == "D":
            return Judged("open", "subject")
        if first.kind == "D" or first.word in _POINTING:
            return Judged("unknown", "subject")
        if last.kind in "Rt":
            return _SHORT_ANSWER
        return _FRAGMENT

"""Read English tokens from left to right as clauses, and keep what each clause still waits for."""

from __future__ import annotations

from typing import Final

from ivr.text.segment.punctuation import word_set
from ivr.text.turn.english_grammar.places import OBJECTS, RELIEVED, THINGS, Clauses
from ivr.text.turn.english_grammar.tokens import Token
from ivr.text.turn.english_grammar.verbs import ANY_VERB, CLAUSAL, COPULAR, TELLING, VerbForm


class ClauseReader(Clauses):
    """Read tokens one after the other."""

    __slots__ = ()

    def noun(self, token: Token) -> None:
        """Read a noun."""
        if self.need in ("noun", "adjective"):
            self.need = ""
        elif self.need == "wh":
            self.np = "noun"
            self.need = "wh"
            return
        elif self.need or not (self.goes_on() or (self.tail == "Y" and self.np == "pronoun")):
            self.fill()
        self.np = "noun"

    def goes_on(self) -> bool:
        """Return whether a noun would belong to the noun phrase before it."""
        return self.np in ("open", "noun", "number", "adj") and not self.comma

    def determiner(self, token: Token) -> None:
        """Read a word that has a noun behind it."""
        if self.need not in ("noun", "adjective") and not (
            self.np == "open" and self.before_determiner and not self.need
        ):
            self.fill()
        self.need = "noun"
        self.np = ""
        self.definite = token.word not in ("a", "an", "every")
        self.definite_second = self.top.second and self.definite

    def standing(self, token: Token) -> None:
        """Read a determiner or a number that may stand alone."""
        if self.need == "noun":
            self.need = (
                "" if token.kind == "#" or token.word in ("few", "most", "least", "lot", "both") else "adjective"
            )
        elif self.need == "adjective":
            self.need = ""
        elif self.need == "wh" and self.tail == "W":
            return
        elif self.np in ("open", "number", "adj") and not self.comma and not self.need:
            pass
        elif self.np == "noun" and token.kind == "#" and not self.comma and not self.need:
            return
        else:
            self.fill()
        self.np = "number" if token.kind == "#" else "open"
        self.before_determiner = token.word in ("all", "both", "half", "such")

    def adjective(self, token: Token) -> None:
        """Read an adjective: before a noun, or behind "is"."""
        top = self.top
        if token.word == "sure" and top.lemma == "make" and top.wait:
            top.wait = "clause"
        elif self.need in ("noun", "adjective"):
            self.need = "adjective"
        elif self.need == "wh" and self.tail in "WG":
            return
        elif top.wait in ("be", "complement"):
            top.wait = ""
            self.leave_gap_to_subject()
            self.np = "adj"
            top.clausal = not top.fronted
            if token.word in ("able", "unable", "supposed", "worth", "due", "likely", "entitled"):
                top.wait = "infinitive"
        elif self.need == "prep":
            self.fill()
            self.need = (
                "" if token.word in ("free", "full", "general", "good", "sure", "short", "particular") else "adjective"
            )
        elif self.np == "noun" and self.tail == "Y":
            # "something small"
            return
        elif self.np == "pronoun" or (top.finite and not top.wait and not self.need):
            self.np = "adj" if self.np != "pronoun" else "pronoun"
        elif self.np in ("open", "number", "adj") and not self.need:
            if self.np != "adj":
                self.need = "adjective"
        elif top.wait in OBJECTS:
            self.fill()
            if self.tail == "G":
                # "so long"
                return
            self.need = "adjective" if self.following in "NA#g" or top.lemma not in COPULAR else ""
        else:
            self.fill()
            self.np = "adj"

    def leave_gap_to_subject(self) -> None:
        """Take a question word as the subject: "who is responsible"."""
        top = self.top
        if not top.subject and top.gap in THINGS:
            top.subject, top.gap = True, ""

    def pronoun(self, token: Token) -> None:
        """Read a pronoun."""
        nominative = token.kind == "I"
        top = self.top
        if token.word in ("you", "it"):
            awaited = self.need in ("prep", "to") or top.wait in OBJECTS
            behind = top.finite and self.tail in "Vg" and not top.wait
            nominative = not awaited and (not behind or self.following in "Vmhb")
        elif self.need == "and" and token.kind == "Y" and self.following in "Vmhb":
            nominative = True
        if self.need in ("noun", "adjective"):
            self.need = ""
        if token.kind == "O":
            self.read_object()
            return
        self.fill(nominative=nominative, pronoun=token.word == "you")
        self.np = "pronoun" if token.word in ("i", "he", "she", "we", "they", "you", "it") else "noun"

    def read_object(self) -> None:
        top = self.top
        if self.need in ("prep", "to", "and", "but"):
            self.need = ""
        elif top.wait == "two":
            top.wait = "second"
        elif top.wait in ("clause", "verb"):
            pass
        elif top.wait == "same":
            top.wait = "" if self.negated else "verb"
        elif top.lemma in ("ask", "tell") and top.told:
            top.wait = "clause"
        elif top.wait:
            top.wait = ""
        elif not top.subject:
            top.subject = True
        self.np = "pronoun"

    def there(self, token: Token) -> None:
        """Read "there" before "is"."""
        if self.need == "and" or (self.top.subject and self.top.finite and not self.top.clausal):
            fronted = self.top.kind == "sub" and self.top.fronted
            if fronted:
                self.pop_to(self.stack.index(self.top) - 1)
            else:
                self.begin()
        elif self.top.clausal or self.top.wait == "clause":
            self.top.wait = ""
            self.push("comp")
        self.need = ""
        self.top.subject = True
        self.np = "pronoun"

    # Verbs.

    def auxiliary(self, token: Token) -> None:
        """Read a modal, "do", "have" or "be"."""
        wait = {"m": "verb", "h": "have", "b": "be"}[token.kind]
        top = self.top
        if top.asks and not top.subject and token.word in ("do", "be", "have"):
            top.subject = True
        if token.word in ("be", "been", "being") and top.wait in ("verb", "have", "be"):
            top.wait = "be"
            self.need = ""
        elif token.kind == "m" and top.wait == "verb" and token.word == "do":
            top.wait = "" if self.following == "." and not top.asks and not top.gap and self.tail == "m" else "object"
        elif (token.kind == "h" and self.need == "to") or (token.kind == "h" and top.wait == "verb"):
            self.verb_needs("have", None)
        elif token.kind == "b" and self.need == "to":
            self.verb_needs("be", None)
        elif token.kind == "m" and self.need == "to":
            self.verb_needs("object", None)
        else:
            asks = not top.subject and not top.finite
            self.predicate(wait, None, auxiliary=True)
            if asks and self.top is top and not top.subject:
                top.asks = True
            if token.word == "let's":
                self.top.subject = True
        self.top.lemma = token.word
        self.top.clausal = False
        self.np = ""
        self.clitic = token.word[0] == "'"

    def verb(self, token: Token) -> None:
        """Read a form of a verb."""
        verb = token.verb or ANY_VERB
        top = self.top
        wait = "" if verb.needs == "nothing" else verb.needs
        if verb.lemma == "look" and verb.form in ("base", "ing"):
            wait = ""
        participle = verb.form in ("past", "done")
        if top.asks and not top.subject and verb.form == "base":
            top.subject = True
        if self.need in ("to", "prep") and verb.form in ("past", "third") and top.gap:
            self.need = top.gap = ""
            top.subject = True
        if token.kind == "g":
            self.read_ing(wait, verb)
        elif self.need == "to":
            self.verb_needs(wait, verb)
        elif not (participle and self.read_participle(wait, verb)):
            self.predicate(wait, verb)
        top = self.top
        top.lemma = verb.lemma
        top.clausal = verb.lemma in CLAUSAL
        top.telling = verb.lemma in TELLING
        top.told = verb.form == "past" and not self.negated
        self.np = ""
        self.clitic = False

    def read_participle(self, wait: str, verb: VerbForm) -> bool:
        """Read a participle that is no verb of its own; return whether it is none."""
        top = self.top
        if top.wait == "be":
            # Passive: the object is the subject.
            top.wait = ""
            self.leave_gap_to_subject()
            if verb.lemma in ("tell", "inform") and not self.negated:
                top.wait = "clause"
            elif verb.lemma in _NAMING and top.lemma in ("is", "are", "'s", "'re"):
                top.wait = "complement"
            return True
        if top.wait == "complement":
            # "it looks crushed"
            top.wait = ""
            return True
        if top.lemma in ("get", "have", "need", "want") and top.finite and top.wait in _TAKES_PARTICIPLE:
            top.wait = wait if top.wait == "have" else ""
            return True
        # "two rooms booked"
        behind = self.np == "noun" and not (self.need or top.clausal)
        if not (top.finite and not top.wait and behind) or self.awaits_verb():
            return False
        if verb.lemma in _NAMING:
            # "a company called"
            top.wait = "complement"
        return True

    def read_ing(self, wait: str, verb: VerbForm) -> None:
        top = self.top
        if self.need in ("prep", "and", "but", "sub", "to"):
            self.need = ""
            if top.kind == "sub" and not top.subject:
                top.subject = top.finite = True
            if top.subject and not top.finite:
                self.push("inf", subject=True).finite = True
            self.top.wait = wait
        elif top.subject and not top.finite:
            self.push("inf", subject=True).finite = True
            self.top.wait = wait
        elif not top.subject and not top.finite:
            top.subject = top.finite = True
            top.wait = wait
        elif top.wait or self.tail in "Vg":
            top.wait = wait
        else:
            self.push("inf", subject=True).finite = True
            self.top.wait = wait

    # What joins clauses.

    def preposition(self, token: Token) -> None:
        """Read a preposition."""
        top = self.top
        if self.need == "wh":
            self.need = ""
        if top.wait in RELIEVED:
            top.wait = ""
        self.need = "prep"
        self.preceding = token.word
        self.np = ""

    def to(self, token: Token) -> None:
        """Read "to"."""
        self.gap_before = self.np in ("noun", "open") and self.top.finite
        self.need = "to"
        self.preceding = "to"
        self.np = ""

    def coordinator(self, token: Token) -> None:
        """Read "and", "or"."""
        self.need = "and"
        self.np = ""

    def contrast(self, token: Token) -> None:
        """Read "but", "so"."""
        self.need = "but"
        self.np = ""

    def subordinator(self, token: Token) -> None:
        """Read a conjunction that begins a clause within another."""
        if self.need in ("and", "but") and self.stack[0].finite:
            # "and every time I call"
            self.begin()
        top = self.top
        begins = self.tail == "" or self.tail in "u,;xCBr"
        fronted = begins and len(self.stack) == 1 and not top.subject and not top.finite
        if top.wait in ("clause", "be", "perhaps", "object", "two", "second") and not fronted:
            top.wait = ""
        clause = self.push("sub")
        clause.fronted = fronted and not token.word.endswith(("because", "cause"))
        clause.lemma = token.word
        self.need = "sub"
        self.np = ""

    def question(self, token: Token) -> None:
        """Read a question word."""
        top = self.top
        word = token.word
        head = word.partition(" ")[0]
        if word == "what" and self.following == "D" and not top.finite:
            return
        gap = (
            "thing"
            if head in ("what", "who", "which", "whose", "whom", "whatever", "whichever", "whoever")
            else "amount"
            if word in ("how many", "how much", "how long", "how far")
            else "manner"
        )
        if word in ("what time", "what day", "what date"):
            gap = "manner"
        if head == "where":
            gap = "place"
        if word in ("what about", "how about"):
            if top.finite:
                self.begin()
                top = self.top
            top.subject = top.finite = True
            top.asks = True
            self.need = "prep"
            return
        if (
            self.np == "noun"
            and not self.comma
            and not self.need
            and word in ("who", "which", "where", "whose")
            and not (top.telling and top.finite)
        ):
            self.push("rel", gap=gap)
            self.need = "that"
        elif not top.subject and not top.finite and len(self.stack) == 1:
            top.gap = gap
            top.lemma = word
            self.need = "wh"
        elif (
            top.wait == ""
            and word in ("when", "whenever", "where", "wherever")
            and not top.clausal
            and self.need != "prep"
        ):
            clause = self.push("sub")
            clause.lemma = word
            self.need = "sub"
        elif self.need in ("and", "but"):
            self.begin()
            self.top.gap = gap
            self.top.lemma = word
            self.need = "wh"
        else:
            if self.need not in ("prep", "to"):
                top.wait = ""
            self.need = "wh"
            self.push("free", gap=gap).lemma = word
        self.np = ""

    def that(self, token: Token, following: Token | None) -> None:
        """Read "that": a determiner, a pronoun, or the beginning of a clause."""
        top = self.top
        after = following.kind if following else ""
        if top.finite and not top.subject:
            self.fill()
            self.np = "pronoun"
            return
        if after == "R":
            self.standing(token)
            return
        if self.tail == "!" and top.wait == "be" and after in "IYDM":
            self.stack[0].kind = "not that"
        if following is None:
            if self.need in ("prep", "to"):
                self.standing(token)
            else:
                self.final_that(token)
            return
        noun_before = self.np == "noun" and not self.need and not self.comma
        if (
            after in "NA#t"
            and not (noun_before and after == "N" and not top.wait)
            and (top.wait != "clause" or after == "#")
        ):
            self.standing(token)
            self.need = "adjective" if after == "A" else "noun"
            self.np = ""
        elif noun_before and not (top.telling and top.finite) and after in "VmhbIYDNMrRE":
            self.push("rel", gap="thing")
            self.need = "that"
        elif after in "Vmhb!" and top.wait != "clause" and not top.clausal:
            self.fill(nominative=self.need not in ("prep",))
            self.np = "pronoun"
        elif (
            top.wait == "clause" or top.clausal or top.telling or top.wait in ("be", "object", "perhaps")
        ) and after in "IYDNMEKrStO#A":
            top.wait = ""
            top.clausal = False
            self.push("comp")
            self.need = "that"
            self.np = ""
        elif after in "Vmhb":
            self.fill(nominative=True)
            self.np = "pronoun"
        else:
            self.standing(token)

    def final_that(self, token: Token) -> None:
        """Read "that" at the end: an object, or the beginning of a clause that has not come."""
        top = self.top
        known = self.negated or self.stack[0].asks or (self.tail == "Y" and top.wait != "clause")
        begins = top.wait in ("clause", "complement") or (top.lemma in _CLAUSE_ONLY and not known)
        if begins or (self.np in ("noun", "adj") and not top.wait and not self.need):
            self.need = "that"
        elif top.wait == "be" and top.lemma in ("is", "'s", "was") and not self.np:
            top.wait = ""
        else:
            self.standing(token)

    # What may stand anywhere.

    def adverb(self, token: Token) -> None:
        """Read an adverb that may end a sentence."""
        if token.word == "else":
            return
        if token.word == "then" and self.need == "and":
            # "and then the screen"
            self.need = "but"
            return
        if self.need == "prep":
            self.need = ""
        wait = self.top.wait
        if (
            wait in ("be", "complement", "perhaps")
            or token.word == "so"
            or (wait and self.top.lemma in ("get", "put", "leave"))
            or (wait == "clause" and self.top.telling)
        ):
            self.top.wait = ""
        if self.need == "":
            self.np = ""

    def time(self, token: Token) -> None:
        """Read a noun of time, which is an adverb as well."""
        if self.need or self.np in ("open", "number", "adj") or not self.top.finite or self.top.wait in OBJECTS:
            self.noun(token)
        else:
            self.adverb(token)

    def ignored(self, token: Token) -> None:
        """Read what changes nothing."""

    def negation(self, token: Token) -> None:
        """Read "not"."""
        self.negated = True
        self.clitic = False

    def interjection(self, token: Token) -> None:
        """Read what stands beside sentences."""
        if self.need in ("noun", "adjective"):
            return
        self.comma = True

    def comma_(self, token: Token) -> None:
        """Read a comma."""

    def stop(self, token: Token) -> None:
        """Read the end of a sentence within the transcript."""
        self.begin()


_TAKES_PARTICIPLE: Final = ("", "object", "have", "complement")
_NAMING: Final = ("call", "name", "spell")
_CLAUSE_ONLY: Final = word_set("think hope tell notice mention realise realize suppose assume wish reckon inform say")
_BY_CLASS: Final = {
    "N": ClauseReader.noun, "t": ClauseReader.time, "D": ClauseReader.determiner, "M": ClauseReader.standing,
    "#": ClauseReader.standing, "A": ClauseReader.adjective, "I": ClauseReader.pronoun, "Y": ClauseReader.pronoun,
    "O": ClauseReader.pronoun, "E": ClauseReader.there, "P": ClauseReader.preposition, "L": ClauseReader.preposition,
    "Q": ClauseReader.preposition, "T": ClauseReader.to, "C": ClauseReader.coordinator, "B": ClauseReader.contrast,
    "S": ClauseReader.subordinator, "W": ClauseReader.question,
    "m": ClauseReader.auxiliary, "h": ClauseReader.auxiliary,
    "b": ClauseReader.auxiliary, "V": ClauseReader.verb, "g": ClauseReader.verb, "!": ClauseReader.negation,
    "R": ClauseReader.adverb, "r": ClauseReader.ignored, "G": ClauseReader.ignored, "u": ClauseReader.interjection,
    "x": ClauseReader.interjection, "Z": ClauseReader.ignored, ",": ClauseReader.comma_, ";": ClauseReader.stop,
}  # fmt: skip


def read_clauses(tokens: list[Token]) -> ClauseReader:
    """Return what the clauses of these tokens have and wait for."""
    reader = ClauseReader()
    last = len(tokens) - 1
    for at, token in enumerate(tokens):
        kind = token.kind
        if kind == "K":
            reader.that(token, tokens[at + 1] if at < last else None)
        elif kind == "Q" and at < last and begins_clause(tokens, at + 1):
            reader.subordinator(token)
        else:
            reader.following = tokens[at + 1].kind if at < last else "."
            _BY_CLASS[kind](reader, token)
        reader.tail = kind
        if kind not in "rG!":
            reader.comma = kind in ",ux"
    return reader


def begins_clause(tokens: list[Token], at: int) -> bool:
    kind = tokens[at].kind
    return kind in "IE" or (kind == "Y" and at + 1 < len(tokens) and tokens[at + 1].kind in "NVmhbr!")

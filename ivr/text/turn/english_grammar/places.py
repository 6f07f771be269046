"""Hold clauses that are under way, and give nouns and verbs their places in them.

A clause has a subject, a finite verb and what this verb needs. A question word or a relative pronoun stands for a part
of its clause, its *gap*: there the verb's object or a preposition's noun is not missing ("who is it from").
"""

from __future__ import annotations

from typing import Final

from ivr.text.segment.punctuation import word_set
from ivr.text.turn.english_grammar.verbs import VerbForm


class Clause:
    """Hold one clause: what it has, and what it waits for."""

    __slots__ = (
        "asks",
        "clausal",
        "finite",
        "fronted",
        "gap",
        "kind",
        "lemma",
        "orders",
        "second",
        "subject",
        "telling",
        "told",
        "wait",
    )

    def __init__(self, kind: str, *, subject: bool = False, gap: str = "") -> None:
        self.kind = kind
        """`main`, `sub` (begun by a conjunction), `rel` (behind a noun), `comp` (a verb's object), `free` (begun by a
        question word), `inf` (an infinitive behind a noun)."""
        self.subject = subject
        self.finite = False
        self.wait = ""
        """What the verb needs; `verb` behind an auxiliary, `be` and `have` behind these. Empty: nothing."""
        self.gap = gap
        """`thing`, `amount`, `place`, `manner`, or `aim` (of an infinitive): what the question word stands for. Empty:
        there is none, or it is taken."""
        self.orders = False
        """The verb stands first: an order."""
        self.asks = False
        """The auxiliary stands before the subject."""
        self.fronted = False
        """A clause of kind `sub` before its main clause."""
        self.clausal = False
        """The last noun may be the subject of a clause that is the verb's object."""
        self.telling = self.told = False
        """The verb has a person and then a clause behind it; and it is told what was said."""
        self.second = False
        """The last noun stands behind "and": one more object, or the subject of another clause."""
        self.lemma = ""


THINGS: Final = ("thing", "amount")
"""Gaps that stand for a noun."""
OBJECTS: Final = frozenset(("object", "two", "second", "infinitive", "have", "be", "complement", "perhaps"))
_TAKES_THING: Final = OBJECTS | {"clause"}
RELIEVED: Final = _TAKES_THING | {"same"}
"""What a verb does not wait for any more when a preposition stands behind it."""


_MAY_BEGIN_CLAUSE: Final = word_set("before after since until till like as than")


class Clauses:
    """Hold the clauses of a transcript, the innermost last."""

    __slots__ = (
        "before_determiner",
        "clitic",
        "comma",
        "definite",
        "definite_first",
        "definite_second",
        "earlier",
        "following",
        "gap_before",
        "need",
        "negated",
        "np",
        "preceding",
        "qualifier",
        "stack",
        "tail",
        "top",
    )

    def __init__(self) -> None:
        self.top = Clause("main")
        self.stack = [self.top]
        self.need = ""
        """What the last words govern: `noun` (behind a determiner), `adjective` (a noun behind one), `prep`, `to`,
        `and`, `but`, `sub`, `that`, `wh`."""
        self.np = ""
        """The noun phrase that may go on: `open` (a determiner that may stand alone), `number`, `adj`, `noun`,
        `pronoun`."""
        self.comma = False
        self.preceding = ""
        self.before_determiner = self.gap_before = False
        self.qualifier = False
        """The last noun stands behind "before", "since" or "like", which may have begun a clause."""
        self.definite = self.definite_first = self.definite_second = False
        """The last noun phrase is definite, and so is the one before its "and"."""
        self.tail = self.following = ""
        """Classes of the last token and of the next."""
        self.clitic = False
        self.negated = False
        self.earlier = False
        """A whole clause stands before this one."""

    def begin(self, *, subject: bool = False) -> None:
        """Begin a clause of its own: what was before is over."""
        self.earlier = self.earlier or self.stack[0].finite or bool(self.np)
        self.top = Clause("main", subject=subject)
        self.stack = [self.top]
        self.need = self.np = ""

    def push(self, kind: str, *, subject: bool = False, gap: str = "") -> Clause:
        """Begin a clause within the last one."""
        self.top = Clause(kind, subject=subject, gap=gap)
        self.stack.append(self.top)
        return self.top

    def pop_to(self, index: int) -> None:
        """Go back to an outer clause."""
        del self.stack[index + 1 :]
        self.top = self.stack[-1]

    # What stands where a noun may stand.

    def fill(self, *, nominative: bool = False, pronoun: bool = False) -> None:
        """Give a noun phrase that begins its place in its clause."""
        top, need, self.need = self.top, self.need, ""
        wait = top.wait
        self.qualifier = need == "prep" and self.preceding in _MAY_BEGIN_CLAUSE
        before, self.definite = self.definite, False
        if need in ("prep", "to") and not nominative:
            if need == "to" and wait in RELIEVED:
                top.wait = ""
            return
        if need in ("and", "but") and len(self.stack) == 1 and not top.subject and not top.finite:
            need = ""
        if need == "and":
            if nominative:
                self.begin(subject=True)
            else:
                top.second = True
                self.definite_first = before
            return
        if need == "but":
            self.begin(subject=True)
            return
        if not top.subject:
            top.subject = True
            if top.gap and top.kind == "main" and not top.finite:
                self.embed(top)
            return
        if wait:
            self.fill_wait(top, wait, nominative=nominative, pronoun=pronoun)
        elif not top.finite:
            self.fill_bare(nominative=nominative)
        else:
            self.fill_satisfied(top, nominative=nominative, pronoun=pronoun)

    def embed(self, top: Clause) -> None:
        """Take a question word with a subject behind it as the beginning of a clause within another."""
        gap, top.gap = top.gap, ""
        if top.lemma in ("when", "where", "whenever", "while"):
            top.subject = False
            self.push("sub", subject=True).fronted = True
        else:
            self.push("free", subject=True, gap=gap)

    def fill_wait(self, top: Clause, wait: str, *, nominative: bool, pronoun: bool) -> None:
        if wait == "clause" or (top.clausal and nominative):
            top.wait = ""
            top.clausal = False
            gap, top.gap = top.gap, ""
            self.push("comp", subject=True, gap=gap)
        elif wait == "verb" and top.lemma in ("do", "does", "did"):
            top.wait = ""
        elif nominative or wait == "verb":
            self.begin(subject=True)
        elif wait == "two" and top.lemma == "give" and not pronoun:
            # "I gave the driver"
            top.wait = "perhaps"
        elif wait == "two" and pronoun:
            top.wait = "second"
        elif wait == "same" and top.lemma == "let":
            top.wait = "verb"
        else:
            top.wait = ""

    def fill_bare(self, *, nominative: bool) -> None:
        """Take a noun phrase behind one that has no verb yet."""
        if self.comma:
            if nominative:
                self.begin(subject=True)
        elif self.np:
            self.push("rel", subject=True, gap="thing")
        else:
            self.begin(subject=True)

    def fill_satisfied(self, top: Clause, *, nominative: bool, pronoun: bool) -> None:
        """Take a noun phrase behind a clause that needs none."""
        if top.clausal and nominative:
            top.clausal = False
            gap, top.gap = top.gap, ""
            self.push("comp", subject=True, gap=gap)
        elif top.kind == "sub" and top.fronted and (nominative or self.comma or self.np):
            self.pop_to(self.stack.index(top) - 1)
            self.top.subject = True
        elif nominative and self.np in ("noun", "number", "open") and not self.comma:
            self.push("rel", subject=True, gap="thing")
        elif nominative:
            outer = self.without_verb()
            if outer >= 0 and self.comma:
                self.pop_to(outer)
            else:
                self.begin(subject=True)
        elif self.comma and self.stack[0].finite and not pronoun:
            top.second = True
            self.definite_first = False

    def verb_needs(self, wait: str, verb: VerbForm | None) -> None:
        """Read the infinitive behind "to"."""
        top = self.top
        self.need = ""
        if (
            verb is not None
            and verb.lemma in ("know", "ask", "say")
            and not self.negated
            and top.lemma in ("like", "want", "need", "love")
        ):
            wait = "clause"
        if top.subject and not top.finite:
            self.push("inf", subject=True, gap="thing").finite = True
            self.top.wait = wait
        else:
            if not top.finite:
                top.subject = top.finite = True
            elif self.gap_before and not top.gap:
                top.gap = "aim"
            top.wait = wait
        self.top.lemma = verb.lemma if verb else ""

    def awaits_verb(self) -> bool:
        return self.qualifier or self.top.second or self.without_verb() >= 0

    def without_verb(self) -> int:
        """Return the place of the innermost outer clause that has a subject and no verb; -1: none."""
        for index in range(len(self.stack) - 2, -1, -1):
            clause = self.stack[index]
            if clause.subject and not clause.finite:
                return index
        return -1

    def predicate(self, wait: str, verb: VerbForm | None, *, auxiliary: bool = False) -> None:
        """Give a finite verb or an auxiliary its place."""
        top, need, self.need = self.top, self.need, ""
        if not top.finite:
            if not top.subject and self.qualifier:
                # "after the driver left"
                top = self.push("sub", subject=True)
                top.fronted = True
            if not top.subject and (not auxiliary or top.kind in ("rel", "comp", "sub")):
                top.orders = top.kind == "main" and verb is not None and verb.form == "base" and not top.gap
                top.subject = True
                if top.gap in THINGS or not auxiliary:
                    top.gap = ""
        elif need not in ("and", "but") and (
            not top.wait or top.kind == "inf" or (top.gap in THINGS and top.wait in _TAKES_THING)
        ):
            if top.wait in ("infinitive", "have", "be") and top.kind != "rel" and verb is not None:
                top.wait = wait
                return
            if top.wait:
                top.wait = top.gap = ""
            top = self.next_clause(top)
        self.qualifier = self.qualifier and top.finite and need in ("and", "but")
        top.finite = True
        top.wait = wait

    def next_clause(self, top: Clause) -> Clause:
        """Return the clause of a finite verb behind a clause that has all it needs."""
        outer = self.without_verb()
        if top.second:
            self.begin(subject=True)
        elif top.clausal and self.np:
            top.clausal = False
            self.push("comp", subject=True)
        elif self.qualifier:
            self.push("sub", subject=True)
        elif outer >= 0:
            self.pop_to(outer)
        elif top.kind == "sub" and top.fronted:
            self.pop_to(self.stack.index(top) - 1)
            self.top.subject = True
        return self.top

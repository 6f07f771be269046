"""Take machinery out of a reply: one stage, before sentences are cut, for every format and every model.

Never spoken: marks of chat templates and the turns of other roles, thoughts, calls of tools, labels of work, citations,
leftovers of templates, escapes. `marks`, `labels`, `citations`, `leftovers`, `objects` and `characters` say what they
are; this file finds them, and hides what they hide.

The result does not depend on where the text was cut. A mark that may still become one waits, a few hundred characters
at most; plain words never wait. What is hidden stays hidden until it is closed, or the LLM call ends.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Final, TypeAlias

from ivr.webhook.sanitize.characters import ESCAPE, HALF_ESCAPE, Characters, unescaped
from ivr.webhook.sanitize.citations import CitationKind, read_citation
from ivr.webhook.sanitize.labels import LABEL_LINE, LabelKind, read_label
from ivr.webhook.sanitize.leftovers import (
    LEFTOVER_WORD,
    WHOLE_BODIES,
    WHOLE_LEFTOVERS,
    names,
    prefixes,
    read_template,
    read_word,
)
from ivr.webhook.sanitize.marks import (
    AGENT_ROLES,
    OTHER_ROLES,
    MachineMark,
    MarkKind,
    bracket_mark,
    flower_mark,
    special_mark,
    tag_mark,
)
from ivr.webhook.sanitize.objects import HALF_OBJECT_START, OBJECT_START, WrittenObject, is_tool_call

Written: TypeAlias = str | dict[str, Any]
"""What an agent wrote: words, or an object in place of words or behind them."""

_READ_AT_ONCE: Final = 1024
"""Characters that are read at once, so that the work grows with the text and not with its square."""
_MANY: Final = 2
"""Parts from which on there may be words to put together."""
_LOOK_BACK: Final = 40
"""Characters before a mark that decide what it is."""
_MAX_HEADER: Final = 200
"""Characters of a role or channel; a longer one is text."""

_OPENER: Final = re.compile(rf"[<\[{{}}\]\"【〔〖◁✿$%:(`\\&\ue000-\uf8ff¹²³⁰⁴-⁹]|{LEFTOVER_WORD}")
_OPENER_OR_LINE: Final = re.compile(f"{LABEL_LINE.pattern}|{_OPENER.pattern}")
_HIDDEN_OPENER: Final = re.compile(rf"[<\[◁✿`\n\\&]|assistantfinal|{prefixes('assistantfinal')}(?<=[a-z])\Z")
_IN_HEADER: Final = re.compile(r"[<\n]")
_SPECIAL: Final = re.compile(r"<[|｜]([^\s<>|｜][^<>|｜\n]{0,59})[|｜]>")
_HALF_SPECIAL: Final = re.compile(r"<(?:[|｜](?:[^\s<>|｜][^<>|｜\n]{0,59}[|｜]?)?)?")
_TAG_NAME: Final = r"</?(?:[|｜]DSML[|｜])?[A-Za-z][\w.:-]{0,60}"
_MARK_FORMS: Final = {
    "<": (
        (_HALF_SPECIAL, _SPECIAL, special_mark),
        (
            re.compile(rf"</?(?:[|｜](?:{prefixes('DSML')}[|｜]?)?)?|{_TAG_NAME}(?:[\s=][^<>]{{0,300}}|/)?"),
            re.compile(rf"{_TAG_NAME}(?:[\s=][^<>]{{0,300}}|/)?>"),
            tag_mark,
        ),
    ),
    "[": (
        (
            re.compile(r"\[(?:/?[A-Za-z_]{0,24}|\|[^\[\]|\n]{0,40}\|?|object \w{0,20})"),
            re.compile(r"\[(?:/?[A-Za-z_]{1,24}|\|[^\[\]|\n]{1,40}\||object \w{1,20})\]"),
            bracket_mark,
        ),
    ),
    "✿": ((re.compile("✿[A-Z]{0,8}✿?:?"), re.compile("✿(?:FUNCTION|ARGS|RESULT|RETURN)✿:?"), flower_mark),),
    "◁": ((re.compile(rf"◁/?{prefixes('think')}"), re.compile("◁/?think▷"), tag_mark),),
}
"""By its first character: what may become a mark, a complete one, and what tells its meaning."""
_CODE_FENCE: Final = re.compile(r"```[^\S\n]*(\w{0,20})\s{0,20}")
_HALF_CODE_FENCE: Final = re.compile(r"`{1,2}|```[^\S\n]*\w{0,20}\s{0,20}")
_TOOL_FENCES: Final = names(
    """tool_code tool_call tool_calls tool_output tool_outputs function_call tool python_tool"""
)
_ROLE_NAME: Final = re.compile(r"\s*([A-Za-z_]+)")
_ROLE_ENDED: Final = re.compile(r"\s*[A-Za-z_]+[^\S\n]")
_CHANNELS: Final = frozenset(("final", "answer", "response"))
_MEANS_MORE: Final = tuple("<[{◁【$%`")
"""Characters that are read once more when an escape stood for them: `&lt;think&gt;`."""
_FENCED: Final = "```"
_LONGEST_WHOLE: Final = 64
"""Characters of a reply that may be nothing but a leftover, fences and blanks included."""
_AROUND_LEFTOVERS: Final = " \t\n`"
_HARMONY: Final = "assistantfinal"
_HARMONY_START: Final = re.compile(f"{_HARMONY}|analysis(?=[A-Z\u0621-\u064a])")
_HALF_HARMONY: Final = re.compile(f"{prefixes(_HARMONY)}|{prefixes('analysis')}")
_LABELS: Final = "label"
_LINE: Final = "line"
_OTHER_ROLE: Final = "role"
_TOOL_CALLS: Final = "[TOOL_CALLS"


@dataclass(slots=True)
class Hiding:
    """Hold why the text is hidden, and how deep within marks of the same name."""

    name: str
    depth: int = 1
    outer: Hiding | None = None
    """What hides the text when this has ended."""

    @property
    def is_soft(self) -> bool:
        """Return whether all marks still count within it."""
        return self.name in (_LABELS, _TOOL_CALLS)

    @property
    def ends_with_turn(self) -> bool:
        """Return whether the end of the model's turn ends it: all but tags and words in brackets."""
        return self.name[0] not in "<[`"


@dataclass(slots=True)
class Unspoken:
    """Hold what was in a reply beside words."""

    thought: bool = False
    """There were thoughts."""
    machinery: bool = False
    """There was anything else that is not spoken: calls of tools, leftovers, another role's words."""
    broken: bool = False
    """There was an object that cannot be read."""
    acknowledged: bool = False
    """There was nothing but a platform's word that it received the request."""

    @property
    def reason(self) -> str:
        """Return why a reply without words has none; empty where nothing was left out, or it is a fault by itself."""
        reasons = (
            (self.acknowledged, "acknowledged"),
            (self.thought, "only_thoughts"),
            (self.machinery and not self.broken, "only_machinery"),
        )
        return next((reason for is_so, reason in reasons if is_so), "")


class Sanitizer:
    """Read what an agent writes, in pieces."""

    def __init__(self, unspoken: Unspoken | None = None) -> None:
        """Note in `unspoken` what is left out."""
        self._unspoken = unspoken or Unspoken()
        self._characters = Characters()
        self._held = ""
        self._again = ""
        self._before = "\n"
        self._out: list[Written] = []
        self._hiding: Hiding | None = None
        self._header: MachineMark | None = None
        self._role = ""
        self._object: WrittenObject | None = None
        self._object_ended = False
        self._fenced = False
        self._gap = False
        self._spoke = False
        self._listed = False
        self._start = ""
        self._wholes = WHOLE_LEFTOVERS

    def feed(self, text: str, *, first: bool = False, plain: bool = False) -> list[Written]:
        """Return what of `text`, after what was held back, is words, and the objects in it. May be empty.

        `first`: nothing was spoken before, so what stands before a stray `</think>` is a thought too. `plain`: the
        text is a body in no format, which may be a platform's acknowledgement.
        """
        text = self._characters.feed(text)
        self._wholes = WHOLE_BODIES if plain else WHOLE_LEFTOVERS
        for start in range(0, len(text), _READ_AT_ONCE):
            self._read(text[start : start + _READ_AT_ONCE], first=first, final=False)
        return self._taken()

    def end(self) -> list[Written]:
        """End an LLM call: return what was held back and is words. What follows is not hidden any more."""
        self._read("", first=False, final=True)
        self._unspoken.broken = self._unspoken.broken or self._object is not None
        if self._start and (bare := self._start.strip(_AROUND_LEFTOVERS)) in ("", *self._wholes):
            self._start, self._unspoken.machinery = "", True
            self._unspoken.acknowledged = bare not in ("", *WHOLE_LEFTOVERS)
        self._out.append(self._start)
        self._hiding = self._header = self._object = None
        self._start, self._before, self._role = "", "\n", ""
        self._fenced = self._object_ended = self._gap = self._spoke = self._listed = False
        return self._taken()

    def _taken(self) -> list[Written]:
        """Return what was given out since the last time, words in one piece."""
        out, self._out = self._out, []
        if len(out) < _MANY:
            return [part for part in out if part != ""]
        runs = groupby(out, key=lambda part: isinstance(part, str))
        parts = [["".join(map(str, run))] if words else list(run) for words, run in runs]
        return [part for run in parts for part in run if part != ""]

    def read(self, text: str) -> list[Written]:
        """Return what of a text that is complete is words, and the objects in it."""
        return self.feed(text, first=True) + self.end()

    def _read(self, new: str, *, first: bool, final: bool) -> None:
        text, self._held = self._held + new, ""
        while text:
            if self._object is not None:
                end = self._object.feed(text, 0)
                if self._object.over:
                    self._end_object(self._object)
                text = text[end:]
                continue
            if self._header is not None:
                text = self._read_header(text, self._header, final=final)
                continue
            # Patterns look back at what was kept; what was left out is not there.
            at, behind = len(self._before), self._before + text
            openers = _HIDDEN_OPENER if self._is_hidden else _OPENER_OR_LINE
            found = openers.search(behind, at)
            if found is None or found.start() == len(behind):
                self._keep(text)
                return
            self._keep(text[: found.start() - at])
            if found.start() > at:
                text = text[found.start() - at :]
                at, behind = len(self._before), self._before + text
            used = self._read_mark(behind, at, first=first, final=final)
            if used is None:
                self._held = text
                return
            text, self._again = self._again + text[used:], ""

    @property
    def _is_hidden(self) -> bool:
        return self._hiding is not None and not self._hiding.is_soft

    @property
    def is_within(self) -> bool:
        """Return whether a thought, an object or a header is open, which `end` would cut off."""
        return self._is_hidden or self._object is not None or self._header is not None

    def _keep(self, text: str) -> None:
        """Give out words, unless they are hidden."""
        # Blanks behind an object belong to it.
        text = text.lstrip() if self._object_ended else text
        if not text or self._is_hidden:
            return
        # What was left out never joins the words before it and after it into one.
        if self._gap and (self._spoke or self._start) and not self._before[-1:].isspace() and text[0].isalnum():
            text = f" {text}"
        self._gap = False
        self._before = (self._before + text)[-_LOOK_BACK:]
        self._object_ended = False
        if self._hiding is not None:
            return
        if not self._spoke:
            text, self._start = self._start + text, ""
            bare = text.strip(_AROUND_LEFTOVERS)
            may_be_all = len(text) <= _LONGEST_WHOLE and not text.isspace()
            if may_be_all and any(whole.startswith(bare) for whole in self._wholes):
                self._start = text
                return
            self._spoke = bool(bare)
        self._out.append(text)

    def _leave_out(self) -> None:
        """Note that something was left out."""
        self._unspoken.machinery = True
        self._gap = self._gap or not self._is_hidden

    def _end_object(self, written: WrittenObject) -> None:
        """Give out an object that is complete, or leave it out."""
        self._object, self._object_ended = None, True
        records = written.records()
        self._unspoken.broken = self._unspoken.broken or records is None
        for record in records or ():
            # LangChain's JSON agents write their answer as an action.
            answers = str(record.get("action")).lower().replace("_", " ") == "final answer"
            if answers and isinstance(record.get("action_input"), str):
                self._hiding = None
                self._out.append({"output": record["action_input"]})
            elif self._hiding is None and not is_tool_call(record):
                self._out.append(record)
        if self._hiding is not None and self._hiding.name == _TOOL_CALLS:
            self._hiding = self._hiding.outer
        self._leave_out()

    def _read_header(self, text: str, header: MachineMark, *, final: bool) -> str:
        """Read a role or a channel. Return what is left of the text."""
        found = _IN_HEADER.search(text)
        end = len(text) if found is None else found.start()
        self._role, text = self._role + text[:end], text[end:]
        if (header.to_line_end and _ROLE_ENDED.match(self._role)) or len(self._role) > _MAX_HEADER:
            return self._end_header(header, by_mark=False) + text
        if not text:
            return self._end_header(header, by_mark=False) if final else ""
        if text[0] == "\n":
            if header.to_line_end:
                return self._end_header(header, by_mark=False) + text[1:]
        elif special := _SPECIAL.match(text):
            # `<|channel|>commentary to=functions.f <|constrain|>json<|message|>`
            if special[1] == "constrain":
                self._role += " "
            elif words := self._end_header(header, by_mark=True):
                return words + text
            else:
                self._apply(special_mark(special[0]), first=False)
            return text[len(special[0]) :]
        elif not final and _HALF_SPECIAL.fullmatch(text):
            self._held = text
            return ""
        self._role += text[0]
        return text[1:]

    def _end_header(self, header: MachineMark, *, by_mark: bool) -> str:
        """Decide by a role or a channel what follows. Return the words that stood in its place, or behind it."""
        written, self._role, self._header = self._role, "", None
        found = _ROLE_NAME.match(written)
        word = found[1].lower() if found else ""
        # A message to a recipient is a tool's call.
        spoken = not word or (
            word in (_CHANNELS if header.name == "channel" else AGENT_ROLES) and " to=" not in written
        )
        # A line that begins with no role is an answer by itself.
        is_answer = header.to_line_end and word not in AGENT_ROLES | OTHER_ROLES
        self._hiding = None if spoken or is_answer else Hiding(_OTHER_ROLE)
        self._unspoken.thought = self._unspoken.thought or word == "analysis"
        if is_answer:
            return written
        return "" if by_mark or found is None else written[found.end() :]

    def _apply(self, mark: MachineMark, *, first: bool) -> bool:
        """Hide or show what follows a mark. Return whether it is one."""
        hiding = self._hiding
        match mark.kind:
            case MarkKind.TEXT:
                return False
            case MarkKind.HEADER:
                self._header = mark
            case MarkKind.SPOKEN:
                self._hiding = None
            case MarkKind.ENDS_TURN if hiding is not None and hiding.ends_with_turn:
                self._hiding = None
            case MarkKind.OPENS if not self._is_hidden:
                self._gap = True
                self._hiding = Hiding(mark.name, outer=hiding)
                self._unspoken.thought = self._unspoken.thought or mark.is_thought
            case MarkKind.OPENS if hiding is not None and hiding.name == mark.name:
                hiding.depth += 1
            case MarkKind.CLOSES if hiding is not None and hiding.name == mark.name:
                hiding.depth -= 1
                self._hiding = hiding if hiding.depth else hiding.outer
            # Some chat templates put the first tag into the prompt, so that only `</think>` comes
            # (github.com/vllm-project/vllm/issues/13125). What was spoken in an earlier record cannot be taken back.
            case MarkKind.CLOSES if not self._is_hidden and first and mark.ends_prompt:
                self._out.clear()
                self._start, self._before, self._spoke, self._gap = "", "\n", False, False
                self._hiding, self._unspoken.thought = None, True
        self._leave_out()
        return True

    def _read_mark(self, text: str, at: int, *, first: bool, final: bool) -> int | None:
        """Do what the mark at `at` does. Return how many characters it takes; None while more text decides."""
        for half, whole, mark_of in _MARK_FORMS.get(text[at], ()):
            if not final and half.fullmatch(text, at):
                return None
            if (found := whole.match(text, at)) and self._apply(mark_of(found[0]), first=first):
                return len(found[0])
        if self._is_hidden:
            return self._read_hidden(text, at, final=final)
        if not self._spoke and (channel := self._read_channel(text, at, final=final)) != 0:
            return channel
        if line := LABEL_LINE.match(text, at):
            label = read_label(text[at:], working=self._hiding is not None, starts=not self._spoke, final=final)
            if label.kind is LabelKind.UNCLEAR:
                return None
            if label.kind is LabelKind.TEXT and line[0]:
                self._keep(line[0])
                return len(line[0])
            if label.kind is not LabelKind.TEXT:
                self._hiding = Hiding(_LABELS) if label.kind is LabelKind.HIDES else None
                self._unspoken.thought = self._unspoken.thought or "hought" in text[at : at + label.length]
                self._leave_out()
                return label.length
        return self._read_leftover(text, at, final=final)

    def _read_channel(self, text: str, at: int, *, final: bool) -> int | None:
        """Read what harmony's marks leave behind: `analysisThe caller asks...assistantfinalYour parcel is here.`"""
        if not final and _HALF_HARMONY.fullmatch(text, at):
            return None
        found = _HARMONY_START.match(text, at)
        if found and found[0] != _HARMONY:
            self._hiding, self._unspoken.thought = Hiding(_HARMONY), True
        return len(found[0]) if found else 0

    def _read_hidden(self, text: str, at: int, *, final: bool) -> int | None:
        """Look for what ends a hiding that no mark closes, and for escaped marks."""
        if text[at] in "\\&":
            return self._read_escape(text, at, final=final)
        for name, sign in ((_LINE, "\n"), (_FENCED, _FENCED), (_HARMONY, _HARMONY)):
            if self._hiding is not None and self._hiding.name == name:
                if text.startswith(sign, at):
                    self._hiding = self._hiding.outer
                    # The line behind a footnote begins with its newline.
                    return 0 if name == _LINE else len(sign)
                if not final and sign.startswith(text[at:]):
                    return None
        return 1

    def _read_leftover(self, text: str, at: int, *, final: bool) -> int | None:
        """Leave out a leftover, a citation or an escape, and begin an object. Keep any other character."""
        char = text[at]
        if char in '{["':
            if not final and HALF_OBJECT_START.fullmatch(text, at):
                return None
            if begun := OBJECT_START.match(text, at):
                self._object = WrittenObject(len(begun[1] or ""))
                return int(char == '"')
        used: int | None = 0
        if char in ']}"':
            # Models write a bracket too many.
            used = int(self._object_ended)
        elif char == "`":
            return self._read_fence(text, at, final=final)
        elif char in "\\&":
            return self._read_escape(text, at, final=final)
        elif char in "{$%:<":
            used = read_template(text, at, final=final)
        elif char.isascii() and char.isalpha():
            used = read_word(text, at, self._before, starts=not self._spoke, final=final)
        if used == 0:
            return self._read_citation(text, at, final=final)
        if used is not None:
            self._leave_out()
        return used

    def _read_citation(self, text: str, at: int, *, final: bool) -> int | None:
        citation = read_citation(text, at, self._before, listed=self._listed, final=final)
        if citation.kind is CitationKind.UNCLEAR:
            return None
        if citation.kind is CitationKind.TEXT:
            self._keep(text[at])
            return 1
        self._listed = self._listed or citation.kind is CitationKind.OPTION
        if not citation.said:
            self._leave_out()
        if citation.kind is CitationKind.FOOTNOTE:
            self._hiding = Hiding(_LINE, outer=self._hiding)
        self._keep(citation.said)
        return citation.length

    def _read_fence(self, text: str, at: int, *, final: bool) -> int | None:
        """Open the fence of an object or of a tool's code, and close it."""
        found = _CODE_FENCE.match(text, at)
        behind = len(text) if found is None else found.end()
        if not final and (
            _HALF_CODE_FENCE.fullmatch(text, at) or (found and HALF_OBJECT_START.fullmatch(text, behind))
        ):
            return None
        if found is None:
            self._keep("`")
            return 1
        if found[1].lower() in _TOOL_FENCES:
            self._hiding = Hiding(_FENCED, outer=self._hiding)
        elif OBJECT_START.match(text, behind):
            self._fenced = True
        elif self._fenced and not found[1]:
            self._fenced = False
            return len(_FENCED)
        else:
            self._keep(_FENCED)
            return len(_FENCED)
        self._leave_out()
        return len(found[0])

    def _read_escape(self, text: str, at: int, *, final: bool) -> int | None:
        """Keep what an escape stands for; read it once more where it may begin a mark."""
        if not final and HALF_ESCAPE.fullmatch(text, at):
            return None
        found = ESCAPE.match(text, at)
        sign = unescaped(found, self._before) if found else None
        if found is None or sign is None:
            self._keep(text[at])
            return 1
        if sign.startswith(_MEANS_MORE):
            self._again = sign
        else:
            self._keep(sign)
        return len(found[0])

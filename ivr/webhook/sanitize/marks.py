"""Tell the marks of machinery apart: what each complete one is. Pure tables; `sanitizer` finds the marks in a text.

A mark's name is cut into words, and the words decide, so a model that is not known yet is read as those that are:

    <|im_start|> <|start_header_id|>   a header: its role decides whether what follows is spoken
    <|channel|>                        a header: of harmony's channels only `final` is spoken
    <|assistant|> <|user|>             a role by itself
    <|tool_calls_begin|> <|python_tag|> <think> <tool_call> <function=f>
                                       what follows is hidden, to the mark of the same name that ends it
    <|eot_id|> <|endoftext|> </s>      an end of a turn; any other such mark says nothing
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

from ivr.webhook.sanitize.leftovers import VALUE_WORDS, names


class MarkKind(Enum):
    """Say what a mark does to the text behind it."""

    NOTHING = auto()
    """It is only taken out."""
    OPENS = auto()
    """What follows is hidden, until a mark of the same name closes it."""
    CLOSES = auto()
    """It ends what a mark of the same name hid."""
    HEADER = auto()
    """The text up to the end of the line, or to the next mark, is a role or a channel."""
    SPOKEN = auto()
    """What follows is spoken."""
    ENDS_TURN = auto()
    """The model's turn is over."""
    TEXT = auto()
    """It is no mark: tags of HTML, words in brackets."""


@dataclass(frozen=True, slots=True)
class MachineMark:
    """Hold what a complete mark of machinery is."""

    kind: MarkKind
    name: str = ""
    """What closes or reopens it."""
    is_thought: bool = False
    """Whether what it hides is a thought, and not a tool's call or another role's words."""
    to_line_end: bool = False
    """Whether a header ends with its line; the others end with the next mark."""

    @property
    def ends_prompt(self) -> bool:
        """Return whether what stands before it is no answer, also where nothing opened it."""
        return self.is_thought or self.name == "[INST"


NO_MARK: Final = MachineMark(MarkKind.TEXT)
_DROPPED: Final = MachineMark(MarkKind.NOTHING)

THOUGHTS: Final = names(
    """think thinking thought thoughts reason reasoning reflection rationale analysis scratchpad antthinking
    monologue deliberation cot"""
)
_CALLS: Final = names(
    """tool tools toolcall toolcalls function functions invoke parameter parameters arguments call calls action
    actions execute python ipython observation observations"""
)
_SPEAKERS: Final = names("user human system developer environment document documents context")
OTHER_ROLES: Final = _SPEAKERS | _CALLS
AGENT_ROLES: Final = names("""assistant model ai bot chatbot agent gpt gpt4 response answer final solution""")
_BLOCKS: Final = THOUGHTS | _CALLS | names("citation citations sources ref refs reference references script style")
_TURN_ENDS: Final = names(
    """end eot eom eos im_end endoftext endofturn eot_id eom_id return call stop end_of_turn end_of_text
    end_of_sentence end_of_utterance end_of_turn_token"""
)
_HEADERS: Final = {"im_start": True, "start_of_turn": True, "start": False, "start_header_id": False,
                   "header_start": False, "start_of_role": False, "channel": False}  # fmt: skip
_BARE_TAGS: Final = names(
    """s bos eos pad unk mask sop eop eot eod eoa cls sep end_of_turn end_of_utterance end_of_text begin_of_text
    endoftext"""
)
_BRACKET_MARKS: Final = names("""DONE END EOS BOS PAD UNK CLS SEP MASK gMASK sMASK EOT STOP ARGS CALL_ID""")
_BRACKET_BLOCKS: Final = names("INST SYSTEM_PROMPT")
_TOOLS_IN_CAPITALS: Final = names("tool tools function functions")

_WORD: Final = re.compile(r"[A-Z]?[a-z]+|[A-Z]+|\d+")
_NAME_SIGNS: Final = re.compile(r"[\s▁:.-]+")
_OPENING_WORDS: Final = frozenset(("begin", "start", "bos"))
_TAG: Final = re.compile(r"<(/?)(?:[|｜]?DSML[|｜]|[A-Za-z][\w-]*:)?([A-Za-z_][\w.-]*)([^<>]*)>", re.ASCII)
_COHERE_SOURCE: Final = re.compile(r"</?co\b[^<>]*>")
_REASONING_DETAILS: Final = re.compile(r"""\btype\s*=\s*["']?(?:reasoning|thinking|tool_calls)\b""")


def special_mark(text: str) -> MachineMark:
    """Return what `<|name|>` is, whichever model's: `im_start`, `START_THINKING`, `tool▁calls▁begin`, `/tool_call`."""
    name = text.strip("<[|｜]>")
    closes = name.startswith("/")
    plain = _NAME_SIGNS.sub("_", name.lstrip("/").strip()).lower()
    if plain in _HEADERS:
        return MachineMark(MarkKind.HEADER, plain, to_line_end=_HEADERS[plain])
    words = [word.lower() for word in _WORD.findall(name)]
    core = [word for word in words if word not in (*_OPENING_WORDS, "end", "of", "token", "turn", "section")]
    begins, closes = bool(_OPENING_WORDS & set(words)), closes or "end" in words
    key, found = " ".join(core), set(core)
    if hidden := found & (THOUGHTS | OTHER_ROLES):
        # Harmony's `<|call|>` ends a turn; `call` opens something only beside another word.
        if plain in _TURN_ENDS:
            return MachineMark(MarkKind.ENDS_TURN)
        return MachineMark(MarkKind.CLOSES if closes else MarkKind.OPENS, key, bool(hidden & THOUGHTS))
    if plain in _TURN_ENDS:
        return MachineMark(MarkKind.ENDS_TURN)
    if found & AGENT_ROLES and not closes:
        return MachineMark(MarkKind.SPOKEN)
    return MachineMark(MarkKind.ENDS_TURN) if closes and not begins and not core else _DROPPED


def tag_mark(text: str) -> MachineMark:
    """Return what a complete tag is: `<think>`, `</seed:think>`, `<function=f>`, `<start_of_turn>`, `<co: 1>`."""
    if text[0] == "◁":
        return MachineMark(MarkKind.CLOSES if text[1] == "/" else MarkKind.OPENS, "<◁", is_thought=True)
    if _COHERE_SOURCE.fullmatch(text):
        return _DROPPED
    found = _TAG.fullmatch(text)
    if found is None:
        return NO_MARK
    slash, written, attributes = found.groups()
    name = written.lower()
    if name == "start_of_turn":
        return MachineMark(MarkKind.HEADER, name, to_line_end=True)
    if name in _BARE_TAGS and not attributes.strip(" /"):
        return _DROPPED
    words = {word.lower() for word in _WORD.findall(written)}
    # Some models write `<tool_call_begin>` and `<tool_call_end>` in place of a tag and its closing one.
    if words & _BLOCKS and words & {*_OPENING_WORDS, "end"}:
        return special_mark(written)
    is_details = name == "details" and bool(slash or _REASONING_DETAILS.search(attributes))
    if not (words & _BLOCKS or is_details):
        return NO_MARK
    # `<think/>` opens nothing.
    if attributes.rstrip().endswith("/"):
        return _DROPPED
    return MachineMark(MarkKind.CLOSES if slash else MarkKind.OPENS, f"<{name}", bool(words & THOUGHTS) or is_details)


def flower_mark(text: str) -> MachineMark:
    """Return what a mark of Qwen's agents is: `✿FUNCTION✿:`, `✿ARGS✿:`, or, before the answer, `✿RETURN✿:`."""
    return MachineMark(MarkKind.SPOKEN if "RETURN" in text else MarkKind.OPENS, "<✿")


def bracket_mark(text: str) -> MachineMark:
    """Return what a complete word in brackets is: `[INST]`, `[/THINK]`, `[|assistant|]`, `[object Object]`."""
    name = text[1:-1]
    if name[:1] == "|" == name[-1:] and len(name) > 2:
        return special_mark(name)
    bare = name.removeprefix("/")
    if name.startswith("object ") or name in VALUE_WORDS:
        return _DROPPED
    # In capitals: `[reason]` may be a word for the caller.
    words = {word.lower() for word in _WORD.findall(bare)} if bare.isupper() else frozenset()
    if bare in _BRACKET_BLOCKS or words & (THOUGHTS | _TOOLS_IN_CAPITALS):
        kind = MarkKind.CLOSES if name != bare else MarkKind.OPENS
        return MachineMark(kind, f"[{bare}", bool(words & THOUGHTS))
    return _DROPPED if bare in _BRACKET_MARKS else NO_MARK

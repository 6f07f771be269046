"""Find out what goes on of a call, should its stream die now.

What the phone has confirmed was heard; what was sent and not confirmed was not. The rest of an answer begins again at
the clause in which it broke off. A question goes to the agent again where the caller has heard nothing of its answer,
or where the agent had not finished it: only the agent knows the rest.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Final

from ivr.call.agent.agent_turns import AgentTurns
from ivr.call.agent.heard_text import FAST_SPEECH_MS_PER_CHARACTER
from ivr.call.agent.output import SpeechOutput
from ivr.call.agent.restart import clause
from ivr.call.events import Resumption
from ivr.call.timeline import CALLER_ASKED, Sentence

BEGUN_MS: Final = 300
"""Audio of an answer that the caller must have heard for its rest to make sense; less is asked for again."""


def cut_off(sentences: Iterable[Sentence], output: SpeechOutput) -> tuple[str, str]:
    """Return what was heard of sentences and what is to be said again, as written, cut between two clauses."""
    heard: list[str] = []
    rest: list[str] = []
    for sentence in sentences:
        # What the next sentence says again is its own.
        text = sentence.text if sentence.again_from is None else sentence.text[: sentence.again_from]
        confirmed = output.confirmed_ms(sentence)
        at = 0
        if sentence.finished or sentence.failed or (sentence.again_from is not None and confirmed >= sentence.audio_ms):
            at = len(text)
        elif confirmed and not rest:
            length = max(
                sentence.audio_ms, 0 if sentence.whole else FAST_SPEECH_MS_PER_CHARACTER * len(sentence.spoken)
            )
            at, _ = clause(text, sentence.spoken, len(sentence.spoken) * confirmed / length)
        heard.append(text[:at].strip())
        rest.append(text[at:].strip())
        rest = [part for part in rest if part]
    return " ".join(filter(None, heard)), " ".join(rest)


def goes_on(turns: AgentTurns, output: SpeechOutput, waiting: str, digits: str, fixed: Collection[str]) -> Resumption:
    """Return where a call stands.

    `waiting`: what the caller has said or typed that the agent was not asked; `digits`: its keys. `fixed`: phrases that
    are not said again for being unheard.
    """
    heard, unheard = turns.heard_last
    if not turns.open:
        return Resumption(heard=heard, unheard=unheard, question=waiting, digits=digits)
    turn = turns.turn
    own = [one for one in turn.sentences if not (one.fixed and one.text in fixed)]
    now_heard, rest = cut_off(own, output)
    if turn.kind == "phrase":
        if turns.resumed_in(turn):
            now_heard = f"{heard} {now_heard}".strip()
        return Resumption(heard=now_heard or heard, unheard=rest, rest=rest, question=waiting, digits=digits)
    begun = any(output.confirmed_ms(one) >= BEGUN_MS for one in own)
    # What the agent says of itself, such as its greeting, is gone on with as far as it is known.
    if turn.kind in CALLER_ASKED and (turns.owed or not begun):
        told = (now_heard, rest) if begun else (heard, unheard)
        return Resumption(heard=told[0], unheard=told[1], question=turn.text, digits=turn.digits)
    return Resumption(heard=now_heard, unheard=rest, rest=rest, question=waiting, digits=digits)

"""Read the public formats of streams and answers as their documents show them, cut at every byte."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from ivr.webhook.formats.parts import Closing, Delta, Failure, Pause, Piece, Transferring
from tests.webhook.n8n import JSON, SSE, TEXT, line, merged, read, respond, run

NDJSON = "application/x-ndjson"
SAID: list[Piece] = [Delta("مرحباً. It is here.")]
TOKENS = ("مرحباً", ". It", " is ", "here.")
SECRET = "never said"


@dataclass(frozen=True)
class Case:
    """A body and its pieces."""

    name: str
    body: bytes
    content_type: str
    pieces: list[Piece]


def events(*records: Any, named: bool = False) -> bytes:
    """Server-sent events; `named`: each with its type as its name. A string stands as it is."""
    parts = []
    for record in records:
        name = f"event: {record['type']}\n" if named else ""
        parts.append(f"{name}data: {record if isinstance(record, str) else json.dumps(record, ensure_ascii=False)}\n\n")
    return "".join(parts).encode()


def event(name: str, value: Any) -> bytes:
    return f"event: {name}\ndata: {json.dumps(value, ensure_ascii=False)}\n\n".encode()


def lines(*records: Any) -> bytes:
    return b"".join(json.dumps(record, ensure_ascii=False).encode() + b"\n" for record in records)


def chat(delta: dict[str, Any], **more: Any) -> dict[str, Any]:
    choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": None} | more
    return {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": [choice]}


TOOL_CALL = {"index": 0, "id": "call_1", "type": "function", "function": {"name": "track", "arguments": SECRET}}
USAGE = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "choices": [], "usage": {"total_tokens": 9}}
OPENAI_CHAT = events(
    chat({"role": "assistant", "content": "", "refusal": None}),
    *(chat({"reasoning_content": SECRET, "content": None}) for _ in range(2)),
    *(chat({"reasoning": SECRET, "reasoning_details": [{"type": "reasoning.text", "text": SECRET}]}) for _ in range(2)),
    *(chat({"content": token}) for token in TOKENS),
    chat({}, finish_reason="stop"),
    USAGE,
    "[DONE]",
)
OPENAI_CHAT_TOOLS = events(
    chat({"role": "assistant", "content": "One moment. "}),
    chat({"tool_calls": [TOOL_CALL]}),
    chat({}, finish_reason="tool_calls"),
    chat({"role": "tool", "content": None}),
    chat({"content": "It is here."}),
    {"choices": [], "is_closing": True},
    "[DONE]",
)


def response(kind: str, **more: Any) -> dict[str, Any]:
    return {"type": f"response.{kind}", "sequence_number": 1, **more}


REASONING = {"id": "rs_1", "type": "reasoning", "summary": [{"type": "summary_text", "text": SECRET}]}
MESSAGE = {
    "id": "msg_1",
    "type": "message",
    "status": "completed",
    "role": "assistant",
    "content": [{"type": "output_text", "text": "".join(TOKENS), "annotations": []}],
}
WHOLE_RESPONSE = {
    "id": "resp_1",
    "object": "response",
    "status": "completed",
    "error": None,
    "instructions": SECRET,
    "output": [REASONING, MESSAGE],
    "text": {"format": {"type": "text"}},
    "usage": {"total_tokens": 9},
}
ON_ITEM = {"item_id": "msg_1", "output_index": 1, "content_index": 0}
OPENAI_RESPONSES = events(
    response("created", response={"id": "resp_1", "object": "response", "output": [], "instructions": SECRET}),
    response("output_item.added", output_index=0, item=REASONING),
    response("reasoning_summary_text.delta", item_id="rs_1", delta=SECRET),
    response("reasoning_summary_text.done", item_id="rs_1", text=SECRET),
    response("output_item.done", output_index=0, item=REASONING),
    response("output_item.added", output_index=1, item=MESSAGE | {"content": []}),
    response("content_part.added", **ON_ITEM, part={"type": "output_text", "text": ""}),
    *(response("output_text.delta", **ON_ITEM, delta=token) for token in TOKENS),
    response("output_text.done", **ON_ITEM, text="".join(TOKENS)),
    response("content_part.done", **ON_ITEM, part=MESSAGE["content"]),
    response("output_item.done", output_index=1, item=MESSAGE),
    response("completed", response=WHOLE_RESPONSE),
    named=True,
)
OPENAI_RESPONSES_TOOLS = events(
    response("output_text.delta", **ON_ITEM, delta="One moment. "),
    response("output_item.added", item={"type": "function_call", "name": "track", "arguments": ""}),
    response("function_call_arguments.delta", delta=SECRET),
    response("function_call_arguments.done", arguments=SECRET),
    response("output_text.delta", **ON_ITEM, delta="It is here."),
    response("completed", response=WHOLE_RESPONSE | {"output": [REASONING]}),
    named=True,
)


def block(index: int, kind: str, **more: Any) -> dict[str, Any]:
    return {"type": "content_block_delta", "index": index, "delta": {"type": kind, **more}}


ANTHROPIC = events(
    {"type": "message_start", "message": {"id": "msg_1", "type": "message", "role": "assistant", "content": []}},
    {"type": "content_block_start", "index": 0, "content_block": {"type": "thinking", "thinking": ""}},
    block(0, "thinking_delta", thinking=SECRET),
    block(0, "signature_delta", signature=SECRET),
    {"type": "content_block_stop", "index": 0},
    {"type": "content_block_start", "index": 1, "content_block": {"type": "text", "text": ""}},
    {"type": "ping"},
    *(block(1, "text_delta", text=token) for token in TOKENS),
    {"type": "content_block_stop", "index": 1},
    {"type": "content_block_start", "index": 2, "content_block": {"type": "tool_use", "id": "t", "name": "track"}},
    block(2, "input_json_delta", partial_json=SECRET),
    {"type": "content_block_stop", "index": 2},
    {"type": "message_delta", "delta": {"stop_reason": "tool_use"}, "usage": {"output_tokens": 9}},
    {"type": "message_stop"},
    named=True,
)
ANTHROPIC_WHOLE = {
    "id": "msg_1",
    "type": "message",
    "role": "assistant",
    "content": [
        {"type": "thinking", "thinking": SECRET, "signature": "x"},
        *({"type": "text", "text": token} for token in TOKENS),
        {"type": "tool_use", "id": "t", "name": "track", "input": {"text": SECRET}},
    ],
    "stop_reason": "end_turn",
}
ANTHROPIC_ERROR = {"type": "error", "error": {"type": "overloaded_error", "message": SECRET}}

AI_SDK_4 = "".join(
    f"{code}:{json.dumps(value, ensure_ascii=False)}\n"
    for code, value in [
        ("f", {"messageId": "msg-1"}),
        ("g", SECRET),
        ("j", {"signature": SECRET}),
        *(("0", token) for token in TOKENS),
        ("8", [{"text": SECRET}]),
        ("h", {"sourceType": "url", "title": SECRET}),
        ("9", {"toolCallId": "c", "toolName": "track", "args": {"text": SECRET}}),
        ("a", {"toolCallId": "c", "result": SECRET}),
        ("2", [{"is_closing": True}, 5]),
        ("e", {"finishReason": "stop", "usage": {}}),
        ("d", {"finishReason": "stop"}),
    ]
).encode()
AI_SDK_5 = events(
    {"type": "start", "messageId": "msg-1"},
    {"type": "start-step"},
    {"type": "reasoning-start", "id": "r"},
    {"type": "reasoning-delta", "id": "r", "delta": SECRET},
    {"type": "reasoning-end", "id": "r"},
    {"type": "text-start", "id": "t"},
    *({"type": "text-delta", "id": "t", "delta": token} for token in TOKENS),
    {"type": "text-end", "id": "t"},
    {"type": "source-url", "sourceId": "s", "url": "https://example.com", "title": SECRET},
    {"type": "tool-input-start", "toolCallId": "c", "toolName": "track"},
    {"type": "tool-input-delta", "toolCallId": "c", "inputTextDelta": SECRET},
    {"type": "tool-output-available", "toolCallId": "c", "output": SECRET},
    {"type": "data-ivr", "data": {"action": "transfer", "to": "+966 11 000 0001"}},
    {"type": "finish-step"},
    {"type": "finish"},
    "[DONE]",
)


def ai(text: str, kind: str = "AIMessageChunk", **more: Any) -> dict[str, Any]:
    """A LangChain message."""
    return {"content": text, "additional_kwargs": {}, "response_metadata": {}, "type": kind, "id": "run-1", **more}


NODE = {"langgraph_node": "agent", "langgraph_step": 1, "tags": [], "ls_provider": "openai"}
LANGSERVE = (
    event("metadata", {"run_id": "4a0"})
    + b"".join(event("data", ai(token, example=False)) for token in TOKENS)
    + b"event: end\n\n"
)
LANGGRAPH = (
    event("metadata", {"run_id": "4a0", "attempt": 1})
    + event("messages", [ai(SECRET, "tool", name="track"), NODE])
    + b"".join(event("messages", [ai(token), NODE]) for token in TOKENS)
    + event("values", {"messages": [ai(SECRET, "human"), ai("".join(TOKENS), "ai")]})
    + event("end", None)
)
LANGGRAPH_PARTIAL = (
    event("messages/metadata", {"run-1": {"metadata": NODE}})
    + b"".join(event("messages/partial", [ai("".join(TOKENS[: n + 1]))]) for n in range(len(TOKENS)))
    + event("messages/complete", [ai("".join(TOKENS), "ai")])
    + event("messages/complete", [ai("Elsewhere", "ai", id="run-1")])
)
LANGCHAIN_EVENTS = lines(
    {"event": "on_chat_model_start", "data": {"input": {"messages": [[ai(SECRET, "human")]]}}},
    *({"event": "on_chat_model_stream", "name": "ChatOpenAI", "data": {"chunk": ai(token)}} for token in TOKENS),
    {"event": "on_chat_model_end", "data": {"output": ai("".join(TOKENS))}},
    {"event": "on_tool_end", "name": "track", "data": {"output": SECRET}},
)
DIFY = events(
    {"event": "workflow_started", "task_id": "t", "data": {"id": "w", "inputs": {"text": SECRET}}},
    {"event": "agent_thought", "thought": SECRET, "observation": SECRET, "tool": "track"},
    *({"event": "message", "answer": token, "conversation_id": "c"} for token in TOKENS),
    {"event": "node_finished", "data": {"outputs": {"text": SECRET}}},
    {"event": "message_end", "metadata": {"usage": {}}},
    {"event": "workflow_finished", "data": {"outputs": {"answer": "".join(TOKENS)}, "status": "succeeded"}},
)
OLLAMA = lines(
    *({"model": "m", "message": {"role": "assistant", "content": "", "thinking": SECRET}, "done": False} for _ in "ab"),
    *({"model": "m", "message": {"role": "assistant", "content": token}, "done": False} for token in TOKENS),
    {"model": "m", "message": {"role": "assistant", "content": ""}, "done": True, "done_reason": "stop"},
)
GEMINI = events(
    *({"candidates": [{"content": {"role": "model", "parts": [{"text": SECRET, "thought": True}]}}]} for _ in "ab"),
    *({"candidates": [{"content": {"role": "model", "parts": [{"text": token}]}, "index": 0}]} for token in TOKENS),
    {"candidates": [], "usageMetadata": {"totalTokenCount": 9}},
)
COHERE = events(
    {"type": "message-start", "delta": {"message": {"role": "assistant", "content": []}}},
    *({"type": "content-delta", "index": 0, "delta": {"message": {"content": {"text": t}}}} for t in TOKENS),
    {"type": "message-end", "delta": {"finish_reason": "COMPLETE"}},
    named=True,
)
AG_UI = events(
    {"type": "RUN_STARTED", "threadId": "t"},
    {"type": "TOOL_CALL_ARGS", "toolCallId": "c", "delta": SECRET},
    {"type": "TEXT_MESSAGE_START", "messageId": "m", "role": "assistant"},
    *({"type": "TEXT_MESSAGE_CONTENT", "messageId": "m", "delta": token} for token in TOKENS),
    {"type": "TEXT_MESSAGE_END", "messageId": "m"},
    {"type": "RUN_FINISHED", "threadId": "t"},
)
FLOWISE = events({"event": "start", "data": ""}, *({"event": "token", "data": token} for token in TOKENS),
                 {"event": "usedTools", "data": [{"tool": "track", "toolOutput": SECRET}]},
                 {"event": "metadata", "data": {"chatId": "c", "question": SECRET}},
                 {"event": "end", "data": "[DONE]"})  # fmt: skip

CASES = [
    Case("OpenAI chat", OPENAI_CHAT, SSE, SAID),
    Case("OpenAI chat, tools", OPENAI_CHAT_TOOLS, SSE,
         [Delta("One moment. "), Pause(), Delta("It is here."), Closing()]),
    Case("OpenAI chat, whole", lines({"id": "x", "object": "chat.completion", "choices": [{"index": 0, "message": {
        "role": "assistant", "content": "".join(TOKENS), "reasoning_content": SECRET}, "finish_reason": "stop"}]}),
        JSON, SAID),
    Case("OpenAI chat, a refusal", events(chat({"refusal": "No."})), SSE, [Delta("No.")]),
    Case("OpenAI responses", OPENAI_RESPONSES, SSE, SAID),
    Case("OpenAI responses, tools", OPENAI_RESPONSES_TOOLS, SSE,
         [Delta("One moment. "), Pause(), Delta("It is here.")]),
    Case("OpenAI responses, whole", lines(WHOLE_RESPONSE), JSON, SAID),
    Case("OpenAI responses, failed", events(response("failed", response={"error": {"message": SECRET}})), SSE,
         [Failure("agent_error")]),
    Case("Anthropic", ANTHROPIC, SSE, [*SAID, Pause()]),
    Case("Anthropic, whole", lines(ANTHROPIC_WHOLE), JSON, SAID),
    Case("Anthropic, error", events(ANTHROPIC_ERROR, named=True), SSE, [Failure("agent_error")]),
    Case("AI SDK 4", AI_SDK_4, TEXT, [*SAID, Pause(), Closing()]),
    Case("AI SDK 4, error", b'f:{"messageId":"m"}\n3:"never said"\n', TEXT, [Failure("agent_error")]),
    Case("AI SDK 4, junk", b'0:"Hi"\n\nnever said\nz:5\n0:"cut', TEXT, [Delta("Hi"), *[Failure("bad_line")] * 3]),
    Case("AI SDK 5", AI_SDK_5, SSE, [*SAID, Pause(), Transferring("+966110000001")]),
    Case("LangServe", LANGSERVE, SSE, SAID),
    Case("LangServe, whole", lines({"output": ai("".join(TOKENS), "ai"), "metadata": {"run_id": "4a0"}}), JSON, SAID),
    Case("LangGraph", LANGGRAPH, SSE, SAID),
    Case("LangGraph, so far", LANGGRAPH_PARTIAL, SSE, SAID),
    Case("LangGraph, whole", lines({"messages": [ai(SECRET, "human"), ai("".join(TOKENS), "ai")]}), JSON, SAID),
    Case("LangGraph, whole, wrapped", lines({"output": {"messages": [ai("".join(TOKENS), "ai")]}}), JSON, SAID),
    Case("LangGraph, a tool was last", lines({"messages": [ai("Hi", "ai"), ai(SECRET, "tool")]}), JSON,
         [Failure("not_understood")]),
    Case("LangChain events", LANGCHAIN_EVENTS, NDJSON, [*SAID, Pause()]),
    Case("Dify", DIFY, SSE, SAID),
    Case("Ollama", OLLAMA, NDJSON, SAID),
    Case("Gemini", GEMINI, SSE, SAID),
    Case("Cohere", COHERE, SSE, SAID),
    Case("AG-UI", AG_UI, SSE, SAID),
    Case("Flowise", FLOWISE, SSE, [*SAID, Pause()]),
    Case("n8n", run(*TOKENS) + respond(output="".join(TOKENS), hang_up=True), JSON, [*SAID, Pause(), Closing()]),
    Case("n8n, the end closes", run(*TOKENS)[:-2] + b', "is_closing": true}\n', JSON, [*SAID, Pause(), Closing()]),
    Case("n8n does not wait", lines({"message": "Workflow was started"}), JSON, [Failure("acknowledged")]),
    Case("a message that only acknowledges", lines({"message": "Accepted"}), JSON, [Failure("acknowledged")]),
    Case("a body that only acknowledges", b"Accepted\n", TEXT, [Failure("acknowledged")]),
    Case("a message with more than that", lines({"message": "OK", "text": "OK"}), JSON, [Delta("OK")]),
    Case("a body of a leftover", b"undefined", TEXT, [Failure("only_machinery")]),
    # Keys and names that the agent's author chose.
    Case("a typed answer", lines({"type": "message", "output": "Hi"}), JSON, [Delta("Hi")]),
    Case("typed text", events(*({"type": "text", "text": token} for token in TOKENS)), SSE, SAID),
    Case("data of a token", lines(*({"type": "token", "data": token} for token in TOKENS)), NDJSON, SAID),
    *(Case(f"{key} lines", lines(*({key: token} for token in TOKENS)), NDJSON, SAID)
      for key in ("output", "text", "response", "answer", "message", "content", "reply", "token", "delta", "result")),
    Case("data around it", lines({"data": {"output": "Hi", "is_closing": "True"}}), JSON, [Delta("Hi"), Closing()]),
    Case("the question sent back", lines({"text": SECRET, "session_id": "C", "event": "speech", "answer": "Hi"}), JSON,
         [Delta("Hi")]),
    Case("events of one's own name", b"".join(event("tokens-ready", {"text": t}) for t in TOKENS), SSE, SAID),
    Case("words in named events", b"event: thinking\ndata: never said\n\nevent: token\ndata: Hi\n\n"
         b"event: tool_call\ndata: never said\n\nevent: done\ndata: done\n\n", SSE, [Delta("Hi"), Pause()]),
    Case("the whole at last", event("token", {"token": "It is "}) + event("token", {"token": "here, in Riyadh."})
         + event("done", {"text": "It is here, in Riyadh.", "action": "hangup"}), SSE,
         [Delta("It is here, in Riyadh."), Closing()]),
    Case("the whole at last, in words", b"data: It is here\n\nevent: final\ndata: It is here.\n\n", SSE,
         [Delta("It is here.")]),
    Case("the whole at last, by its key", lines({"token": "Wait. "}, {"token": "It is here, in Riyadh."},
         {"answer": "It is here, in Riyadh.", "usage": {}}), NDJSON, [Delta("Wait. It is here, in Riyadh.")]),
    Case("the whole at last, by itself", lines({"text": "It is here, "}, {"text": "in Riyadh."},
         {"text": "It is here, in Riyadh. Bye."}), NDJSON, [Delta("It is here, in Riyadh. Bye.")]),
    Case("short, a second time", lines({"text": "Hi"}, {"response": "Hi"}), NDJSON, [Delta("Hi")]),
    Case("short, under another key", lines({"text": "Hi"}, {"message": " you"}), NDJSON, [Delta("Hi you")]),
    Case("the same word twice", lines({"text": "very "}, {"text": "very "}, {"text": "good"}), NDJSON,
         [Delta("very very good")]),
    Case("several messages at once", lines([{"text": "One."}, {"text": "Two."}]), JSON, [Delta("One.\nTwo.")]),
    Case("an object in chat chunks",
         events(chat({"content": '{"output": "Hi",'}), chat({"content": ' "transfer": true}'})), SSE,
         [Delta("Hi"), Transferring()]),
    # Thoughts.
    Case("a thought", "<think>\nهم, never said</think>Hi <3".encode(), TEXT, [Delta("Hi <3")]),
    Case("a thought, streamed", run("<thi", "nk>never", " said</", "think>", "Hi"), JSON, [Delta("Hi"), Pause()]),
    Case("a thought before an object", run("<think>never said</think>\n", '{"output":', '"Hi"}'), JSON,
         [Delta("\nHi"), Pause()]),
    Case("a thought, repeated whole", run("<think>x</think>", "Hi") + respond(output="<think>x</think>Hi"), JSON,
         [Delta("Hi"), Pause()]),
    Case("a thought that a call ends", run("Wait. ", "<think>never said") + run("Hi"), JSON,
         [Delta("Wait. "), Pause(), Delta("Hi"), Pause()]),
    Case("a thought in one JSON", lines({"output": "never said</think>Hi"}), JSON, [Delta("Hi")]),
    Case("only thoughts", b"<think>never said</think>\n", TEXT, [Delta("\n"), Failure("only_thoughts")]),
    Case("only thoughts, unclosed", run("<think>never said"), JSON, [Failure("only_thoughts")]),
    Case("only thoughts, whole", respond(output="<think>never said"), JSON, [Failure("only_thoughts")]),
    Case("half a tag", b"1 <th", TEXT, [Delta("1 <th")]),
    # Bodies that begin like another format.
    Case("a list of strings and records", b'["Hi", {"text": " you"}, {"text": "."}]', JSON, [Delta("Hi you.")]),
    Case("a last mark in a record", lines({"text": "Hi"}, {"text": "[END]"}), JSON, [Delta("Hi")]),
    Case("half an object in an event", b'data: {"text": "Hi"}{"text": "nev\n\n', SSE,
         [Delta("Hi"), Failure("bad_line")]),
    Case("half an object announced as text", b'{"output": "never said', TEXT, [Failure("bad_line")]),
    Case("words that begin like an object", b"{'Sara', 'Omar'} are here.", TEXT, [Delta("{'Sara', 'Omar'} are here.")]),
    Case("a list, then a record", b'[1]\n{"text": "Hi"}', TEXT, [Delta("Hi")]),
    Case("a string, then a record", b'"Hi"\n{"text": " you"}', TEXT, [Delta("Hi you")]),
    # What was not understood.
    Case("a key of one's own", lines({"lines_of_play": "never said"}), JSON, [Failure("not_understood")]),
    Case("an own type", lines({"type": "utterance", "words": ["never said"]}), JSON, [Failure("not_understood")]),
    Case("a list of strings", lines(["Hi,", "there."]), JSON, [Delta("Hi, there.")]),
    Case("a list of lists", lines([["never said"]]), JSON, [Failure("not_understood")]),
    Case("lines among events", b"data:\n\nnever said\n", SSE, [Failure("not_understood")]),
    Case("not words", lines({"a": 1, "b": [None, "12"]}, {"type": "future", "n": 1}), JSON, []),
    Case("only a tool's words", lines({"type": "future", "part": {"type": "tool", "text": SECRET}}), JSON, []),
    Case("a failure", lines({"status": "error", "message": SECRET}), JSON, [Failure("agent_error")]),
    Case("a failure with a code", lines({"code": 404, "message": SECRET}), JSON, [Failure("agent_error")]),
    Case("a failure, closing", lines({"error": SECRET, "is_closing": True}), JSON,
         [Closing(), Failure("agent_error")]),
    Case("a failure that can be said", lines({"error": SECRET, "output": "Sorry."}), JSON, [Delta("Sorry.")]),
    Case("an event of failure", b"event: error\ndata: never said\n\n", SSE, [Failure("agent_error")]),
    Case("deeper than anybody writes", lines({"output": {"output": {"output": {"output": {"output": {"output": {
        "output": {"output": {"output": SECRET}}}}}}}}}), JSON, [Failure("not_understood")]),
    # Words under a content type that promises more.
    Case("words announced as events", "مرحباً. It is here.".encode(), SSE, SAID),
    Case("words announced as events, like a field", b"identity: Hi", SSE, [Delta("identity: Hi")]),
    Case("events that begin with an id", b"id: 7\ndata: Hi\n\n", SSE, [Delta("Hi")]),
    Case("words like a code", b'a:"b" he said', TEXT, [Delta('a:"b" he said')]),
    Case("a letter", b"a", TEXT, [Delta("a")]),
    # Character sets.
    Case("Latin", "Café déjà “vu”.".encode("cp1252"), "text/plain; charset=iso-8859-1", [Delta("Café déjà “vu”.")]),
    Case("Arabic", "مرحباً".encode("cp1256"), 'text/plain; Charset="Windows-1256"', [Delta("مرحباً")]),
    Case("Arabic events", "data: مرحبا\n\n".encode("iso8859-6"), f"{SSE};charset=ISO-8859-6", [Delta("مرحبا")]),
    Case("UTF-16, named", "Hi 😀".encode("utf-16-le"), "text/plain; charset=utf-16le", [Delta("Hi 😀")]),
    Case("UTF-16, marked", b"\xfe\xff" + "مرحباً".encode("utf-16-be"), TEXT, [Delta("مرحباً")]),
    Case("UTF-16 JSON", '{"output": "مرحباً"}'.encode("utf-16"), "application/json", [Delta("مرحباً")]),
    Case("UTF-16, half", "Hi".encode("utf-16-le")[:-1], "text/plain; charset=utf-16-le",
         [Delta("H"), Failure("charset")]),
    Case("a set that nobody knows", "Hi é".encode(), "text/plain; charset=x-klingon",
         [Delta("Hi é"), Failure("charset")]),
    Case("not as it says", "Café".encode("cp1252"), "text/plain; charset=utf-8", [Delta("Caf"), Failure("charset")]),
    Case("one byte of a mark", b"\xff", "text/plain; charset=cp1252", [Delta("ÿ")]),
]  # fmt: skip


def test_formats_whole_and_cut_at_every_byte() -> None:
    faults = []
    for case in CASES:
        step = max(1, len(case.body) // 200)
        cuts = [[case.body], [case.body[at : at + 1] for at in range(len(case.body))]]
        cuts += [[case.body[:at], case.body[at:]] for at in range(1, len(case.body), step)]
        pieces = [read(parts, case.content_type) for parts in cuts]
        faults += [(case.name, len(cut[0]), got) for cut, got in zip(cuts, pieces, strict=True) if got != case.pieces]
    assert faults == []


def test_streams_of_formats_give_their_first_words_early() -> None:
    """The first words need no more of the body than the record that holds them."""
    late = [case.name for case in CASES if case.pieces == SAID and case.body.count("مرحباً".encode()) > 1]
    for case in CASES:
        if case.pieces == SAID and case.name in late:
            first = case.body.index("مرحباً".encode())
            upto = case.body.index(b"\n", first)
            pieces = merged(read([case.body[: upto + 2]], case.content_type))
            assert isinstance(pieces[0], Delta), case.name


def test_keepalives_of_n8n_are_not_spoken() -> None:
    assert read(line("item", "Hi") + lines({"type": "keepalive"})) == [Delta("Hi")]

"""Payloads of the frameworks and platforms in which agents are built."""

from __future__ import annotations

from tests.webhook.formats.corpus.case import NDJSON, SSE, TEXT, Case, js, lines, named, sse

PARCEL = "Your parcel is in Riyadh."
ARABIC = "شحنتك وصلت إلى الرياض اليوم."
ASKED = "Where is my parcel?"
TOKENS = ("Your", " parcel", " is", " in", " Riyadh", ".")
BOTH = "One moment. " + PARCEL


def ai_message(content: object, kind: str = "AIMessageChunk") -> dict[str, object]:
    return {"content": content, "type": kind, "id": "run-1", "additional_kwargs": {}, "tool_calls": []}


def constructor(content: object, name: str = "AIMessageChunk") -> dict[str, object]:
    return {"lc": 1, "type": "constructor", "id": ["langchain_core", "messages", name], "kwargs": {"content": content}}


def adk(*parts: object, partial: bool | None = None) -> dict[str, object]:
    event: dict[str, object] = {"content": {"parts": list(parts), "role": "model"}, "author": "agent", "id": "e"}
    return event if partial is None else event | {"partial": partial}


FRAMEWORKS = [
    Case("AI SDK 4", b'f:{"messageId":"m"}\n0:"Your parcel "\n0:"is in Riyadh."\ne:{"finishReason":"stop"}\n'
         b'd:{"finishReason":"stop"}\n', PARCEL, TEXT),
    Case("AI SDK 5", sse({"type": "start"}, {"type": "text-start", "id": "0"}, *[{"type": "text-delta", "id": "0",
         "delta": t} for t in TOKENS], {"type": "text-end", "id": "0"}, {"type": "finish"}, "[DONE]"), PARCEL, SSE),
    Case("Mastra", sse({"type": "start", "runId": "r", "payload": {"id": "a"}}, *[{"type": "text-delta", "runId": "r",
         "from": "AGENT", "payload": {"id": "t", "text": t}} for t in TOKENS], {"type": "finish", "payload":
         {"output": {"usage": {}}}}), PARCEL, SSE),
    Case("ADK", sse(*[adk({"text": t}, partial=True) for t in TOKENS], adk({"text": PARCEL})), PARCEL, SSE),
    Case("ADK after a tool", sse(adk({"text": "One moment. "}, partial=True), adk({"text": "One moment. "},
         {"functionCall": {"name": "track", "args": {"text": "7"}}}), adk({"functionResponse": {"name": "track",
         "response": {"result": "Riyadh"}}}), *[adk({"text": t}, partial=True) for t in TOKENS], adk({"text": PARCEL})),
         BOTH, SSE),
    Case("ADK, run at once", js([adk({"functionCall": {"name": "track"}}), adk({"functionResponse": {"response":
         {"result": "Riyadh"}}}), adk({"text": ARABIC})]), ARABIC),
    Case("LangServe", named(("metadata", {"run_id": "r"}), *[("data", ai_message(t)) for t in TOKENS],
         ("end", None)), PARCEL, SSE),
    Case("LangServe, invoked", js({"output": ai_message(ARABIC, "ai"), "metadata": {"run_id": "r"}}), ARABIC),
    Case("LangGraph's values", named(("metadata", {"run_id": "r"}), ("values", {"messages": [ai_message(ASKED,
         "human")]}),
         ("values", {"messages": [ai_message(ASKED, "human"), ai_message(PARCEL, "ai")]})), PARCEL, SSE),
    Case("LangGraph's updates", named(("updates", {"tools": {"messages": [ai_message("Riyadh", "tool")]}}),
         ("updates", {"agent": {"messages": [ai_message(PARCEL, "ai")]}})), PARCEL, SSE),
    Case("LangGraph's updates as a list", sse({"agent": {"messages": [ai_message(ARABIC, "ai")]}}), ARABIC, SSE),
    Case("LangGraph's messages", named(*[("messages", [ai_message(t), {"langgraph_node": "agent"}]) for t in TOKENS]),
         PARCEL, SSE),
    Case("LangGraph's state", js({"messages": [ai_message(ASKED, "human"), ai_message("", "ai"),
         ai_message("Riyadh", "tool"), ai_message(PARCEL, "ai")]}), PARCEL),
    Case("LangChain.js", sse(*[constructor(t) for t in TOKENS]), PARCEL, SSE),
    Case("LangChain.js, messages", js({"messages": [constructor(ASKED, "HumanMessage"), constructor(ARABIC,
         "AIMessage")]}),
         ARABIC),
    Case("LangChain's events", lines({"event": "on_chain_start", "data": {"input": ASKED}}, *[{"event":
         "on_chat_model_stream", "data": {"chunk": ai_message(t)}} for t in TOKENS], {"event": "on_chat_model_end",
         "data": {"output": ai_message(PARCEL, "ai")}}, {"event": "on_chain_end", "data": {"output": PARCEL}}), PARCEL,
         NDJSON),
    Case("LlamaIndex", js({"response": PARCEL, "source_nodes": [{"node": {"text": "secret"}}], "metadata": {}}),
         PARCEL),
    Case("Haystack", js({"llm": {"replies": [ARABIC], "meta": [{"model": "m"}]}}), ARABIC),
    Case("CrewAI", js({"raw": PARCEL, "pydantic": None, "json_dict": None, "tasks_output": [{"description": "Find it",
         "raw": PARCEL, "agent": "Tracker"}], "token_usage": {}}), PARCEL),
    Case("AutoGen", lines({"source": "user", "content": ASKED, "type": "TextMessage"}, {"source": "agent",
         "content": PARCEL,
         "type": "TextMessage"}), PARCEL, NDJSON),
    Case("Flowise", sse({"event": "start", "data": ""}, *[{"event": "token", "data": t} for t in TOKENS], {"event":
         "metadata", "data": {"chatId": "c", "question": ASKED}}, {"event": "end", "data": "[DONE]"}), PARCEL, SSE),
    Case("Flowise, whole", js({"text": ARABIC, "question": ASKED, "chatId": "c", "sourceDocuments": [{"pageContent":
         "no"}]}), ARABIC),
    Case("Langflow's stream", lines({"event": "add_message", "data": {"sender": "User", "sender_name": "User", "text":
         ASKED}}, *[{"event": "token", "data": {"chunk": t, "id": "m"}} for t in TOKENS], {"event": "add_message",
         "data": {"sender": "Machine", "sender_name": "AI", "text": PARCEL}}, {"event": "end", "data": {"result":
         {"outputs": [{"inputs": {"input_value": ASKED}, "outputs": [{"results": {"message": {"text": PARCEL}}}]}]}}}),
         PARCEL, NDJSON),
    Case("Langflow, whole", js({"session_id": "s", "outputs": [{"inputs": {"input_value": ASKED},
         "outputs": [{"results":
         {"message": {"text_key": "text", "data": {"text": ARABIC, "sender": "Machine"}, "text": ARABIC}}, "messages":
         [{"message": ARABIC, "sender": "Machine"}], "artifacts": {"message": ARABIC},
         "outputs": {"message": {"message":
         ARABIC, "type": "text"}}, "logs": {}}]}]}), ARABIC),
    Case("Dify", sse({"event": "workflow_started", "data": {"inputs": {"sys.query": ASKED}}}, *[{"event": "message",
         "answer": t, "message_id": "m"} for t in TOKENS], {"event": "message_end", "metadata": {}}, {"event":
         "workflow_finished", "data": {"outputs": {"answer": PARCEL}}}), PARCEL, SSE),
    Case("Dify's agent", sse({"event": "agent_thought", "thought": "I look", "observation": "x"}, *[{"event":
         "agent_message", "answer": t} for t in TOKENS], {"event": "message_end"}), PARCEL, SSE),
    Case("Coze", named(("conversation.chat.created", {"id": "1", "status": "created"}), *[("conversation.message.delta",
         {"role": "assistant", "type": "answer", "content": t, "content_type": "text"}) for t in TOKENS],
         ("conversation.message.completed", {"role": "assistant", "type": "answer", "content": PARCEL}),
         ("conversation.message.completed", {"role": "assistant", "type": "follow_up", "content": "And mine?"}),
         ("done", "[DONE]")), PARCEL, SSE),
    Case("AG-UI", sse({"type": "RUN_STARTED"}, {"type": "TEXT_MESSAGE_START", "role": "assistant"}, *[{"type":
         "TEXT_MESSAGE_CONTENT", "messageId": "m", "delta": t} for t in TOKENS], {"type": "TEXT_MESSAGE_END"}), PARCEL,
         SSE),
    Case("A2A", js({"jsonrpc": "2.0", "id": 1, "result": {"kind": "message", "role": "agent", "parts": [{"kind": "text",
         "text": PARCEL}]}}), PARCEL),
    Case("MCP", js({"jsonrpc": "2.0", "id": 1, "result": {"content": [{"type": "text", "text": ARABIC}]}}), ARABIC),
]  # fmt: skip

PLATFORMS = [
    Case("Rasa", js([{"recipient_id": "u", "text": "One moment."}, {"recipient_id": "u", "text": PARCEL}]), BOTH),
    Case("Rasa's lines", lines({"recipient_id": "u", "text": "لحظة من فضلك."}, {"recipient_id": "u", "text": ARABIC}),
         "لحظة من فضلك. " + ARABIC, NDJSON),
    Case("Rasa with buttons", js([{"recipient_id": "u", "text": "Cancel it?", "buttons": [{"title": "Yes", "payload":
         "/affirm"}]}]), "Cancel it?"),
    Case("Botpress", js({"responses": [{"type": "typing", "value": True}, {"type": "text", "text": PARCEL}]}), PARCEL),
    Case("Botpress, payload", js({"message": {"type": "text", "payload": {"type": "text", "text": ARABIC}}}), ARABIC),
    Case("Voiceflow", js([{"type": "path", "payload": {"path": "x"}}, {"type": "text",
         "payload": {"message": "One moment.",
         "slate": {"content": []}}}, {"type": "speak", "payload": {"type": "message", "message": PARCEL}}, {"type":
         "choice", "payload": {"buttons": [{"name": "Yes"}]}}]), BOTH),
    Case("Bot Framework", js({"activities": [{"type": "message", "from": {"id": "u", "role": "user"}, "text": ASKED},
         {"type": "typing", "from": {"role": "bot"}}, {"type": "message", "from": {"id": "b", "role": "bot"}, "text":
         PARCEL, "speak": PARCEL}], "watermark": "2"}), PARCEL),
    Case("Bot Framework, one", js({"type": "message", "from": {"id": "b", "name": "Bot"}, "recipient": {"id": "u"},
         "text":
         ARABIC, "inputHint": "expectingInput"}), ARABIC),
    Case("Dialogflow ES", js({"responseId": "r", "queryResult": {"queryText": ASKED, "action": "track",
         "parameters": {},
         "fulfillmentText": PARCEL, "fulfillmentMessages": [{"text": {"text": [PARCEL]}}], "intent": {"displayName":
         "Track"}}}), PARCEL),
    Case("Dialogflow CX", js({"queryResult": {"text": ASKED, "languageCode": "ar",
         "responseMessages": [{"text": {"text":
         [ARABIC]}}], "match": {"intent": {"displayName": "Track"}}}}), ARABIC),
    Case("Dialogflow's webhook", js({"fulfillmentText": PARCEL, "source": "own"}), PARCEL),
    Case("Dialogflow CX's webhook", js({"fulfillment_response": {"messages": [{"text": {"text": [PARCEL]}}]}}), PARCEL),
    Case("Lex", js({"messages": [{"contentType": "PlainText", "content": PARCEL}], "sessionState": {"dialogAction":
         {"type": "Close"}, "intent": {"name": "Track"}}}), PARCEL),
    Case("Watson", js({"output": {"intents": [], "generic": [{"response_type": "text", "text": ARABIC}]},
         "context": {}}),
         ARABIC),
    Case("Zapier's default answer", js({"attempt": "018f", "id": "018f", "request_id": "018f", "status": "success"}),
         "",
         end="fault"),
    Case("ConversationRelay", lines(*[{"type": "text", "token": t, "last": k == 5} for k, t in enumerate(TOKENS)]),
         PARCEL,
         NDJSON),
    Case("ManyChat", js({"version": "v2", "content": {"messages": [{"type": "text", "text": ARABIC}]}}), ARABIC),
]  # fmt: skip

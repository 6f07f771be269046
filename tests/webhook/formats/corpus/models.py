"""Payloads of the services that run models."""

from __future__ import annotations

from tests.webhook.formats.corpus.case import NDJSON, SSE, Case, js, lines, named, sse

PARCEL = "Your parcel is in Riyadh."
ARABIC = "شحنتك وصلت إلى الرياض اليوم."
TOKENS = ("Your", " parcel", " is", " in", " Riyadh", ".")


def chat(delta: object, finish: str | None = None) -> dict[str, object]:
    return {"id": "c", "object": "chat.completion.chunk",
            "choices": [{"index": 0, "delta": delta, "finish_reason": finish}]}  # fmt: skip


def gemini(text: str, **more: object) -> dict[str, object]:
    part = {"text": text} | more
    return {"candidates": [{"content": {"parts": [part], "role": "model"}, "index": 0}], "modelVersion": "g"}


def assistant(text: str) -> dict[str, object]:
    content = [{"index": 0, "type": "text", "text": {"value": text, "annotations": []}}]
    return {"id": "msg_1", "object": "thread.message.delta", "delta": {"content": content}}


WHOLE_MESSAGE = {"id": "msg_1", "object": "thread.message", "role": "assistant", "status": "completed",
                 "content": [{"type": "text", "text": {"value": PARCEL, "annotations": []}}]}  # fmt: skip

MODELS = [
    Case("OpenAI chat", sse(chat({"role": "assistant", "content": ""}), *[chat({"content": t}) for t in TOKENS],
         chat({}, "stop"), "[DONE]"), PARCEL, SSE),
    Case("OpenAI chat, whole", js({"object": "chat.completion", "choices": [{"index": 0, "finish_reason": "stop",
         "message": {"role": "assistant", "content": ARABIC}}], "usage": {"total_tokens": 9}}), ARABIC),
    Case("OpenAI chat with a final message", sse(*[chat({"content": t}) for t in TOKENS], {"choices": [{"index": 0,
         "message": {"role": "assistant", "content": PARCEL}, "finish_reason": "stop"}]}, "[DONE]"), PARCEL, SSE),
    Case("OpenAI chat, delta and message in a chunk", sse(*[{"choices": [{"delta": {"content": t}, "message":
         {"content": "".join(TOKENS[:k + 1])}}]} for k, t in enumerate(TOKENS)]), PARCEL, SSE),
    Case("OpenAI chat with a tool", sse(chat({"content": "One moment. "}), chat({"tool_calls": [{"index": 0, "function":
         {"name": "track", "arguments": "{\"id\": 7}"}}]}), chat({}, "tool_calls"), chat({"content": PARCEL}),
         "[DONE]"), "One moment. " + PARCEL, SSE),
    Case("Azure's filters first", sse({"choices": [], "prompt_filter_results": [{"content_filter_results": {}}]},
         *[chat({"content": t}) for t in TOKENS], "[DONE]"), PARCEL, SSE),
    Case("OpenAI completions", sse(*[{"object": "text_completion", "choices": [{"text": t,
         "index": 0}]} for t in TOKENS],
         "[DONE]"), PARCEL, SSE),
    Case("OpenAI responses", named(("response.created", {"type": "response.created", "response": {"output": []}}),
         *[("response.output_text.delta", {"type": "response.output_text.delta", "delta": t}) for t in TOKENS],
         ("response.output_text.done", {"type": "response.output_text.done", "text": PARCEL}),
         ("response.completed", {"type": "response.completed", "response": {"output": [{"type": "message", "content":
         [{"type": "output_text", "text": PARCEL}]}]}})), PARCEL, SSE),
    Case("OpenAI responses, whole", js({"object": "response", "output": [{"type": "reasoning", "summary": []},
         {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": ARABIC}]}]}), ARABIC),
    Case("OpenAI assistants", named(("thread.run.created", {"object": "thread.run", "instructions": "Be brief."}),
         *[("thread.message.delta", assistant(t)) for t in TOKENS], ("thread.message.completed", WHOLE_MESSAGE),
         ("done", "[DONE]")), PARCEL, SSE),
    Case("OpenAI assistants, messages listed", js({"object": "list", "data": [WHOLE_MESSAGE]}), PARCEL),
    Case("DeepSeek's reasoning", sse(chat({"reasoning_content": "The caller asks"}), *[chat({"content": t,
         "reasoning_content": None}) for t in TOKENS]), PARCEL, SSE),
    Case("OpenRouter's error in the middle", sse({"error": {"code": 502, "message": "Provider down"}, "choices": []}),
         "",
         SSE, "fault"),
    Case("Anthropic", named(("message_start", {"type": "message_start", "message": {"role": "assistant",
         "content": []}}),
         ("ping", {"type": "ping"}), ("content_block_delta", {"type": "content_block_delta", "delta":
         {"type": "thinking_delta", "thinking": "Hm"}}), *[("content_block_delta", {"type": "content_block_delta",
         "index": 1, "delta": {"type": "text_delta", "text": t}}) for t in TOKENS],
         ("message_stop", {"type": "message_stop"})), PARCEL, SSE),
    Case("Anthropic, whole", js({"type": "message", "role": "assistant", "content": [{"type": "thinking", "thinking":
         "Hm"}, {"type": "text", "text": PARCEL}, {"type": "tool_use", "name": "x", "input": {"text": "no"}}]}),
         PARCEL),
    Case("Anthropic's error", named(("error", {"type": "error", "error": {"type": "overloaded_error", "message":
         "Overloaded"}})), "", SSE, "fault"),
    Case("Gemini's array", b"[" + b"\n,\r\n".join(js(gemini(t), indent=2) for t in ("Your par", "cel is in Ri",
         "yadh."))
         + b"\n]\n", PARCEL),
    Case("Gemini's array in Arabic", js([gemini(t) for t in ("شحنتك وص", "لت إلى الر", "ياض اليوم.")]), ARABIC),
    Case("Gemini's events", sse(gemini("Let me think", thought=True), *[gemini(t) for t in TOKENS]), PARCEL, SSE),
    Case("Gemini, whole", js(gemini(ARABIC)), ARABIC),
    Case("Gemini blocked", js({"promptFeedback": {"blockReason": "SAFETY"}}), "", end="fault"),
    Case("Cohere 2", sse({"type": "message-start", "delta": {"message": {"role": "assistant"}}}, *[{"type":
         "content-delta", "index": 0, "delta": {"message": {"content": {"text": t}}}} for t in TOKENS],
         {"type": "message-end", "delta": {"finish_reason": "COMPLETE"}}), PARCEL, SSE),
    Case("Cohere 1", lines({"event_type": "stream-start", "generation_id": "g"}, *[{"event_type": "text-generation",
         "text": t} for t in TOKENS], {"event_type": "stream-end", "response": {"text": PARCEL, "chat_history":
         [{"role": "USER", "message": "Where is my parcel?"}]}}), PARCEL, NDJSON),
    Case("Mistral's parts", sse(chat({"content": [{"type": "thinking", "thinking": [{"type": "text", "text": "Hm"}]}]}),
         chat({"content": [{"type": "text", "text": "Your parcel "}]}), chat({"content": "is in Riyadh."})), PARCEL,
         SSE),
    Case("Ollama chat", lines(*[{"model": "m", "message": {"role": "assistant", "content": t}, "done": False}
         for t in TOKENS], {"model": "m", "message": {"role": "assistant", "content": ""}, "done": True}), PARCEL,
         NDJSON),
    Case("Ollama generate", lines(*[{"response": t, "done": False} for t in TOKENS], {"response": "", "done": True,
         "context": [1, 2]}), PARCEL, NDJSON),
    Case("llama.cpp", sse(*[{"index": 0, "content": t, "stop": False} for t in TOKENS], {"content": "", "stop": True,
         "generation_settings": {"prompt": "no"}, "prompt": "You are an agent."}), PARCEL, SSE),
    Case("TGI", sse(*[{"index": k, "token": {"id": k, "text": t, "special": False}, "generated_text":
         PARCEL if k == 5 else None} for k, t in enumerate(TOKENS)]), PARCEL, SSE),
    Case("TGI, whole", js([{"generated_text": ARABIC}]), ARABIC),
    Case("Bedrock converse", js({"output": {"message": {"role": "assistant", "content": [{"text": PARCEL}]}},
         "stopReason": "end_turn", "usage": {"inputTokens": 5}}), PARCEL),
    Case("Bedrock converse, streamed", lines({"messageStart": {"role": "assistant"}}, *[{"contentBlockDelta":
         {"delta": {"text": t}, "contentBlockIndex": 0}} for t in TOKENS],
         {"contentBlockStop": {"contentBlockIndex": 0}},
         {"messageStop": {"stopReason": "end_turn"}}, {"metadata": {"usage": {}}}), PARCEL, NDJSON),
    Case("Bedrock's Titan", js({"inputTextTokenCount": 3, "results": [{"outputText": ARABIC}]}), ARABIC),
    Case("Cloudflare", sse(*[{"response": t, "p": "abdefghij"} for t in TOKENS], "[DONE]"), PARCEL, SSE),
    Case("watsonx", js({"model_id": "g", "results": [{"generated_text": PARCEL, "stop_reason": "eos"}]}), PARCEL),
    Case("Replicate", js({"status": "succeeded", "output": list(TOKENS), "logs": "boot"}), PARCEL),
]  # fmt: skip

REPEATS = [
    Case("deltas, then the whole", lines({"text": "Sure, "}, {"text": "done."}, {"text": "Sure, done."}),
         "Sure, done."),
    Case("deltas glued, then the whole", b'{"text":"Sure, "}{"text":"done."}{"text":"Sure, done."}', "Sure, done."),
    Case("the text so far", lines(*[{"text": "".join(TOKENS[:k + 1])} for k in range(6)]), PARCEL),
    Case("the text so far in events", sse(*[{"answer": ARABIC[:k]} for k in range(3, len(ARABIC) + 1, 4)],
         {"answer": ARABIC}), ARABIC, SSE),
    Case("the text so far as plain events", sse("Your", "Your parcel", "Your parcel is in", PARCEL), PARCEL, SSE),
    Case("a text so far of many letters", lines(*[{"text": ("Long answer. " * 60)[:k]} for k in range(50, 790, 50)]),
         ("Long answer. " * 60)[:750]),
    Case("the whole twice", lines({"text": PARCEL}, {"text": PARCEL}), PARCEL),
    Case("the whole twice under two names", lines({"type": "message", "text": ARABIC}, {"type": "final",
         "text": ARABIC}),
         ARABIC),
    Case("the final three times", lines({"delta": "Your parcel "}, {"delta": "is in Riyadh."}, {"text": PARCEL},
         {"text": PARCEL}, {"output": PARCEL}), PARCEL),
    Case("deltas, then the whole and more", lines({"token": "Your parcel "}, {"token": "is in"}, {"type": "final",
         "text": PARCEL}), PARCEL),
    Case("no, no", lines({"text": "no. "}, {"text": "no."}), "no. no."),
    Case("no, no, no, thanks", lines({"text": "No,"}, {"text": " no,"}, {"text": " no,"}, {"text": " thanks."}),
         "No, no, no, thanks."),
    Case("a code of ones", lines(*[{"text": "1"}] * 4), "1111"),
    Case("laughter", sse(*[chat({"content": t}) for t in ("ha", "ha", "ha", "!")]), "hahaha!", SSE),
    Case("a text that quotes itself", lines({"text": "Bye. "}, {"text": "I said: "}, {"text": "Bye. "},
         {"text": "I said"},
         {"text": " it."}), "Bye. I said: Bye. I said it."),
    Case("the whole with other blanks", lines({"text": "Sure,\n"}, {"text": "done.\n"}, {"text": "Sure, done."}),
         "Sure, done."),
    Case("a whole after each of two parts", lines({"text": "Let me "}, {"text": "look. "}, {"text": "Let me look. "},
         {"type": "tool_call", "name": "track"}, {"text": "It is "}, {"text": "here."}, {"text": "It is here."}),
         "Let me look. It is here."),
    Case("empty deltas between", lines({"text": ""}, {"text": "Your parcel "}, {"text": ""}, {"text": None},
         {"text": "is in Riyadh."}), PARCEL),
]  # fmt: skip

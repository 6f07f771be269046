"""Payloads written when the others were read right, and read for the first time after that."""

from __future__ import annotations

import gzip
import zlib

from tests.webhook.formats.corpus.case import HTML, NDJSON, SSE, TEXT, Case, js, lines, named, sse
from tests.webhook.n8n import line, respond, run

EN = "Your parcel is in Riyadh."
AR = "شحنتك وصلت إلى الرياض اليوم."
BYE = "Goodbye, and thank you."
ASKED = "Where is my parcel?"
TOKENS = ("Your", " parcel", " is", " in", " Riyadh", ".")
WORDS = tuple(AR.split())

LATER_WIRE = [
    Case("a comment of many words first", b": this is a stream of the agent, hello\n\ndata: Hi there.\n\n",
         "Hi there.", TEXT),
    Case("an id of its own form first", b"id:0f3c-aa\nevent:message\ndata:" + js({"text": EN}) + b"\n\n", EN,
         "text/html"),
    Case("an id behind the data", b"".join(b"data: " + js({"text": t}) + b"\nid: %d\n\n" % k for k,
         t in enumerate(TOKENS)),
         EN, SSE),
    Case("a name behind the data", b"data: " + js({"text": EN}) + b"\nevent: message\n\n", EN, SSE),
    Case("names and data without empty lines", b"".join(b"event: token\ndata: " + js({"text": t}) +
         b"\n" for t in TOKENS),
         EN, SSE),
    Case("done without empty lines", b"".join(b"data: " + js({"token": t}) + b"\n" for t in TOKENS) +
         b"data: [DONE]\n", EN,
         SSE),
    Case("CR LF cut between", b"data: " + js({"text": "Your parcel "}) + b"\r\n\r\ndata: " +
         js({"text": "is in Riyadh."})
         + b"\r\n\r\n", EN, SSE),
    Case("many empty lines", b"\n\n\ndata: " + js({"text": "Your parcel "}) + b"\n\n\n\n\ndata: "
         + js({"text": "is in Riyadh."}) + b"\n\n\n", EN, TEXT),
    Case("dense Arabic words", "".join(f"data:{word}\n\n" for word in ("شحنتك", " وصلت", " إلى", " الرياض", " اليوم."))
         .encode(), AR, SSE),
    Case("English words without blanks", "".join(f"data: {word}\n\n" for word in EN.split()).encode(), EN, SSE),
    Case("English words without blanks, as records", lines(*[{"token": word} for word in EN.split()]), EN, NDJSON),
    Case("phrases as records", lines({"text": "One moment, please."}, {"text": "I look it up."}, {"text": EN}),
         f"One moment, please. I look it up. {EN}", NDJSON),
    Case("an event with an empty data line between", b"data: First line.\ndata:\ndata: Second line.\n\n",
         "First line. Second line.", SSE),
    Case("data in capitals is text", b"Data: we keep it for a year.", "Data: we keep it for a year.", TEXT),
    Case("a list in text", b"[1] Pay. [2] Wait.", "[1] Pay. [2] Wait.", TEXT),
    Case("a time in text", b"9:30 is the opening hour.", "9:30 is the opening hour.", TEXT),
    Case("a smile", b":) It is in Riyadh.", ":) It is in Riyadh.", TEXT),
    Case("a small word and a colon", b"note: the office opens at nine.", "note: the office opens at nine.", TEXT),
    Case("text with a brace", b"{Sara, Omar} will call you.", "{Sara, Omar} will call you.", TEXT),
    Case("deflate with a head, named gzip's way", gzip.compress(AR.encode()), AR, TEXT, encoding="deflate"),
    Case("gzip, padded", gzip.compress(EN.encode()) + bytes(16), EN, TEXT, encoding="gzip"),
    Case("three members, one empty", gzip.compress(b"Your parcel ") + gzip.compress(b"") +
         gzip.compress(b"is in Riyadh."),
         EN, TEXT, encoding="x-gzip"),
    Case("deflate twice over lines", zlib.compress(lines({"text": "Your parcel "})) + zlib.compress(lines({"text":
         "is in Riyadh."})), EN, NDJSON, encoding="deflate"),
    Case("a paragraph in HTML, with a list", b"<ul><li>Pay.</li><li>Wait.</li></ul>", "Pay. Wait.", HTML),
    Case("HTML with a style", b"<style>p {color: red}</style><p>Hi there.</p><script>alert(1)</script>", "Hi there.",
         HTML),
    Case("a frame in capitals", b'<IFRAME SANDBOX SRCDOC="Hi &lt;b&gt;there&lt;/b&gt;."></IFRAME>', "Hi there.", HTML),
    Case("a frame around a list that closes",
         b"<iframe srcdoc='[{\"output\": \"Bye.\", \"is_closing\": true}]'></iframe>",
         "Bye.", HTML, "closing"),
    Case("a frame around a page", b'<iframe srcdoc="&lt;!DOCTYPE html&gt;&lt;html&gt;502&lt;/html&gt;"></iframe>', "",
         HTML,
         "html"),
]  # fmt: skip

LATER_DOCUMENTS = [
    Case("words behind two objects", b'{"next":"tracking"}\n{"score":0.4}\nYour parcel is in Riyadh.', EN, TEXT),
    Case("words of two lines behind an object", b'{"intent": "x"}\n\nYour parcel\nis in Riyadh.\n', EN),
    Case("an object over lines, then words", b'{\n "intent": "x"\n}\nYour parcel is in Riyadh.', EN, TEXT),
    Case("an object with words, then words", b'{"text": "One moment. "}\nYour parcel is in Riyadh.', "One moment. " +
         EN,
         TEXT),
    Case("a string of JSON with a newline", js({"output": '{"text": "First.\nSecond.", "is_closing": true}'}),
         "First. Second.", end="closing"),
    Case("a list in a string", js({"output": js([{"text": "Bye.", "hang_up": True}]).decode()}), "Bye.", end="closing"),
    Case("transfer in a string", js({"message": js({"answer": "I connect you.", "transfer": True,
         "to": "+9665"}).decode()}),
         "I connect you.", end="transfer +9665"),
    Case("end_call", js({"response_type": "response", "content": BYE, "content_complete": True, "end_call": True}), BYE,
         end="closing"),
    Case("isClosing", js({"reply": BYE, "isClosing": True}), BYE, end="closing"),
    Case("a deep wrapper that closes", js({"data": {"result": {"answer": BYE, "hang_up": "true"}}}), BYE,
         end="closing"),
    Case("a tool's hang-up is none", js({"output": EN, "tool_calls": [{"args": {"hang_up": True}}], "tool": {"hang_up":
         True}}), EN),
    Case("a name of two words", js({"botReply": AR, "userMessage": ASKED}), AR),
    Case("a name of three words", js({"final_answer_text": EN, "input_text": ASKED}), EN),
    Case("assistant_message", js({"user_message": ASKED, "assistant_message": EN}), EN),
    Case("the sources beside", js({"answer": EN, "sources": [{"content": "secret", "text": "secret"}]}), EN),
    Case("only sources", js({"sources": [{"content": "secret words"}], "query": ASKED}), "", end="not_understood"),
    Case("search results are not the answer", js({"search_results": [{"content": "secret"}], "answer": AR}), AR),
    Case("a list of lists", js([[{"output": EN}]]), "", end="fault"),
    Case("numbers only", js({"output": 4821}), "", end="fault"),
    Case("a number as text", js({"output": "4821"}), "4821"),
    Case("a JSON string of a JSON string", js(js(js({"output": AR}).decode()).decode()), AR),
    Case("Python's dict in a list", b"[{'output': 'It\\'s here, \"now\".', 'sources': None}]",
         "It's here, \"now\"."),
    Case("hanging commas in lists", b'{"messages": ["Your parcel", "is in Riyadh.",],}', EN),
    Case("half a document", b'{"output": "Your parcel', "", end="fault"),
    Case("half a line behind whole ones", lines({"text": "Your parcel "}, {"text": "is in Riyadh."}) + b'{"tex', EN),
    Case("a record broken in the middle", lines({"text": "Your parcel "}) + b'{"text": "lost\n'
         + lines({"text": "is in Riyadh."}), EN),
    Case("an error as a list", js([{"error": "boom"}]), "", end="fault"),
    Case("FastAPI's refusal", js({"detail": [{"loc": ["body"], "msg": "field required", "type": "missing"}]}), "",
         end="fault"),
]  # fmt: skip

LATER_REPEATS = [
    Case("so far and then whole", lines({"text": "Sure"}, {"text": "Sure, it"}, {"text": "Sure, it is done."},
         {"type": "final", "text": "Sure, it is done."}), "Sure, it is done."),
    Case("so far in chat chunks", sse(*[{"choices": [{"index": 0, "delta": {"content": "".join(TOKENS[:k + 1])}}]}
         for k in range(6)]), EN, SSE),
    Case("so far as a list", js([{"text": AR[:9]}, {"text": AR[:17]}, {"text": AR}]), AR),
    Case("so far twice, by messages", lines({"id": 1, "text": "One"}, {"id": 1, "text": "One moment."}, {"id": 2,
         "text":
         "Your"}, {"id": 2, "text": "Your parcel"}, {"id": 2, "text": EN}), "One moment. " + EN),
    Case("items of n8n, then the whole from a renamed node in words", run("Your parcel ", "is in Riyadh.")
         + run(EN, node="Reply to caller"), EN),
    Case("two runs of n8n, then the last", run("Let me look. ") + run("Your parcel ", "is in Riyadh.")
         + respond(output=EN), "Let me look. " + EN),
    Case("n8n's second Respond node closes", run("Good", "bye, and ", "thank you.") + respond(output=BYE)
         + line("item", js({"output": BYE, "is_closing": True}).decode(), "Respond to Webhook1"), BYE, end="closing"),
    Case("the whole in another key, longer", lines({"delta": "It is "}, {"delta": "here."}, {"response":
         "It is here. Anything else?"}), "It is here. Anything else?"),
    Case("marks in the deltas only", sse("**Your** parcel", " is in", " *Riyadh*.") + named(("final", {"text": EN})),
         "**Your** parcel is in *Riyadh*.", SSE),
    Case("yes, yes", sse("Yes", ",", " yes", ",", " of", " course", "."), "Yes, yes, of course.", SSE),
    Case("a phone number by digits", lines(*[{"token": digit} for digit in "0555012201"]), "0555012201"),
    Case("a number in groups", lines({"token": "055"}, {"token": "055"}, {"token": "1111"}), "0550551111"),
    Case("a chorus", lines({"text": "La la "}, {"text": "la la "}, {"text": "la."}), "La la la la la."),
    Case("an Arabic word twice", lines({"text": "شكراً "}, {"text": "شكراً "}, {"text": "لك."}), "شكراً شكراً لك."),
    Case("ADK, two tools", sse(*[event for part in ("One moment. ", "Still looking. ", EN) for event in (
         {"content": {"role": "model", "parts": [{"text": part[:4]}]}, "partial": True},
         {"content": {"role": "model", "parts": [{"text": part[4:]}]}, "partial": True},
         {"content": {"role": "model", "parts": [{"text": part}, {"functionCall": {"name": "x"}}]}})]),
         "One moment. Still looking. " + EN, SSE),
    Case("a snapshot that loses its cursor", lines({"text": "Your parcel"}, {"text": "Your parcel is in"}, {"text": EN},
         {"text": EN}), EN),
]  # fmt: skip

LATER_AGENTS = [
    Case("LangGraph, two streams at once", lines(["messages", [{"type": "AIMessageChunk", "content": "Your parcel "},
         {}]],
         ["messages", [{"type": "AIMessageChunk", "content": "is in Riyadh."}, {}]], ["updates", {"agent": {"messages":
         [{"type": "ai", "content": EN}]}}]), EN, NDJSON),
    Case("LangGraph's updates of two steps", named(("updates", {"agent": {"messages": [{"type": "ai", "content":
         "Let me look."}]}}), ("updates", {"tools": {"messages": [{"type": "tool", "content": "7"}]}}),
         ("updates", {"agent": {"messages": [{"type": "ai", "content": EN}]}})), "Let me look. " + EN, SSE),
    Case("LangGraph's values of two steps", named(("values", {"messages": [{"type": "human", "content": ASKED}, {"type":
         "ai", "content": "Let me look."}]}), ("values", {"messages": [{"type": "human", "content": ASKED},
         {"type": "ai",
         "content": "Let me look."}, {"type": "tool", "content": "7"}, {"type": "ai", "content": EN}]})),
         "Let me look. " + EN, SSE),
    Case("OpenAI's messages as they are kept", js({"messages": [{"role": "system", "content": "Be brief."},
         {"role": "user",
         "content": ASKED}, {"role": "assistant", "content": AR}]}), AR),
    Case("lines that name their roles", lines({"role": "user", "content": ASKED}, {"role": "assistant",
         "content": EN}), EN,
         NDJSON),
    Case("a list that names its roles", js([{"role": "user", "content": ASKED}, {"role": "assistant",
         "content": AR}]), AR),
    Case("Pydantic AI", js({"data": EN, "usage": {"requests": 1}}), EN),
    Case("OpenAI agents", named(("raw_response_event", {"type": "raw_response_event", "data": {"type":
         "response.output_text.delta", "delta": "Your parcel "}}), ("raw_response_event", {"type": "raw_response_event",
         "data": {"type": "response.output_text.delta", "delta": "is in Riyadh."}})), EN, SSE),
    Case("Mastra, generated", js({"text": EN, "steps": [{"text": EN, "reasoning": "Hm"}], "finishReason": "stop"}), EN),
    Case("Bedrock's Llama", js({"generation": AR, "prompt_token_count": 9, "stop_reason": "stop"}), AR),
    Case("Bedrock's Claude", lines({"type": "completion", "completion": "Your parcel "}, {"type": "completion",
         "completion": "is in Riyadh."}), EN, NDJSON),
    Case("Dify's completion", sse({"event": "text_chunk", "data": {"text": "Your parcel "}}, {"event": "text_chunk",
         "data":
         {"text": "is in Riyadh."}}), EN, SSE),
    Case("Voiceflow's stream", named(("trace", {"type": "text", "payload": {"message": EN}}), ("trace",
         {"type": "debug",
         "payload": {"message": "matched intent"}}), ("end", {})), EN, SSE),
    Case("Bot Framework's lines", lines({"type": "typing"}, {"type": "message", "from": {"id": "bot"}, "text":
         "One moment."}, {"type": "message", "from": {"id": "bot"}, "text": AR}), "One moment. " + AR, NDJSON),
    Case("Rasa's buttons alone", js([{"recipient_id": "u", "buttons": [{"title": "Yes", "payload": "/affirm"}]}]), "",
         end="fault"),
    Case("Alexa", js({"version": "1.0", "response": {"outputSpeech": {"type": "PlainText", "text": EN},
         "shouldEndSession":
         False}}), EN),
    Case("Typebot", js({"sessionId": "s", "messages": [{"id": "m", "type": "text", "content": {"type": "richText",
         "richText": [{"type": "p", "children": [{"text": EN}]}]}}]}), EN),
    Case("Jambonz", js([{"verb": "say", "text": EN}, {"verb": "hangup"}]), EN),
    Case("WhatsApp", js({"messaging_product": "whatsapp", "to": "966", "type": "text", "text": {"body": AR}}), AR),
    Case("Slack", js({"text": EN, "blocks": [{"type": "section", "text": {"type": "mrkdwn", "text": EN}}]}), EN),
    Case("Semantic Kernel", js([{"Role": {"Label": "assistant"}, "Items": [{"$type": "TextContent", "Text": AR}]}]),
         AR),
    Case("A2A's update", sse({"jsonrpc": "2.0", "result": {"kind": "status-update", "status": {"state": "working",
         "message":
         {"role": "agent", "parts": [{"kind": "text", "text": EN}]}}}}), EN, SSE),
    Case("smolagents", js({"final_answer": EN, "logs": ["Thinking about it"]}), EN),
    Case("Zapier around an agent", js({"status": "success", "output": {"message": AR}}), AR),
]  # fmt: skip

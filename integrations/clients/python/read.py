"""Reads bodies with the SDKs of PyPI: read.py BASE-URL < names of bodies, "protocol/name" a line.

Writes a line of JSON for each client and body: what the client handed over, and what it raised.
"""

import json
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import version

import anthropic
import openai
from google import genai

BASE = sys.argv[1]
HELD = os.environ.get("HELD") == "1"  # The bodies are held back: all at once, with the clients' own timeouts.
PATIENCE = {} if HELD else {"timeout": 10}
MESSAGES = [{"role": "user", "content": "Hello."}]
ASK = {"model": "odd", "max_tokens": 4096, "messages": MESSAGES}


class Seen:
    def __init__(self):
        self.text = ""
        self.final = None
        self.finish = None
        self.calls = []

    def call(self, name, arguments):
        self.calls.append({"name": name or "", "arguments": str(arguments)})


def chat_client(url):
    return openai.OpenAI(base_url=url + "/v1", api_key="none", max_retries=0, **PATIENCE)


def messages_client(url):
    return anthropic.Anthropic(base_url=url, api_key="none", max_retries=0, **PATIENCE)


def chat_create(url, seen):
    calls = {}
    with chat_client(url) as client:
        for chunk in client.chat.completions.create(model="odd", messages=MESSAGES, stream=True):
            if not chunk.choices:
                continue
            choice = chunk.choices[0]
            if choice.delta.content is not None:
                seen.text += choice.delta.content
            for call in choice.delta.tool_calls or []:
                # As the page on function calling shows it.
                if call.index not in calls:
                    calls[call.index] = call
                else:
                    calls[call.index].function.arguments += call.function.arguments
            seen.finish = choice.finish_reason or seen.finish
    for call in calls.values():
        seen.call(call.function.name, call.function.arguments)


def chat_stream(url, seen):
    with chat_client(url) as client, client.chat.completions.stream(model="odd", messages=MESSAGES) as stream:
        for event in stream:
            if event.type == "content.delta":
                seen.text += event.delta
        choice = stream.get_final_completion().choices[0]
    seen.final = choice.message.content or ""
    seen.finish = choice.finish_reason
    for call in choice.message.tool_calls or []:
        seen.call(call.function.name, call.function.arguments)


def responses_create(url, seen):
    with chat_client(url) as client:
        for event in client.responses.create(model="odd", input="Hello.", stream=True):
            if event.type == "response.output_text.delta":
                seen.text += event.delta
            elif event.type == "response.output_item.done" and event.item.type == "function_call":
                seen.call(event.item.name, event.item.arguments)
            elif event.type == "response.completed":
                seen.finish = event.response.status


def responses_stream(url, seen):
    with chat_client(url) as client, client.responses.stream(model="odd", input="Hello.") as stream:
        for event in stream:
            if event.type == "response.output_text.delta":
                seen.text += event.delta
        response = stream.get_final_response()
    seen.final = response.output_text
    seen.finish = response.status
    for item in response.output:
        if item.type == "function_call":
            seen.call(item.name, item.arguments)


def messages_create(url, seen):
    calls = {}
    with messages_client(url) as client:
        for event in client.messages.create(**ASK, stream=True):
            if event.type == "content_block_start" and event.content_block.type == "tool_use":
                calls[event.index] = [event.content_block.name, ""]
            elif event.type == "content_block_delta" and event.delta.type == "input_json_delta":
                if event.index in calls:
                    calls[event.index][1] += event.delta.partial_json
            elif event.type == "content_block_stop" and event.index in calls:
                name, arguments = calls[event.index]
                seen.call(name, arguments or "{}")
            elif event.type == "content_block_delta" and event.delta.type == "text_delta":
                seen.text += event.delta.text
            elif event.type == "message_delta":
                seen.finish = event.delta.stop_reason


def messages_stream(url, seen):
    with messages_client(url) as client, client.messages.stream(**ASK) as stream:
        for piece in stream.text_stream:
            seen.text += piece
        message = stream.get_final_message()
    seen.final = "".join(block.text for block in message.content if block.type == "text")
    seen.finish = message.stop_reason
    for block in message.content:
        if block.type == "tool_use":
            seen.call(block.name, json.dumps(block.input))


def gemini_chunk(chunk, seen):
    seen.text += chunk.text or ""
    for call in chunk.function_calls or []:
        seen.call(call.name, json.dumps(call.args or {}))
    if chunk.candidates and chunk.candidates[0].finish_reason:
        seen.finish = str(chunk.candidates[0].finish_reason)


def gemini(url):
    options = genai.types.HttpOptions(base_url=url, timeout=None if HELD else 10_000)
    return genai.Client(api_key="none", http_options=options)


def gemini_stream(url, seen):
    client = gemini(url)  # Must live as long as its stream.
    for chunk in client.models.generate_content_stream(model="odd", contents="Hello."):
        gemini_chunk(chunk, seen)


def gemini_chat(url, seen):
    client = gemini(url)
    chat = client.chats.create(model="odd")
    for chunk in chat.send_message_stream("Hello."):
        gemini_chunk(chunk, seen)
    said = [part for content in chat.get_history() if content.role != "user" for part in content.parts or []]
    seen.final = "".join(part.text or "" for part in said if not part.thought)


OPENAI = f"openai (Python) {version('openai')}"
ANTHROPIC = f"anthropic (Python) {version('anthropic')}"
GENAI = f"google-genai (Python) {version('google-genai')}"
CLIENTS = {
    "openai-chat": [(OPENAI + ", create", chat_create), (OPENAI + ", stream", chat_stream)],
    "openai-responses": [(OPENAI + ", create", responses_create), (OPENAI + ", stream", responses_stream)],
    "anthropic-messages": [(ANTHROPIC + ", create", messages_create), (ANTHROPIC + ", stream", messages_stream)],
    "gemini-sse": [(GENAI + ", generate_content_stream", gemini_stream), (GENAI + ", chat", gemini_chat)],
}


def read(client, url):
    seen = Seen()
    error = ""
    try:
        client(url, seen)
    except Exception as raised:  # Whatever it is, it is what a user would see.
        error = " ".join(f"{type(raised).__name__}: {raised}".split())[:300]
    result = {"text": seen.text, "calls": seen.calls, "finish": seen.finish, "error": error}
    return result if seen.final is None else result | {"final": seen.final}


def run(body, name, client):
    return json.dumps({"body": body, "client": name} | read(client, f"{BASE}/{body}"))


bodies = [line.rstrip("\n").split("\t")[0] for line in sys.stdin]
runs = [(body, name, client) for body in bodies for name, client in CLIENTS.get(body.split("/")[0], [])]
with ThreadPoolExecutor(len(runs) if HELD else 1) as pool:
    for line in pool.map(lambda it: run(*it), runs):
        print(line, flush=True)

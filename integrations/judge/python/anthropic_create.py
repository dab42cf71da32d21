"""anthropic (PyPI): messages.create(stream=True); a tool call counts once its block has stopped."""

import json

from anthropic import AsyncAnthropic

from contract import BASE_URL, PROMPT, TIMEOUT, run, text, tool


async def client(cancel):
    anthropic = AsyncAnthropic(base_url=BASE_URL, api_key="none", timeout=TIMEOUT)
    stream = await anthropic.messages.create(
        model="judged",
        max_tokens=4096,
        messages=[{"role": "user", "content": PROMPT}],
        stream=True,
    )
    calls = {}
    async for event in stream:
        if event.type == "content_block_start" and event.content_block.type == "tool_use":
            calls[event.index] = {"name": event.content_block.name, "arguments": ""}
        elif event.type == "content_block_delta" and event.delta.type == "input_json_delta":
            calls[event.index]["arguments"] += event.delta.partial_json
        elif event.type == "content_block_delta" and event.delta.type == "text_delta":
            if text(event.delta.text):
                cancel()
        elif event.type == "content_block_stop" and event.index in calls:
            call = calls[event.index]
            tool(call["name"], json.loads(call["arguments"]))


run(client)

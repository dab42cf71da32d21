"""openai (PyPI), as its page shows: iterate over create(stream=True), gather tool calls by index."""

import json

from openai import AsyncOpenAI

from contract import BASE_URL, PROMPT, TIMEOUT, run, text, tool


async def client(cancel):
    openai = AsyncOpenAI(base_url=BASE_URL, api_key="none", timeout=TIMEOUT)
    stream = await openai.chat.completions.create(
        model="judged", messages=[{"role": "user", "content": PROMPT}], stream=True
    )
    calls = {}
    async for chunk in stream:
        if not chunk.choices:
            continue
        delta = chunk.choices[0].delta
        if delta.content and text(delta.content):
            cancel()
        for call in delta.tool_calls or []:
            known = calls.setdefault(call.index, {"name": "", "arguments": ""})
            known["name"] += call.function.name or ""
            known["arguments"] += call.function.arguments or ""
    for call in calls.values():
        tool(call["name"], json.loads(call["arguments"]))


run(client)

"""openai (PyPI), its stream helper: chat.completions.stream() and get_final_completion()."""

import json

from openai import AsyncOpenAI

from contract import BASE_URL, PROMPT, TIMEOUT, run, text, tool


async def client(cancel):
    openai = AsyncOpenAI(base_url=BASE_URL, api_key="none", timeout=TIMEOUT)
    async with openai.chat.completions.stream(
        model="judged", messages=[{"role": "user", "content": PROMPT}]
    ) as stream:
        async for event in stream:
            if event.type == "content.delta" and text(event.delta):
                cancel()
        completion = await stream.get_final_completion()
    for call in completion.choices[0].message.tool_calls or []:
        tool(call.function.name, json.loads(call.function.arguments))


run(client)

"""anthropic (PyPI), as its page shows: messages.stream(), text_stream, get_final_message()."""

from anthropic import AsyncAnthropic

from contract import BASE_URL, PROMPT, TIMEOUT, run, text, tool


async def client(cancel):
    anthropic = AsyncAnthropic(base_url=BASE_URL, api_key="none", timeout=TIMEOUT)
    async with anthropic.messages.stream(
        model="judged",
        max_tokens=4096,
        messages=[{"role": "user", "content": PROMPT}],
    ) as stream:
        async for piece in stream.text_stream:
            if text(piece):
                cancel()
        message = await stream.get_final_message()
    for block in message.content:
        if block.type == "tool_use":
            tool(block.name, block.input)


run(client)

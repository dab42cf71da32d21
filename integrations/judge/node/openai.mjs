// openai (npm), as its page shows: iterate over the stream, gather tool calls by index.
import OpenAI from 'openai';
import { baseURL, cancel, prompt, run, text, timeout, tool } from './contract.mjs';

await run(async () => {
  const client = new OpenAI({ baseURL, apiKey: 'none', timeout });
  const stream = await client.chat.completions.create({
    model: 'judged',
    stream: true,
    messages: [{ role: 'user', content: prompt }],
  });
  const calls = [];
  for await (const chunk of stream) {
    const delta = chunk.choices[0]?.delta;
    if (delta?.content && text(delta.content)) cancel(() => stream.controller.abort());
    for (const call of delta?.tool_calls ?? []) {
      const known = (calls[call.index] ??= { name: '', arguments: '' });
      known.name += call.function?.name ?? '';
      known.arguments += call.function?.arguments ?? '';
    }
  }
  calls.forEach((call) => tool(call.name, JSON.parse(call.arguments)));
});

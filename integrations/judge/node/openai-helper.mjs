// openai (npm), its stream helper: chat.completions.stream() and finalChatCompletion().
import OpenAI from 'openai';
import { baseURL, cancel, prompt, run, text, timeout, tool } from './contract.mjs';

await run(async () => {
  const client = new OpenAI({ baseURL, apiKey: 'none', timeout });
  const stream = client.chat.completions.stream({
    model: 'judged',
    messages: [{ role: 'user', content: prompt }],
  });
  stream.on('content', (delta) => {
    if (text(delta)) cancel(() => stream.abort());
  });
  const completion = await stream.finalChatCompletion();
  for (const call of completion.choices[0].message.tool_calls ?? []) {
    tool(call.function.name, JSON.parse(call.function.arguments));
  }
});

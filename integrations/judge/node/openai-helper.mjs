// openai (npm), its stream helper: chat.completions.stream() and finalChatCompletion().
import OpenAI from 'openai';
import { baseURL, cancelled, prompt, run, text, timeout, tool } from './contract.mjs';

await run(async () => {
  const client = new OpenAI({ baseURL, apiKey: 'none', timeout });
  const stream = client.chat.completions.stream({
    model: 'judged',
    messages: [{ role: 'user', content: prompt }],
  });
  let cancel = false;
  stream.on('content', (delta) => {
    if (!cancel && text(delta)) {
      cancel = true;
      stream.abort();
      cancelled();
    }
  });
  try {
    const completion = await stream.finalChatCompletion();
    for (const call of completion.choices[0].message.tool_calls ?? []) {
      tool(call.function.name, call.function.arguments);
    }
  } catch (error) {
    if (cancel) await new Promise(() => {}); // cancelled() ends the process.
    throw error;
  }
});

// @anthropic-ai/sdk, as its page shows: messages.stream(), the text event, finalMessage().
import Anthropic from '@anthropic-ai/sdk';
import { baseURL, cancel, prompt, run, text, timeout, tool } from './contract.mjs';

await run(async () => {
  const client = new Anthropic({ baseURL, apiKey: 'none', timeout });
  const stream = client.messages.stream({
    model: 'judged',
    max_tokens: 4096,
    messages: [{ role: 'user', content: prompt }],
  });
  stream.on('text', (delta) => {
    if (text(delta)) cancel(() => stream.abort());
  });
  const message = await stream.finalMessage();
  for (const block of message.content) {
    if (block.type === 'tool_use') tool(block.name, block.input);
  }
});

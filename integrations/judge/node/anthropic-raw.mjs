// @anthropic-ai/sdk, its raw stream: messages.create({ stream: true }); a tool call counts once its
// block has stopped.
import Anthropic from '@anthropic-ai/sdk';
import { baseURL, cancel, prompt, run, text, timeout, tool } from './contract.mjs';

await run(async () => {
  const client = new Anthropic({ baseURL, apiKey: 'none', timeout });
  const stream = await client.messages.create({
    model: 'judged',
    max_tokens: 4096,
    stream: true,
    messages: [{ role: 'user', content: prompt }],
  });
  const calls = new Map();
  for await (const event of stream) {
    if (event.type === 'content_block_start' && event.content_block.type === 'tool_use') {
      calls.set(event.index, { name: event.content_block.name, arguments: '' });
    } else if (event.type === 'content_block_delta' && event.delta.type === 'input_json_delta') {
      calls.get(event.index).arguments += event.delta.partial_json;
    } else if (event.type === 'content_block_stop' && calls.has(event.index)) {
      const call = calls.get(event.index);
      tool(call.name, JSON.parse(call.arguments));
    } else if (event.type === 'content_block_delta' && event.delta.type === 'text_delta') {
      if (text(event.delta.text)) cancel(() => stream.controller.abort());
    }
  }
});

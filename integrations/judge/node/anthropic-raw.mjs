// @anthropic-ai/sdk, its raw stream: messages.create({ stream: true }).
import Anthropic from '@anthropic-ai/sdk';
import { baseURL, cancelled, prompt, run, text, timeout, tool } from './contract.mjs';

await run(async () => {
  const client = new Anthropic({ baseURL, apiKey: 'none', timeout });
  const stream = await client.messages.create({
    model: 'judged',
    max_tokens: 4096,
    stream: true,
    messages: [{ role: 'user', content: prompt }],
  });
  const calls = [];
  for await (const event of stream) {
    if (event.type === 'content_block_start' && event.content_block.type === 'tool_use') {
      calls.push({ index: event.index, name: event.content_block.name, arguments: '' });
    } else if (event.type === 'content_block_delta' && event.delta.type === 'input_json_delta') {
      calls.find((call) => call.index === event.index).arguments += event.delta.partial_json;
    } else if (event.type === 'content_block_delta' && event.delta.type === 'text_delta') {
      if (text(event.delta.text)) {
        stream.controller.abort();
        await cancelled();
      }
    }
  }
  calls.forEach((call) => tool(call.name, call.arguments));
});

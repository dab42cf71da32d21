// ai (Vercel AI SDK): streamText(), tools with execute, errors taken from the full stream.
import { createAnthropic } from '@ai-sdk/anthropic';
import { createOpenAI } from '@ai-sdk/openai';
import { streamText, tool as defineTool } from 'ai';
import { z } from 'zod';
import { baseURL, cancel, prompt, run, text, timeout, tool } from './contract.mjs';

const anthropic = process.env.HOLDFAST_PROTOCOL === 'anthropic-messages';
const model = anthropic
  ? createAnthropic({ baseURL: `${baseURL}/v1`, apiKey: 'none' })('judged')
  : createOpenAI({ baseURL, apiKey: 'none' }).chat('judged');

await run(async () => {
  const abort = new AbortController();
  const result = streamText({
    model,
    prompt,
    abortSignal: abort.signal,
    timeout: { firstChunkMs: timeout, chunkMs: timeout },
    onError: () => {}, // It would print; the error is a part of the stream as well.
    tools: {
      delete_files: defineTool({
        description: 'Deletes files.',
        inputSchema: z.object({ path: z.string(), recursive: z.boolean(), reason: z.string() }),
        execute: async (input) => {
          tool('delete_files', input);
          return 'done';
        },
      }),
    },
  });
  for await (const part of result.fullStream) {
    if (part.type === 'error') throw part.error;
    if (part.type === 'abort') throw new Error('aborted');
    // What it says of a stream that ended without a finish reason, or of a provider that failed.
    if (part.type === 'finish' && ['interrupted', 'error'].includes(part.finishReason))
      throw new Error(part.finishReason);
    if (part.type === 'text-delta' && text(part.text)) cancel(() => abort.abort());
  }
});

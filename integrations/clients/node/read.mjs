// Reads bodies with the SDKs of npm: read.mjs BASE-URL < names of bodies, "protocol/name" a line. Writes a
// line of JSON for each client and body: what the client handed over, and what it threw.
import { readFileSync, writeSync } from 'node:fs';
import { createInterface } from 'node:readline';
import Anthropic from '@anthropic-ai/sdk';
import { GoogleGenAI } from '@google/genai';
import { createAnthropic } from '@ai-sdk/anthropic';
import { createGoogle } from '@ai-sdk/google';
import { createOpenAI } from '@ai-sdk/openai';
import { streamText, tool } from 'ai';
import { Ollama } from 'ollama';
import OpenAI from 'openai';
import { z } from 'zod';

const base = process.argv[2];
const held = process.env.HELD === '1'; // The bodies are held back: all at once, with the clients' own timeouts.
const patience = held ? 420_000 : 10_000; // Milliseconds.

const version = (name) =>
  JSON.parse(readFileSync(new URL(`node_modules/${name}/package.json`, import.meta.url))).version;

const messages = [{ role: 'user', content: 'Hello.' }];
const openai = (url) => new OpenAI({ baseURL: `${url}/v1`, apiKey: 'none', maxRetries: 0 });
const anthropic = (url) => new Anthropic({ baseURL: url, apiKey: 'none', maxRetries: 0 });
const ask = { model: 'odd', max_tokens: 4096, messages };
const noted = (seen, name, args) => seen.calls.push({ name, arguments: String(args) });

async function chatCreate(url, seen) {
  const stream = await openai(url).chat.completions.create({ model: 'odd', messages, stream: true });
  const calls = [];
  for await (const chunk of stream) {
    const choice = chunk.choices[0];
    seen.text += choice?.delta?.content ?? '';
    seen.finish = choice?.finish_reason ?? seen.finish;
    for (const call of choice?.delta?.tool_calls ?? []) {
      // As the page on function calling shows it.
      if (calls[call.index]) calls[call.index].function.arguments += call.function.arguments;
      else calls[call.index] = call;
    }
  }
  Object.values(calls).forEach((call) => noted(seen, call.function.name, call.function.arguments));
}

async function chatStream(url, seen) {
  const stream = openai(url).chat.completions.stream({ model: 'odd', messages });
  stream.on('content', (delta) => (seen.text += delta));
  const completion = await stream.finalChatCompletion();
  const choice = completion.choices[0];
  seen.final = choice?.message.content ?? '';
  seen.finish = choice?.finish_reason;
  (choice?.message.tool_calls ?? []).forEach((it) => noted(seen, it.function.name, it.function.arguments));
}

async function responsesCreate(url, seen) {
  const stream = await openai(url).responses.create({ model: 'odd', input: 'Hello.', stream: true });
  for await (const event of stream) {
    if (event.type === 'response.output_text.delta') seen.text += event.delta;
    if (event.type === 'response.output_item.done' && event.item.type === 'function_call')
      noted(seen, event.item.name, event.item.arguments);
    if (event.type === 'response.completed') seen.finish = event.response.status;
  }
}

async function responsesStream(url, seen) {
  const stream = openai(url).responses.stream({ model: 'odd', input: 'Hello.' });
  stream.on('response.output_text.delta', (event) => (seen.text += event.delta));
  const response = await stream.finalResponse();
  seen.final = response.output_text;
  seen.finish = response.status;
  for (const item of response.output) if (item.type === 'function_call') noted(seen, item.name, item.arguments);
}

async function messagesCreate(url, seen) {
  const stream = await anthropic(url).messages.create({ ...ask, stream: true });
  const calls = new Map();
  for await (const event of stream) {
    if (event.type === 'content_block_start' && event.content_block.type === 'tool_use') {
      calls.set(event.index, { name: event.content_block.name, arguments: '' });
    } else if (event.type === 'content_block_delta' && event.delta.type === 'input_json_delta') {
      const call = calls.get(event.index);
      if (call) call.arguments += event.delta.partial_json;
    } else if (event.type === 'content_block_stop' && calls.has(event.index)) {
      const call = calls.get(event.index);
      noted(seen, call.name, call.arguments || '{}');
    } else if (event.type === 'content_block_delta' && event.delta.type === 'text_delta') {
      seen.text += event.delta.text;
    } else if (event.type === 'message_delta') {
      seen.finish = event.delta.stop_reason;
    }
  }
}

async function messagesStream(url, seen) {
  const stream = anthropic(url).messages.stream(ask);
  stream.on('text', (delta) => (seen.text += delta));
  const message = await stream.finalMessage();
  seen.final = message.content.map((it) => (it.type === 'text' ? it.text : '')).join('');
  seen.finish = message.stop_reason;
  message.content.forEach((it) => {
    if (it.type === 'tool_use') noted(seen, it.name, JSON.stringify(it.input));
  });
}

const genai = (url) => new GoogleGenAI({ apiKey: 'none', httpOptions: { baseUrl: url } });

function geminiChunk(chunk, seen) {
  seen.text += chunk.text ?? '';
  (chunk.functionCalls ?? []).forEach((it) => noted(seen, it.name, JSON.stringify(it.args ?? {})));
  seen.finish = chunk.candidates?.[0]?.finishReason ?? seen.finish;
}

async function geminiStream(url, seen) {
  const stream = await genai(url).models.generateContentStream({ model: 'odd', contents: 'Hello.' });
  for await (const chunk of stream) geminiChunk(chunk, seen);
}

async function geminiChat(url, seen) {
  const chat = genai(url).chats.create({ model: 'odd' });
  for await (const chunk of await chat.sendMessageStream({ message: 'Hello.' })) geminiChunk(chunk, seen);
  const said = chat.getHistory().filter((it) => it.role !== 'user').flatMap((it) => it.parts ?? []);
  seen.final = said.map((it) => (it.thought ? '' : (it.text ?? ''))).join('');
}

async function ollamaChat(url, seen) {
  for await (const part of await new Ollama({ host: url }).chat({ model: 'odd', messages, stream: true })) {
    seen.text += part.message?.content ?? '';
    (part.message?.tool_calls ?? []).forEach((it) =>
      noted(seen, it.function.name, JSON.stringify(it.function.arguments)),
    );
    seen.finish = part.done_reason ?? seen.finish;
  }
}

const vercel = (model) => async (url, seen) => {
  const any = tool({ description: 'Any.', inputSchema: z.record(z.string(), z.any()) });
  const tools = Object.fromEntries((seen.tools ?? []).map((name) => [name, any]));
  const abortSignal = held ? undefined : AbortSignal.timeout(patience);
  const result = streamText({ model: model(url), prompt: 'Hello.', maxRetries: 0, abortSignal, tools, onError: () => {} });
  for await (const part of result.fullStream) {
    if (part.type === 'error') throw part.error;
    if (part.type === 'abort') throw new Error('aborted');
    if (part.type === 'text-delta') seen.text += part.text;
    if (part.type === 'tool-call') {
      if (part.invalid) throw part.error;
      noted(seen, part.toolName, JSON.stringify(part.input));
    }
    if (part.type === 'finish') seen.finish = part.finishReason;
  }
};

const ai = `ai ${version('ai')}`;
const clients = {
  'openai-chat': [
    [`openai (Node) ${version('openai')}, create`, chatCreate],
    [`openai (Node) ${version('openai')}, stream`, chatStream],
    [`${ai} with @ai-sdk/openai ${version('@ai-sdk/openai')}`, vercel((url) => createOpenAI({ baseURL: `${url}/v1`, apiKey: 'none' }).chat('odd'))],
  ],
  'openai-responses': [
    [`openai (Node) ${version('openai')}, create`, responsesCreate],
    [`openai (Node) ${version('openai')}, stream`, responsesStream],
    [`${ai} with @ai-sdk/openai ${version('@ai-sdk/openai')}`, vercel((url) => createOpenAI({ baseURL: `${url}/v1`, apiKey: 'none' }).responses('odd'))],
  ],
  'anthropic-messages': [
    [`@anthropic-ai/sdk ${version('@anthropic-ai/sdk')}, create`, messagesCreate],
    [`@anthropic-ai/sdk ${version('@anthropic-ai/sdk')}, stream`, messagesStream],
    [`${ai} with @ai-sdk/anthropic ${version('@ai-sdk/anthropic')}`, vercel((url) => createAnthropic({ baseURL: `${url}/v1`, apiKey: 'none' })('odd'))],
  ],
  'gemini-sse': [
    [`@google/genai ${version('@google/genai')}, generateContentStream`, geminiStream],
    [`@google/genai ${version('@google/genai')}, chat`, geminiChat],
    [`${ai} with @ai-sdk/google ${version('@ai-sdk/google')}`, vercel((url) => createGoogle({ baseURL: `${url}/v1beta`, apiKey: 'none' })('odd'))],
  ],
  'ollama-chat': [[`ollama (Node) ${version('ollama')}`, ollamaChat]],
};

function headline(error) {
  // What a validator quotes of the event hides what it says about it.
  const said = String(error?.message ?? error).replace(/(?:Value|Text): [^]*?\.?\s+Error message: /g, '');
  const name = error instanceof Error ? error.constructor.name : 'Error';
  return `${name}: ${said}`.replace(/\s+/g, ' ').slice(0, 600);
}

async function read(client, name, tools) {
  const seen = { text: '', calls: [], tools };
  let error = '';
  const late = new Promise((done) => setTimeout(() => done('hangs'), patience + 1000).unref());
  const asked = client(`${base}/${name}`, seen).then(() => '', headline);
  error = await Promise.race([asked, late]);
  delete seen.tools;
  return { ...seen, error };
}

// A helper that rejects a promise that it handed to no one ends the program otherwise.
const stray = [];
process.on('unhandledRejection', (error) => stray.push(headline(error)));
process.on('uncaughtException', (error) => stray.push(headline(error)));

// Output of the SDKs' own must not mix with the lines.
console.log = console.info = console.error;

async function run(client, ask, body, tools) {
  if (!held) stray.length = 0;
  // What hangs is tried once more: a busy machine hangs, too.
  let seen = await read(ask, body, tools);
  if (seen.error === 'hangs' && !held) seen = await read(ask, body, tools);
  await new Promise((done) => setTimeout(done, 5));
  if (stray.length > 0 && !held) seen.stray = stray.join('; ');
  writeSync(1, `${JSON.stringify({ body, client, ...seen })}\n`);
}

const waiting = [];
for await (const line of createInterface({ input: process.stdin })) {
  const [body, tools] = line.split('\t');
  const [protocol] = body.split('/');
  for (const [client, ask] of clients[protocol.replace(/^.*\//, '')] ?? []) {
    const ran = run(client, ask, body, tools ? tools.split(',') : []);
    if (held) waiting.push(ran);
    else await ran;
  }
}
await Promise.all(waiting);
process.exit(0);

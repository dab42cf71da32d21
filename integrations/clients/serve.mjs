// Serves bodies to clients on loopback: serve.mjs DIRECTORY... prints its base URL. A request whose path begins
// with /DIRECTORY'S NAME/BODY'S NAME and which asks for a stream is answered by that file. BODY@N holds the
// answer back: nothing for N seconds, then all of it at once; BODY@head+N sends the head before the silence.
//
// An agent asks for more than the one answer. What does not stream, counts tokens or has another prompt than
// "Hello." gets a sound answer. GET /DIRECTORY/BODY/RUN/asked lists the requests with that prompt below this
// path: the milliseconds at which each came, and whether it asked for a stream. Ends when its standard input ends.
import { createServer } from 'node:http';
import { readFileSync, readdirSync } from 'node:fs';
import { basename, extname, join } from 'node:path';

const types = {
  '.sse': 'text/event-stream',
  '.ndjson': 'application/x-ndjson',
  '.jsonarray': 'application/json',
};
const bodies = new Map();
for (const directory of process.argv.slice(2)) {
  for (const file of readdirSync(directory)) {
    const type = types[extname(file)];
    if (type) {
      const name = `${basename(directory)}/${basename(file, extname(file))}`;
      bodies.set(name, { type, bytes: readFileSync(join(directory, file)) });
    }
  }
}

const text = 'Good day, world.';
const whole = {
  'anthropic-messages': {
    id: 'msg_1', type: 'message', role: 'assistant', model: 'toy', content: [{ type: 'text', text }],
    stop_reason: 'end_turn', stop_sequence: null, usage: { input_tokens: 3, output_tokens: 4 },
  },
  'openai-chat': {
    id: 'c1', object: 'chat.completion', created: 1763640000, model: 'toy',
    choices: [{ index: 0, message: { role: 'assistant', content: text }, finish_reason: 'stop' }],
    usage: { prompt_tokens: 3, completion_tokens: 4, total_tokens: 7 },
  },
  'gemini-sse': {
    candidates: [{ index: 0, content: { role: 'model', parts: [{ text }] }, finishReason: 'STOP' }],
    usageMetadata: { promptTokenCount: 3, candidatesTokenCount: 4, totalTokenCount: 7 },
  },
};

const asked = new Map();
const json = (response, status, value) =>
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));

function answer(request, response, content) {
  const path = new URL(request.url, 'http://x').pathname;
  const [, directory, name, run] = path.split('/');
  const [file, hold] = (name ?? '').split('@');
  const body = bodies.get(`${directory}/${file}`);
  if (body === undefined) return json(response, 404, {});
  if (path.endsWith('/asked')) return json(response, 200, asked.get(run) ?? []);
  if (request.headers.upgrade === 'websocket') return response.writeHead(426).end();
  if (request.method === 'HEAD') return response.writeHead(200).end();
  if (request.method !== 'POST') return json(response, 404, {});
  if (/count_?tokens$/i.test(path)) return json(response, 200, { input_tokens: 3, totalTokens: 3 });

  const prompted = content.includes('Hello.');
  const streams = directory === 'gemini-sse' ? path.includes('streamGenerate') : JSON.parse(content).stream === true;
  if (prompted) asked.set(run, [...(asked.get(run) ?? []), { at: Date.now(), streams }]);
  if (!streams) return json(response, whole[directory] ? 200 : 404, whole[directory] ?? {});
  const { type, bytes } = prompted ? body : bodies.get(`${directory}/plain`);
  const send = () => response.headersSent || response.writeHead(200, { 'content-type': type });
  if (hold === undefined || !prompted) {
    send();
    return response.end(bytes);
  }
  if (hold.startsWith('head+')) {
    send();
    response.flushHeaders();
  }
  setTimeout(() => {
    if (response.destroyed) return;
    send();
    response.end(bytes);
  }, Number(hold.replace('head+', '')) * 1000);
}

const server = createServer((request, response) => {
  const pieces = [];
  request.on('data', (piece) => pieces.push(piece));
  request.on('end', () => {
    try {
      answer(request, response, Buffer.concat(pieces).toString());
    } catch (error) {
      console.error(error);
      json(response, 400, {});
    }
  });
});
server.listen(0, '127.0.0.1', () => console.log(`http://127.0.0.1:${server.address().port}`));
process.stdin.resume().on('end', () => process.exit(0));

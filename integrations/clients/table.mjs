// What clients did, held against the answers of fixtures/clients/bodies.txt: table.mjs RESULTS... writes the
// table of the debugger, "protocol | kind | client | how" a line. A client that did what it should has no
// line. Ends with 1 if a client broke on a body that bodies.txt says nothing of.
import { readFileSync, writeFileSync } from 'node:fs';

const root = new URL('../../', import.meta.url);
const out = new URL('observe/src/main/resources/dev/holdfast/observe/debug/clients/clients.txt', root);
const bodies = new Map();
const lists = ['bodies', 'paces'].map((it) => readFileSync(new URL(`fixtures/clients/${it}.txt`, root), 'utf8'));
for (const line of lists.join('\n').split('\n')) {
  if (line === '' || line.startsWith('#')) continue;
  const [body, kinds, text, calls] = line.split(' | ');
  bodies.set(body, { kind: kinds.split(' ')[0], text: text === '-' ? '' : text, calls: calls === '-' ? '' : calls });
}

const compact = (text) => {
  try {
    return JSON.stringify(JSON.parse(text));
  } catch {
    return text;
  }
};
const shown = (calls) => calls.map((it) => `${it.name ?? ''} ${compact(it.arguments)}`).join(' ');
const short = (text, most) => (text.length > most ? `${text.slice(0, most - 3)}...` : text);
const quoted = (text) => (text === '' ? 'nothing' : JSON.stringify(short(text, 60)));

function thrown(error) {
  if (error === 'hangs') return 'hangs: neither an end nor an error';
  // An agent: its own words in quotes, or what it does in place of an end.
  if (/^(?:ends with|asks again)/.test(error)) return short(error.replaceAll('|', '/'), 170);
  const path = /"path": \[ ([^\]]+) \]/.exec(error);
  return `throws ${short(
    error
      .replace(/^java\.util\.concurrent\.ExecutionException: /, '')
      .replace(/^(?:[a-z0-9_]+\.)+(?=[A-Z])/, '')
      .replace(/ \((?:[a-z0-9_]+\.)+[A-Z][^ ]* ?.*$/, '')
      .replace(/ Raw response: .*/, '')
      .replace(/:? \[ \{.*/, path ? ` at ${path[1].replaceAll('"', '').replaceAll(', ', '.')}` : '')
      .replace(/[:\s]+$/, '')
      .replaceAll('|', '/'),
    150,
  )}`;
}

/** What a client did that it should not; empty if all was well. */
function how(run, body) {
  const calls = shown(run.calls);
  if (run.error) {
    const after = run.text === '' || run.text === body.text ? '' : `, after ${quoted(run.text)}`;
    const asked = run.requests > 1 && !run.error.startsWith('asks again') ? `, in ${run.requests} requests` : '';
    return thrown(run.error) + after + asked;
  }
  if (run.stray) return `rejects a promise that no one holds: ${short(run.stray, 120)}`;
  const words = [];
  if (run.requests > 1) words.push(`asks again${run.unstreamed ? ', without streaming' : ''}: ${run.requests} requests in all`);
  if (run.text !== body.text) words.push(`shows ${quoted(run.text)} in place of ${quoted(body.text)}`);
  if (run.final !== undefined && run.final !== body.text)
    words.push(`keeps ${quoted(run.final)} as the answer in place of ${quoted(body.text)}`);
  if (calls !== body.calls)
    words.push(calls === '' ? `loses the call ${body.calls}` : `calls ${short(calls, 80).trim()} in place of ${body.calls}`);
  return words.join('; ');
}

const rows = new Map();
const heads = [];
let strange = 0;
for (const file of process.argv.slice(2)) {
  const [head, ...runs] = readFileSync(file, 'utf8').split('\n').filter((line) => line !== '').map((line) => JSON.parse(line));
  heads.push(head);
  for (const run of runs) {
    const body = bodies.get(run.body);
    const what = how(run, body);
    if (what === '') continue;
    if (body.kind === '-') {
      console.error(`${run.body}: ${run.client} ${what}`);
      strange++;
      continue;
    }
    const key = [run.body.split('/')[0], body.kind, run.client].join(' | ');
    if (!rows.has(key)) rows.set(key, what);
  }
}
const head = heads.map((it) => `${it.program}, ${it.date}: ${it.runs} runs`).join('; ');
writeFileSync(
  out,
  `# Written by integrations/clients/run from what real clients did (${head}).\n# protocol | kind | client | how\n` +
    [...rows].map(([key, what]) => `${key} | ${what}\n`).sort().join(''),
);
console.error(`${rows.size} rows`);
process.exit(strange > 0 ? 1 : 0);

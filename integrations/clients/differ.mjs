// Reads what a program wrote about its clients on standard input and writes the runs in which one did not do
// what it should, after a line about all of them: differ.mjs PROGRAM. A run that went well is only counted.
import { readFileSync } from 'node:fs';

const root = new URL('../../', import.meta.url);
const answers = new Map();
const lists = ['bodies', 'paces'].map((it) => readFileSync(new URL(`fixtures/clients/${it}.txt`, root), 'utf8'));
for (const line of lists.join('\n').split('\n')) {
  if (line === '' || line.startsWith('#')) continue;
  const [body, , text, calls] = line.split(' | ');
  answers.set(body, { text: text === '-' ? '' : text, calls: calls === '-' ? '' : calls });
}
const runs = readFileSync(0, 'utf8').split('\n').filter((line) => line !== '').map((line) => JSON.parse(line));
const compact = (text) => {
  try {
    return JSON.stringify(JSON.parse(text));
  } catch {
    return text;
  }
};
const wrong = runs.filter((run) => {
  const { text, calls } = answers.get(run.body);
  const called = run.calls.map((it) => `${it.name ?? ''} ${compact(it.arguments)}`).join(' ');
  return run.error || run.stray || run.requests > 1 || run.text !== text || called !== calls || (run.final ?? text) !== text;
});
const clients = [...new Set(runs.map((run) => run.client))];
const date = new Date().toISOString().slice(0, 10);
console.log(JSON.stringify({ program: process.argv[2], date, runs: runs.length, clients }));
wrong.forEach((run) => console.log(JSON.stringify(run)));

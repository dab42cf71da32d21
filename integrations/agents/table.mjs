// Writes the table of docs/agents.md from results.jsonl, between its two marks.
import { readFileSync, writeFileSync } from 'node:fs';
import { cases } from './cases.mjs';

const page = new URL('../../docs/agents.md', import.meta.url);
const runs = readFileSync(new URL('results.jsonl', import.meta.url), 'utf8')
  .split('\n')
  .filter((it) => it !== '')
  .map((it) => JSON.parse(it));
const find = (id, agent, through) => runs.find((it) => it.case === id && it.agent === agent && it.through === through);

function ending(run) {
  if (run.ending === 'none') return '**no end**';
  if (run.ending !== 'answer') return '**error**';
  return run.right ? 'right' : '**wrong text**';
}

/** Tokens of prompts beyond those of a run without a fault; four bytes are counted as a token. */
function again(run) {
  const base = find(run.calls === undefined ? 'healthy' : 'tool', run.agent, run.through);
  const tokens = base ? Math.max(0, Math.round((run.sent - base.sent) / 400) * 100) : NaN;
  return Number.isNaN(tokens) ? '?' : tokens.toLocaleString('en');
}

const cell = (run) => (run ? `${ending(run)} | ${run.requests} | ${again(run)} | ${Math.round(run.seconds)}` : ' | | | ');
const did = (run) =>
  (run?.log ?? [])
    .filter((it) => it.outcome !== 'complete')
    .map((it) => (it.outcome === 'recovered' ? `recovered, ${it.attempts} attempts` : `${it.outcome}, ${it.attempts} attempts`))
    .join('; ');

const lines = [
  '| what happens | agent | ends | requests | prompt tokens again | s | through it: ends | requests | prompt tokens again | s | what the gateway did |',
  '|---|---|---|---|---|---|---|---|---|---|---|',
];
for (const one of cases) {
  for (const agent of [...new Set(runs.map((it) => it.agent))].sort()) {
    const direct = find(one.id, agent, 'nothing');
    const through = find(one.id, agent, 'gateway');
    if (!direct && !through) continue;
    const name = agent.replace(/ with .*/, '');
    lines.push(`| ${one.what} | ${name} | ${cell(direct)} | ${cell(through)} | ${did(through)} |`);
  }
}
const text = readFileSync(page, 'utf8');
const from = text.indexOf('<!-- table -->');
const to = text.indexOf('<!-- end of table -->');
writeFileSync(page, `${text.slice(0, from)}<!-- table -->\n\n${lines.join('\n')}\n\n${text.slice(to)}`);

// Reads bodies with coding agents: read.mjs BASE-URL < names of bodies, "protocol/name" a line. Writes a line of
// JSON for each agent and body: the text that the agent shows, the error that it ends with, and how often it
// asked. An agent runs as a user would run it, in a home of its own, for one prompt and one answer; it keeps its
// own defaults for retries and timeouts. AGENTS names the agents to run, with commas between; all without it. KEPT
// names what an interrupted run wrote: these runs count and are not repeated. HELD=1: all at once, each for as long as the longest silence lasts.
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { agentsIn } from './agents.mjs';

const base = process.argv[2];
const held = process.env.HELD === '1';
const patience = (held ? 420 : 75) * 1000;
const atOnce = held ? Infinity : 2;
const prompt = 'Hello.';

const agents = agentsIn(fileURLToPath(new URL('.', import.meta.url)));

const root = mkdtempSync(join(tmpdir(), 'odd-agents-'));
const running = new Set();
let runs = 0;

/** Runs an agent once; what it starts ends with it. */
async function once(agent, body, home) {
  const url = `${base}/${body}/run-${++runs}`;
  mkdirSync(join(home, 'work'), { recursive: true });
  const { command, env } = agent.start(url, home, prompt);
  const seen = { text: '', calls: [], error: '' };
  const child = spawn(command[0], command.slice(1), {
    cwd: join(home, 'work'),
    env: { PATH: process.env.PATH, HOME: home, TMPDIR: home, TERM: 'dumb', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  running.add(child.pid);
  let complaints = '';
  child.stderr.on('data', (piece) => (complaints = (complaints + piece).slice(-2000)));
  createInterface({ input: child.stdout }).on('line', (line) => {
    if (!line.startsWith('{')) return;
    try {
      agent.read(JSON.parse(line), seen);
    } catch (error) {
      console.error(`${body}: ${agent.name}: ${error.message}: ${line.slice(0, 500)}`);
    }
  });
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    process.kill(-child.pid, 'SIGKILL');
  }, patience);
  const code = await new Promise((done) => child.on('close', done));
  clearTimeout(timer);
  running.delete(child.pid);
  const asked = await (await fetch(`${url}/asked`)).json();
  const { ended, ...result } = { ...seen, calls: [] }; // Its own tools are not what is compared.
  result.requests = asked.length;
  if (asked.some((it) => !it.streams)) result.unstreamed = true;
  if (late && asked.length > 1) {
    const after = Math.round((asked[1].at - asked[0].at) / 1000);
    result.error = `asks again after ${after} s: ${asked.length} requests and no end in ${patience / 1000} s`;
  } else if (late) {
    result.error = 'hangs';
  } else if (result.error) {
    result.error = `ends with "${result.error.replace(/\s+/g, ' ').replaceAll(url, 'http://...')}"`;
  } else if (code !== 0) {
    result.error = `ends with status ${code}`;
  }
  if (result.error) console.error(`${body}: ${agent.name}: ${result.error}: ${complaints}`);
  return { body, client: agent.name, ...result };
}

const isWell = (run) => !run.error && run.requests === 1 && run.text === 'Good day, world.' && (run.final ?? run.text) === run.text;

async function read(agent, body, home) {
  let run = await once(agent, body, home);
  // A busy machine makes an agent slow, too: what went wrong is tried once more, and the better one counts.
  if (!held && !isWell(run)) {
    const again = await once(agent, body, home);
    if (isWell(again) || /^(?:hangs|asks again)/.test(run.error)) run = again;
  }
  writeSync(1, `${JSON.stringify(run)}\n`);
}

const chosen = process.env.AGENTS?.split(',');
const kept = process.env.KEPT ? readFileSync(process.env.KEPT, 'utf8').split('\n').filter((it) => it !== '') : [];
const done = new Map(kept.map((line) => [`${JSON.parse(line).body} ${JSON.parse(line).client}`, line]));
const tasks = [];
for await (const line of createInterface({ input: process.stdin })) {
  const body = line.split('\t')[0];
  const agent = agents[body.split('/')[0]];
  if (!agent || (chosen && !chosen.some((it) => agent.name.startsWith(it)))) continue;
  const known = done.get(`${body} ${agent.name}`);
  if (known) writeSync(1, `${known}\n`);
  else tasks.push({ agent, body });
}
let next = 0;
async function work(number) {
  while (next < tasks.length) {
    const { agent, body } = tasks[next++];
    await read(agent, body, join(root, `${number}-${agent.name.split(' ')[0]}`));
  }
}
const stop = () => {
  running.forEach((pid) => process.kill(-pid, 'SIGKILL'));
  rmSync(root, { recursive: true, force: true });
};
process.on('SIGINT', () => process.exit(130)).on('SIGTERM', () => process.exit(143)).on('exit', stop);
await Promise.all(Array.from({ length: Math.min(atOnce, tasks.length) }, (_, number) => work(number)));
process.exit(0);

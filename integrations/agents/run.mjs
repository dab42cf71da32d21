// Runs each agent through each case, directly and through the gateway: run.mjs [CASE]... Writes results.jsonl. A
// run has a fault server and a gateway of its own, so that no circuit or budget is left over from another one.
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { agentsIn } from '../clients/agents/agents.mjs';
import { cases, text } from './cases.mjs';

const { HOLDFAST, AGENTS_DIR } = process.env;
const prompt = 'Describe the tide in two sentences.';
const note = 'Low water is at noon.\n';
const agents = Object.entries(agentsIn(AGENTS_DIR)).filter(([protocol]) => protocol !== 'gemini-sse');
const root = mkdtempSync(join(tmpdir(), 'holdfast-agents-'));
const running = new Set();

/** A process in a group of its own, that gets nothing of this environment but the path. */
function start(command, options) {
  const child = spawn(command[0], command.slice(1), { detached: true, ...options });
  child.on('error', (error) => console.error(error.message));
  running.add(child.pid);
  child.on('close', () => running.delete(child.pid));
  return child;
}

function end(child) {
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
}

/** Starts the command and waits until it listens. */
async function serve(...options) {
  const child = start([...HOLDFAST.split(' '), ...options, '--json'], { stdio: ['ignore', 'pipe', 'inherit'] });
  const lines = [];
  const listening = await new Promise((done, failed) => {
    child.on('close', (code) => failed(new Error(`${options[0]}: must start, ended with status ${code}`)));
    createInterface({ input: child.stdout }).on('line', (line) => {
      const value = JSON.parse(line);
      if (value.event === 'listening') done(value);
      else lines.push(value);
    });
  });
  return { listening, lines, child };
}

/** The call that an agent is made to do: it reads a note in its own folder. */
const toolOf = (protocol, path) =>
  ({
    'anthropic-messages': { id: 'toolu_1', name: 'Read', arguments: JSON.stringify({ file_path: path }) },
    'openai-responses': { id: 'call_1', name: 'exec_command', arguments: JSON.stringify({ cmd: `cat ${path}` }) },
    'openai-chat': { id: 'call_1', name: 'read', arguments: JSON.stringify({ filePath: path }) },
  })[protocol];

async function once(one, protocol, agent, through, worker) {
  const home = join(root, `${worker}-${protocol}`); // Kept from run to run: the first start of an agent is slow.
  const path = join(home, 'work', 'note.txt');
  mkdirSync(join(home, 'work'), { recursive: true });
  writeFileSync(path, note);
  // The first answer, and its repetition if it was broken, is the call; the next one is the text.
  const calling = {
    when: { requests: `1-${1 + one.faults.length}` },
    answer: { text: '', tools: [toolOf(protocol, path)] },
    attempts: one.faults,
  };
  const scenario = one.tool
    ? { answer: { text }, rules: [calling], pace: '5ms' }
    : { answer: { text }, attempts: one.faults, pace: '5ms' };
  writeFileSync(join(home, 'scenario.json'), JSON.stringify(scenario));
  const upstream = await serve('faults', '--port', '0', '--scenario', join(home, 'scenario.json'));
  let gateway;
  let base = `http://127.0.0.1:${upstream.listening.port}`;
  if (through) {
    const config = {
      listen: { port: 0 },
      streams: { clocks: { idle: '20s', progress: '20s', firstContent: '60s' } },
      upstreams: [{ name: 'faults', protocol, url: `${base}/v1` }],
    };
    writeFileSync(join(home, 'gateway.yaml'), JSON.stringify(config));
    gateway = await serve('serve', '--config', join(home, 'gateway.yaml'));
    base = gateway.listening.url;
  }
  const { command, env } = agent.start(base, home, prompt);
  const seen = { text: '', calls: [], error: '' };
  const began = Date.now();
  const child = start(command, {
    cwd: join(home, 'work'),
    env: { PATH: process.env.PATH, HOME: home, TMPDIR: home, TERM: 'dumb', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let complaints = '';
  child.stderr.on('data', (piece) => (complaints = (complaints + piece).slice(-2000)));
  createInterface({ input: child.stdout }).on('line', (line) => line.startsWith('{') && agent.read(JSON.parse(line), seen));
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    end(child);
  }, (one.patience ?? 300) * 1000);
  const code = await new Promise((done) => child.on('close', done));
  clearTimeout(timer);
  const seconds = (Date.now() - began) / 1000;
  await new Promise((done) => setTimeout(done, 300)); // The last lines of the servers.
  if (gateway) end(gateway.child);
  end(upstream.child);
  const asked = upstream.lines.filter((it) => it.event === 'request' && it.received > 0);
  const shown = seen.final ?? seen.text;
  const calls = seen.calls.filter((it) => it?.includes('note.txt')).length;
  let ending = 'answer';
  if (late) ending = 'none';
  else if (seen.error) ending = 'error';
  else if (code !== 0) ending = `status ${code}`;
  const result = {
    case: one.id,
    agent: agent.name,
    through: through ? 'gateway' : 'nothing',
    ending,
    right: shown === text && (!one.tool || calls === 1),
    text: shown === text ? undefined : shown,
    error: seen.error?.replace(/\s+/g, ' ').replaceAll(base, 'http://...').replaceAll(root, '...').slice(0, 200) || undefined,
    calls: one.tool ? calls : undefined,
    seconds: Math.round(seconds * 10) / 10,
    requests: asked.length,
    sent: asked.filter((it) => it.status === 200).reduce((sum, it) => sum + it.received, 0),
    received: asked.filter((it) => it.status === 200).reduce((sum, it) => sum + it.bytes, 0),
  };
  if (gateway)
    result.log = gateway.lines
      .filter((it) => it.event === 'request' && it.outcome !== 'relayed')
      .map(({ outcome, status, cause, attempts, seams, wasted_tokens }) => ({ outcome, status, cause, attempts, seams, wasted_tokens }));
  if (!result.right) console.error(complaints.slice(-400));
  return result;
}

const chosen = process.argv.slice(2);
const tasks = [];
for (const one of cases) {
  if (chosen.length > 0 && !chosen.includes(one.id)) continue;
  for (const [protocol, agent] of agents)
    for (const through of [false, true]) tasks.push({ one, protocol, agent, through });
}
const file = new URL('results.jsonl', import.meta.url);
const known = existsSync(file) ? readFileSync(file, 'utf8').split('\n').filter((it) => it !== '').map((it) => JSON.parse(it)) : [];
const keyOf = (it) => `${it.case} ${it.agent} ${it.through}`;
const results = new Map(known.map((it) => [keyOf(it), it]));
const keep = () => {
  const order = cases.map((it) => it.id);
  const all = [...results.values()].filter((it) => order.includes(it.case));
  all.sort((a, b) => order.indexOf(a.case) - order.indexOf(b.case) || keyOf(a).localeCompare(keyOf(b)));
  writeFileSync(file, all.map((it) => `${JSON.stringify(it)}\n`).join(''));
};
const stop = () => {
  running.forEach((pid) => {
    try {
      process.kill(-pid, 'SIGKILL');
    } catch {
      // It has ended by itself.
    }
  });
  rmSync(root, { recursive: true, force: true, maxRetries: 5 });
};
process.on('SIGINT', () => process.exit(130)).on('SIGTERM', () => process.exit(143)).on('exit', stop);

async function work(list, worker) {
  for (let task = list.shift(); task; task = list.shift()) {
    const result = await once(task.one, task.protocol, task.agent, task.through, worker);
    console.error(JSON.stringify(result));
    results.set(keyOf(result), result);
    keep();
  }
}
const quick = tasks.filter((it) => !it.one.atOnce);
const long = tasks.filter((it) => it.one.atOnce);
await Promise.all([work(quick, 'a'), work(quick, 'b'), ...long.map((it, number) => work([it], `c${number}`))]);
process.exit(0);

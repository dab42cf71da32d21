// Reads bodies with coding agents: read.mjs BASE-URL < names of bodies, "protocol/name" a line. Writes a line of
// JSON for each agent and body: the text that the agent shows, the error that it ends with, and how often it
// asked. An agent runs as a user would run it, in a home of its own, for one prompt and one answer; it keeps its
// own defaults for retries and timeouts. AGENTS names the agents to run, with commas between; all without it. KEPT
// names what an interrupted run wrote: these runs count and are not repeated. HELD=1: all at once, each for as long as the longest silence lasts.
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const base = process.argv[2];
const held = process.env.HELD === '1';
const patience = (held ? 420 : 75) * 1000;
const atOnce = held ? Infinity : 2;
const prompt = 'Hello.';

const version = (name) =>
  JSON.parse(readFileSync(new URL(`node_modules/${name}/package.json`, import.meta.url))).version;
const program = (name) => new URL(`node_modules/.bin/${name}`, import.meta.url).pathname;

/** A file in the home of an agent. */
function file(home, path, content) {
  mkdirSync(join(home, path, '..'), { recursive: true });
  writeFileSync(join(home, path), content);
}

const claude = {
  name: `Claude Code ${version('@anthropic-ai/claude-code')}`,
  start: (url) => ({
    command: [program('claude'), '-p', prompt, '--output-format', 'stream-json', '--verbose'],
    env: { ANTHROPIC_BASE_URL: url, ANTHROPIC_API_KEY: 'none', CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1' },
  }),
  read(line, seen) {
    if (line.type === 'assistant' && line.message.model !== '<synthetic>')
      seen.text += line.message.content.map((it) => (it.type === 'text' ? it.text : '')).join('');
    if (line.type !== 'result') return;
    seen.ended = true;
    if (line.is_error) seen.error = line.result ?? line.errors?.join('; ') ?? line.subtype;
    else seen.final = line.result;
  },
};

const codex = {
  name: `Codex ${version('@openai/codex')}`,
  start(url, home) {
    file(
      home,
      '.codex/config.toml',
      `model = "odd"\nmodel_provider = "odd"\ncheck_for_update_on_startup = false\n[analytics]\nenabled = false\n` +
        `[model_providers.odd]\nname = "odd"\nbase_url = "${url}/v1"\nwire_api = "responses"\n`,
    );
    return { command: [program('codex'), 'exec', '--json', '--skip-git-repo-check', prompt], env: {} };
  },
  read(line, seen) {
    if (line.type === 'item.completed' && line.item.type === 'agent_message') seen.text += line.item.text;
    if (line.type === 'turn.failed') seen.error = line.error.message;
    if (line.type === 'turn.completed' || line.type === 'turn.failed') seen.ended = true;
  },
};

const opencode = {
  name: `opencode ${version('opencode-ai')} with @ai-sdk/openai-compatible`,
  start(url, home) {
    const models = { odd: { name: 'odd' }, small: { name: 'small' } };
    const options = { baseURL: `${url}/v1`, apiKey: 'none' };
    const provider = { odd: { npm: '@ai-sdk/openai-compatible', name: 'odd', options, models } };
    const chosen = { model: 'odd/odd', small_model: 'odd/small', enabled_providers: ['odd'] };
    const config = { autoupdate: false, share: 'disabled', ...chosen, provider };
    file(home, '.config/opencode/opencode.json', JSON.stringify(config));
    return {
      command: [program('opencode'), 'run', '--format', 'json', '--title', 'odd', prompt],
      env: { OPENCODE_DISABLE_MODELS_FETCH: '1', OPENCODE_DISABLE_AUTOUPDATE: '1', OPENCODE_DISABLE_DEFAULT_PLUGINS: '1' },
    };
  },
  read(line, seen) {
    if (line.type === 'text') seen.text += line.part.text;
    if (line.type === 'error') seen.error = line.error.data?.message ?? line.error.name;
  },
};

const gemini = {
  name: `Gemini CLI ${version('@google/gemini-cli')}`,
  start(url, home) {
    const settings = {
      security: { auth: { selectedType: 'gemini-api-key' } },
      general: { enableAutoUpdate: false },
      privacy: { usageStatisticsEnabled: false },
      telemetry: { enabled: false },
      model: { name: 'gemini-2.5-flash' },
    };
    file(home, '.gemini/settings.json', JSON.stringify(settings));
    return {
      command: [program('gemini'), '-p', prompt, '-o', 'stream-json', '--skip-trust'],
      env: { GOOGLE_GEMINI_BASE_URL: url, GEMINI_API_KEY: 'none' },
    };
  },
  read(line, seen) {
    if (line.type === 'message' && line.role === 'assistant') seen.text += line.content;
    if (line.type === 'error' && line.severity === 'error') seen.error = line.message;
    if (line.type !== 'result') return;
    seen.ended = true;
    if (line.status !== 'success') seen.error = line.error?.message ?? line.status;
  },
};

const agents = {
  'anthropic-messages': [claude],
  'openai-responses': [codex],
  'openai-chat': [opencode],
  'gemini-sse': [gemini],
};

const root = mkdtempSync(join(tmpdir(), 'odd-agents-'));
const running = new Set();
let runs = 0;

/** Runs an agent once; what it starts ends with it. */
async function once(agent, body, home) {
  const url = `${base}/${body}/run-${++runs}`;
  mkdirSync(join(home, 'work'), { recursive: true });
  const { command, env } = agent.start(url, home);
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
  const { ended, ...result } = seen;
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
  for (const agent of agents[body.split('/')[0]] ?? []) {
    const line = done.get(`${body} ${agent.name}`);
    if (chosen && !chosen.some((it) => agent.name.startsWith(it))) continue;
    if (line) writeSync(1, `${line}\n`);
    else tasks.push({ agent, body });
  }
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

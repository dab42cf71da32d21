// Coding agents as a user would run them, for one prompt: agentsIn(DIRECTORY) returns those that are installed in
// DIRECTORY/node_modules. start(url, home, prompt, model) writes the agent's settings into a home of its own and
// returns its command and environment; read(line, seen) reads a line of its output. seen.text is what it shows,
// seen.calls are the tools that it ran, seen.error is what it ends with.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** A file in the home of an agent. */
function file(home, path, content) {
  mkdirSync(join(home, path, '..'), { recursive: true });
  writeFileSync(join(home, path), content);
}

export function agentsIn(directory) {
  const modules = join(directory, 'node_modules');
  const version = (name) => JSON.parse(readFileSync(join(modules, name, 'package.json'))).version;
  const program = (name) => join(modules, '.bin', name);

  const claude = {
    name: `Claude Code ${version('@anthropic-ai/claude-code')}`,
    start: (url, home, prompt, model) => ({
      command: [program('claude'), '-p', prompt, '--output-format', 'stream-json', '--verbose', ...(model ? ['--model', model] : [])],
      env: { ANTHROPIC_BASE_URL: url, ANTHROPIC_API_KEY: 'none', CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1' },
    }),
    read(line, seen) {
      if (line.type === 'assistant' && line.message.model !== '<synthetic>') {
        seen.text += line.message.content.map((it) => (it.type === 'text' ? it.text : '')).join('');
        seen.calls.push(...line.message.content.filter((it) => it.type === 'tool_use').map((it) => JSON.stringify(it.input)));
      }
      if (line.type !== 'result') return;
      seen.ended = true;
      if (line.is_error) seen.error = line.result ?? line.errors?.join('; ') ?? line.subtype;
      else seen.final = line.result;
    },
  };

  const codex = {
    name: `Codex ${version('@openai/codex')}`,
    start(url, home, prompt, model = 'odd') {
      file(
        home,
        '.codex/config.toml',
        `model = "${model}"\nmodel_provider = "odd"\ncheck_for_update_on_startup = false\n[analytics]\nenabled = false\n` +
          `[model_providers.odd]\nname = "odd"\nbase_url = "${url}/v1"\nwire_api = "responses"\n`,
      );
      return { command: [program('codex'), 'exec', '--json', '--skip-git-repo-check', prompt], env: {} };
    },
    read(line, seen) {
      if (line.type === 'item.completed' && line.item.type === 'agent_message') seen.text += line.item.text;
      if (line.type === 'item.completed' && line.item.type === 'command_execution') seen.calls.push(line.item.command);
      if (line.type === 'turn.failed') seen.error = line.error.message;
      if (line.type === 'turn.completed' || line.type === 'turn.failed') seen.ended = true;
    },
  };

  const opencode = {
    name: `opencode ${version('opencode-ai')} with @ai-sdk/openai-compatible`,
    start(url, home, prompt, model = 'odd') {
      const models = { [model]: { name: model }, small: { name: 'small' } };
      const options = { baseURL: `${url}/v1`, apiKey: 'none' };
      const provider = { odd: { npm: '@ai-sdk/openai-compatible', name: 'odd', options, models } };
      const chosen = { model: `odd/${model}`, small_model: 'odd/small', enabled_providers: ['odd'] };
      const config = { autoupdate: false, share: 'disabled', ...chosen, provider };
      file(home, '.config/opencode/opencode.json', JSON.stringify(config));
      return {
        command: [program('opencode'), 'run', '--format', 'json', '--title', 'odd', prompt],
        env: { OPENCODE_DISABLE_MODELS_FETCH: '1', OPENCODE_DISABLE_AUTOUPDATE: '1', OPENCODE_DISABLE_DEFAULT_PLUGINS: '1' },
      };
    },
    read(line, seen) {
      if (line.type === 'text') seen.text += line.part.text;
      if (line.type === 'tool_use') seen.calls.push(JSON.stringify(line.part.state?.input));
      if (line.type === 'error') seen.error = line.error.data?.message ?? line.error.name;
    },
  };

  const gemini = {
    name: `Gemini CLI ${version('@google/gemini-cli')}`,
    start(url, home, prompt, model = 'gemini-2.5-flash') {
      const settings = {
        security: { auth: { selectedType: 'gemini-api-key' } },
        general: { enableAutoUpdate: false },
        privacy: { usageStatisticsEnabled: false },
        telemetry: { enabled: false },
        model: { name: model },
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

  return { 'anthropic-messages': claude, 'openai-responses': codex, 'openai-chat': opencode, 'gemini-sse': gemini };
}

// Lays out the pages of the site: docs/ as it is, and the pages beside it that docs/ links to. Links keep working: to another
// page inside the site, to anything else in the repository.
import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, normalize, posix, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const out = process.argv[2];
const repository = 'https://github.com/holdfast/holdfast';

const pages = new Map(); // path in the repository -> path in the site
const walk = (folder) => {
  for (const name of readdirSync(join(root, folder))) {
    const path = posix.join(folder, name);
    if (statSync(join(root, path)).isDirectory()) walk(path);
    else if (name.endsWith('.md')) pages.set(path, path.replace(/^docs\//, ''));
  }
};
walk('docs');
pages.set('README.md', 'readme.md');
pages.set('CHANGELOG.md', 'changelog.md');
pages.set('CONTRIBUTING.md', 'contributing.md');
pages.set('SECURITY.md', 'security-policy.md');
pages.set('benchmarks/README.md', 'benchmarks.md');
for (const name of readdirSync(join(root, 'examples'))) {
  if (existsSync(join(root, 'examples', name, 'README.md'))) {
    pages.set(`examples/${name}/README.md`, `examples/${name}.md`);
  }
}

/** The address that a link of one page has in the site. */
function moved(page, link) {
  if (/^[a-z]+:|^#|^\/\//i.test(link)) return link;
  const [path, anchor] = link.split('#');
  const target = posix.normalize(posix.join(posix.dirname(page), path)).replace(/\/$/, '');
  const hash = anchor ? `#${anchor}` : '';
  if (pages.has(target)) {
    let to = posix.relative(posix.dirname(pages.get(page)), pages.get(target));
    if (!to.startsWith('.')) to = `./${to}`;
    return to + hash;
  }
  if (!existsSync(join(root, target))) throw new Error(`${page}: ${link} leads nowhere`);
  if (/\.(png|svg)$/.test(target)) {
    const to = target.replace(/^docs\//, '');
    mkdirSync(dirname(join(out, to)), { recursive: true });
    cpSync(join(root, target), join(out, to));
    let there = posix.relative(posix.dirname(pages.get(page)), to);
    return there.startsWith('.') ? there : `./${there}`;
  }
  const kind = statSync(join(root, target)).isDirectory() ? 'tree' : 'blob';
  return `${repository}/${kind}/main/${target}${hash}`;
}

rmSync(out, { recursive: true, force: true });
for (const [from, to] of pages) {
  let fenced = false;
  const text = readFileSync(join(root, from), 'utf8')
    .split('\n')
    .map((line) => {
      if (/^\s*(```|~~~)/.test(line)) fenced = !fenced;
      if (fenced) return line;
      // Code in a line stays as it is; elsewhere links move, and angle brackets are no HTML.
      return line
        .split(/(`+[^`]*`+)/)
        .map((part, i) =>
          i % 2 ? part : part.replace(/(\]\()([^()\s]+)(\))/g, (all, a, link, b) => a + moved(from, link) + b),
        )
        .join('')
        .replace(/\[(`[^`]*`)\]\(([^()\s]+)\)/g, (all, label, link) =>
          link.startsWith('.') || /^[a-z]+:|^#/.test(link) ? all : `[${label}](${moved(from, link)})`,
        );
    })
    .join('\n');
  const file = join(out, to);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}
cpSync(join(root, 'site/index.md'), join(out, 'index.md'));
cpSync(join(root, 'site/config.mjs'), join(out, '.vitepress/config.mjs'));
// The reference that only files hold.
const schema = JSON.parse(
  readFileSync(join(root, 'gateway/src/main/resources/dev/holdfast/gateway/config/file/gateway.schema.json'), 'utf8'),
);
writeFileSync(join(out, 'configuration.md'), configuration(schema));
console.log(`site: ${pages.size + 2} pages`);

/** A table for each object of the schema, from the schema alone. */
function configuration(schema) {
  const lines = [
    '# Configuration of the gateway',
    '',
    'Generated from the schema that the gateway checks its file against (`holdfast serve --print-schema`).',
    'The [gateway](./gateway.md) page has the reasons, and an example.',
    '',
  ];
  const cell = (text) => String(text).replace(/\|/g, '\\|').replace(/\n/g, ' ').replace(/</g, '&lt;').replace(/\{\{/g, '{ {');
  const resolve = (node) =>
    node?.$ref ? { ...node.$ref.replace('#/', '').split('/').reduce((at, key) => at[key], schema), ...node, $ref: undefined } : node;
  const kind = (node) => {
    if (node.enum) return node.enum.map((value) => `\`${value}\``).join(', ');
    if (node.const !== undefined) return `\`${node.const}\``;
    const type = Array.isArray(node.type) ? node.type.join(' or ') : (node.type ?? (node.oneOf || node.anyOf ? 'one of several forms' : 'any'));
    const bounds = [];
    if (node.minimum !== undefined) bounds.push(`from ${node.minimum}`);
    if (node.maximum !== undefined) bounds.push(`to ${node.maximum}`);
    if (node.pattern) bounds.push('`' + node.pattern + '`');
    if (node.default !== undefined) bounds.push(`default \`${JSON.stringify(node.default)}\``);
    return [type, ...bounds].join(', ');
  };
  const section = (name, node, depth, seen) => {
    node = resolve(node);
    if (!node?.properties || seen.has(node.properties)) return;
    seen.add(node.properties);
    lines.push(`## ${name || 'The file'}`, '');
    if (node.description) lines.push(cell(node.description), '');
    lines.push('| key | value | meaning |', '|---|---|---|');
    const below = [];
    for (const [key, raw] of Object.entries(node.properties)) {
      const value = resolve(raw);
      const must = node.required?.includes(key) ? ' (required)' : '';
      lines.push(`| \`${key}\`${must} | ${cell(kind(value))} | ${cell(value.description ?? '')} |`);
      const path = name ? `${name}.${key}` : key;
      below.push([path, value]);
      if (value.items) below.push([`${path}[]`, value.items]);
      if (typeof value.additionalProperties === 'object') below.push([`${path}.NAME`, value.additionalProperties]);
      for (const form of value.oneOf ?? value.anyOf ?? []) {
        below.push([path, form]);
        if (form.items) below.push([`${path}[]`, form.items]);
      }
    }
    lines.push('');
    for (const [path, value] of below) section(path, value, depth + 1, seen);
  };
  section('', schema, 0, new Set());
  return lines.join('\n');
}

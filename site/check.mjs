// Checks a built site: every link leads to a page and an anchor that exist, and no page needs another host.
import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { join, posix } from 'node:path';

const out = process.argv[2];
const base = process.env.HOLDFAST_SITE_BASE || '/';
const files = [];
const walk = (folder) => {
  for (const name of readdirSync(join(out, folder))) {
    const path = posix.join(folder, name);
    if (statSync(join(out, path)).isDirectory()) walk(path);
    else files.push(path);
  }
};
walk('.');
const pages = new Map();
for (const file of files.filter((name) => name.endsWith('.html'))) {
  const html = readFileSync(join(out, file), 'utf8');
  pages.set(file, { html, ids: new Set([...html.matchAll(/\sid="([^"]*)"/g)].map((m) => decode(m[1]))) });
}
const faults = [];
let links = 0;
for (const [file, { html }] of pages) {
  for (const [, href] of html.matchAll(/<a\b[^>]*\shref="([^"]*)"/g)) {
    if (/^(https?:|mailto:|javascript:)/.test(href)) continue;
    links++;
    const [path, anchor] = decode(href).split('#');
    let target = file;
    if (path) {
      target = path.startsWith('/') ? posix.relative(base, path) : posix.join(posix.dirname(file), path);
      if (target === '' || target.endsWith('/')) target = posix.join(target, 'index.html');
      if (!existsSync(join(out, target)) && existsSync(join(out, `${target}.html`))) target += '.html';
      if (!existsSync(join(out, target))) {
        faults.push(`${file}: ${href} leads nowhere`);
        continue;
      }
    }
    if (anchor && pages.has(target) && !pages.get(target).ids.has(safely(anchor))) faults.push(`${file}: ${href} names no heading`);
  }
  for (const [all] of html.matchAll(/<(?:script|link|img|iframe)\b[^>]*\s(?:src|href)="(?:https?:)?\/\/[^"]*"[^>]*>/g)) {
    if (!/rel="canonical"/.test(all)) faults.push(`${file}: needs another host: ${all}`);
  }
}
for (const file of files.filter((name) => name.endsWith('.css'))) {
  if (/url\((?:["']?)(?:https?:)?\/\//.test(readFileSync(join(out, file), 'utf8'))) faults.push(`${file}: needs another host`);
}
if (!files.some((name) => /localSearchIndex/i.test(name))) faults.push('there is no search');
if (faults.length) {
  console.error(faults.slice(0, 50).join('\n'));
  process.exit(1);
}
console.log(`site: ${pages.size} pages, ${links} links, 0 broken, nothing from another host`);

function decode(text) {
  return text.replace(/&amp;/g, '&').replace(/&quot;/g, '"').replace(/&#39;/g, "'").replace(/&lt;/g, '<').replace(/&gt;/g, '>');
}
function safely(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

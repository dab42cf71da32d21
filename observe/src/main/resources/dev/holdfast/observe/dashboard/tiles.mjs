import { bytes, count, many, millis, percent, put, tokens } from './format.mjs';

const at = (id) => document.getElementById(id);

/** Shows the figures of one window. */
export function showTiles(report, minutes) {
  const window = report.windows.find((one) => one.minutes === minutes);
  put(at('active'), count(report.active));
  put(at('active-note'), `${count(report.total)} since the start`);
  put(at('success'), percent(window.success_rate));
  const failed = window.failed === 1 ? '1 failed' : `${count(window.failed)} failed`;
  const cancelled = window.cancelled > 0 ? `, ${count(window.cancelled)} cancelled` : '';
  put(at('success-note'), `${count(window.successful)} complete, ${failed}${cancelled}`);
  put(at('duration'), millis(window.duration.mean_ms));
  put(at('duration-note'), `p50 ${millis(window.duration.p50_ms)}, p99 ${millis(window.duration.p99_ms)}`);
  put(at('size'), bytes(window.average_bytes));
  put(at('size-note'), `${tokens(window.output_tokens, window.tokens_estimated)} tokens out`);
  put(at('first'), millis(window.first_token.p50_ms));
  put(at('first-note'), `p95 ${millis(window.first_token.p95_ms)}, gaps p99 ${millis(window.gaps.p99_ms)}`);
  put(at('recoveries'), count(window.recoveries));
  put(at('recoveries-note'), many(window.retries, 'retry', 'retries'));
  tallies(at('causes'), window.errors_by_cause, 'no errors');
  tallies(at('upstreams'), window.errors_by_upstream, 'none');
}

function tallies(list, all, none) {
  const most = Math.max(1, ...all.map((tally) => tally.count));
  while (list.children.length > Math.max(1, all.length)) list.lastChild.remove();
  if (all.length === 0) {
    const item = list.firstElementChild ?? list.appendChild(document.createElement('li'));
    item.className = 'none';
    put(item, none);
    return;
  }
  all.forEach((tally, i) => {
    let item = list.children[i];
    if (!item || item.className === 'none') {
      item?.remove();
      item = document.createElement('li');
      item.append(document.createElement('span'), document.createElement('b'), document.createElement('progress'));
      list.insertBefore(item, list.children[i] ?? null);
    }
    put(item.children[0], tally.name);
    put(item.children[1], count(tally.count));
    item.children[2].max = most;
    item.children[2].value = tally.count;
    item.children[2].setAttribute('aria-hidden', 'true');
  });
}

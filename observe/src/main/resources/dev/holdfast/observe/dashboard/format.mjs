// Facts as people read them. Null is what is not known.
const NONE = '–';
const WHOLE = new Intl.NumberFormat('en');
const BRIEF = new Intl.NumberFormat('en', { notation: 'compact' });
const ROUGH = new Intl.DateTimeFormat('en', { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
const EXACT = new Intl.DateTimeFormat('en', { hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' });

export function count(number) {
  return number == null ? NONE : WHOLE.format(number);
}

export function millis(ms) {
  if (ms == null) return NONE;
  if (ms > 0 && ms < 0.1) return '< 0.1 ms';
  if (ms < 1000) return `${ms >= 10 ? Math.round(ms) : ms.toFixed(1).replace('.0', '')} ms`;
  if (ms < 59_950) return `${(ms / 1000).toFixed(1).replace('.0', '')} s`;
  const seconds = Math.round(ms / 1000);
  return `${Math.floor(seconds / 60)} min${seconds % 60 > 0 ? ` ${seconds % 60} s` : ''}`;
}

/** A number for an axis: "1.2k". */
export function brief(number) {
  return BRIEF.format(number);
}

/** A moment of a day in seconds since 1970: "13:41", or "13:41:07". */
export function day(seconds, exact) {
  return (exact ? EXACT : ROUGH).format(seconds * 1000);
}

/** A moment as the monitor writes it: "13:41:07". */
export function clock(moment) {
  const time = Date.parse(moment);
  return Number.isNaN(time) ? NONE : EXACT.format(time);
}

/** A number of things: "1 retry", "2 retries". */
export function many(number, one, more) {
  return `${count(number)} ${number === 1 ? one : more}`;
}

export function bytes(size) {
  if (size == null) return NONE;
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let unit = 0;
  let left = size;
  while (left >= 1000 && unit < units.length - 1) {
    left /= 1000;
    unit++;
  }
  return `${unit === 0 || left >= 100 ? Math.round(left) : left.toFixed(1).replace('.0', '')} ${units[unit]}`;
}

export function percent(share) {
  if (share == null) return 'n/a';
  // Only what is whole is shown as whole.
  const shown = (100 * share).toFixed(1);
  return share < 1 && shown === '100.0' ? '> 99.9 %' : `${shown.replace('.0', '')} %`;
}

export function tokens(number, estimated) {
  return number == null ? NONE : (estimated ? '≈ ' : '') + count(number);
}

/** Sets an element's text where it changed; nothing on this page is ever parsed as HTML. */
export function put(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

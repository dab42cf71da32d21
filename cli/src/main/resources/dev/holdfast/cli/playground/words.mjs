// What happened, in words: one place for all texts of the timeline and the marks.

const RUNGS = {
  cursor: 'from the provider’s own copy',
  'token-ids': 'from the tokens so far',
  continue: 'as the same message',
  prefill: 'from the answer so far',
  anchor: 'after repeating its last words',
  replay: 'by writing it again, the same so far',
};

export function count(number, word) {
  return `${number.toLocaleString('en')} ${word}${number === 1 ? '' : 's'}`;
}

export function seconds(millis) {
  return `${(millis / 1000).toFixed(1)}\u00a0s`;
}

/** A seam of the text, for a reader that cannot see its mark. */
export function seam(number, { kind, rung }) {
  const why = {
    provider: 'the provider was cut',
    gateway: 'the gateway was killed',
    browser: 'the browser was cut',
    reload: 'the page was reloaded',
  }[kind];
  const how = rung ? `continued by ${rung}` : 'read on from the journal';
  return `Seam ${number}: ${why}, ${how}`;
}

/** A line of the timeline for an event of the server: null for none. */
export function line(event) {
  switch (event.event) {
    case 'cut-provider':
      return { kind: 'provider', icon: 'cut', title: 'Provider cut',
        detail: event.streams > 0 ? 'Its connection to the gateway is closed.' : 'No answer was on its way just then.' };
    case 'cut-browser':
      return { kind: 'browser', icon: 'cut', title: 'Browser cut',
        detail: `Its connections are reset, and no new one gets through for ${seconds(event.away_ms)}.` };
    case 'killed':
      return { kind: 'gateway', icon: 'kill', title: 'Gateway killed', detail: `Process ${event.pid} is gone, without a chance to tidy up.` };
    case 'up':
      return event.after_ms > 0
        ? { kind: 'gateway', icon: 'gateway', title: 'Gateway back', detail: `Process ${event.pid} reads the journal, ${seconds(event.after_ms)} later.` }
        : null;
    case 'gateway-ended':
      return { kind: 'gateway', icon: 'kill', title: 'Gateway ended', detail: `Process ${event.pid} ended by itself.` };
    case 'attempt-failed':
      return { kind: 'bad', icon: 'cross', title: 'Answer broken', detail: `${event.cause}: ${sentence(event.detail)}` };
    case 'retrying':
      return { kind: 'plain', icon: 'reload', title: event.retry > 1 ? `Asked again, retry ${event.retry}` : 'Asked again',
        detail: event.rung === 'refuse' ? 'The provider is asked again.' : `The model is asked to continue, by ${event.rung}.` };
    case 'seam':
      return { icon: 'check', title: `Continued by ${event.rung}`,
        detail: `At character ${event.offset.toLocaleString('en')}, ${RUNGS[event.rung] ?? ''}${
          event.overlap > 0 ? `; ${count(event.overlap, 'repeated character')} checked and dropped` : ''}.` };
    default:
      return null;
  }
}

function sentence(text) {
  const trimmed = (text ?? '').trim();
  return trimmed === '' || /[.!?]$/.test(trimmed) ? trimmed : `${trimmed}.`;
}

/** Why an answer is not complete. */
export function refusal({ stopped_by: stoppedBy, cause, detail }) {
  const why = {
    'seam-refused': 'What the model wrote next does not fit to what is here, so the two were not joined.',
    'no-rung': 'The provider would not continue its own text, and to guess the rest would not be honest.',
    'retries-exhausted': 'Every permitted attempt to continue has failed.',
    'budget-exhausted': 'The budget for further attempts is spent.',
    'deadline-exceeded': 'The time for this answer is over.',
  }[stoppedBy];
  return { title: stoppedBy ?? cause ?? 'not complete', why: why ?? sentence(detail), cause: stoppedBy ? cause : null };
}

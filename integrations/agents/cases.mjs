// What happens to the upstream's answers: the faults of an agent's first request, its second, and so on.
export const text =
  'The tide turns twice a day. The harbour wall has kept its marks since 1843, and the pilots still read them at dawn ' +
  'before the first boat leaves for the outer bank, where the seals lie on the sand until noon.';

export const cases = [
  { id: 'healthy', what: 'nothing', faults: [] },
  { id: 'cut', what: 'the connection is cut once', faults: ['cut-fin@token=12'] },
  { id: 'cut-5', what: 'cut five times, later each time', faults: [5, 10, 15, 20, 25].map((it) => `cut-fin@token=${it}`) },
  { id: 'cut-9', what: 'cut at the same token nine times', faults: Array(9).fill('cut-rst@token=12') },
  { id: 'early-end', what: 'a proper end of the body in mid-answer, twice', faults: Array(2).fill('end-early@token=12') },
  { id: 'error-event', what: 'an error event in mid-answer, twice', faults: Array(2).fill('error-event@token=12') },
  { id: 'damaged', what: "one event's JSON is cut in half", faults: ['malformed-json@token=12'] },
  { id: 'refused', what: '429 with retry-after of 2 s, once', faults: ['status@code=429,retry-after=2s'] },
  { id: 'overloaded', what: '529 three times', faults: Array(3).fill('status@code=529') },
  { id: 'tool', what: 'nothing; the answer is a tool call', faults: [], tool: true },
  { id: 'cut-tool', what: 'cut inside the arguments of a tool call', faults: ['cut-tool@pieces=1'], tool: true },
  // One after the other would take an hour.
  { id: 'silence', what: 'silence in mid-answer, for 10 minutes', faults: ['stall@token=12,for=10m'], patience: 330, atOnce: 8 },
];

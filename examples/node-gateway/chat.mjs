// A chat client with Node's own fetch; the gateway makes its stream whole. It knows nothing of Holdfast but the base URL.
const baseUrl = process.env.OPENAI_BASE_URL ?? 'http://127.0.0.1:4180/v1';
const prompt = process.argv.slice(2).join(' ') || 'Write about lighthouses.';
const response = await fetch(`${baseUrl}/chat/completions`, {
  method: 'POST',
  headers: { 'content-type': 'application/json', authorization: `Bearer ${process.env.OPENAI_API_KEY ?? 'none'}` },
  body: JSON.stringify({ model: 'gpt-4.1-mini', stream: true, messages: [{ role: 'user', content: prompt }] }),
});
if (!response.ok) throw new Error(`${response.status} ${await response.text()}`);

let finished;
let rest = '';
for await (const text of response.body.pipeThrough(new TextDecoderStream())) {
  const lines = (rest + text).split('\n');
  rest = lines.pop();
  for (const line of lines) {
    if (!line.startsWith('data:') || line.includes('[DONE]')) continue;
    const event = JSON.parse(line.slice(5));
    if (event.error) throw new Error(event.error.message);
    for (const choice of event.choices ?? []) {
      process.stdout.write(choice.delta?.content ?? '');
      finished = choice.finish_reason ?? finished;
    }
  }
}
console.log();
// A stream that just ends is not an answer.
if (!finished) throw new Error('the answer is not complete');

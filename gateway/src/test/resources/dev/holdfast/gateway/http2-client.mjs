// Node's own HTTP/2 client: asks for several streams on one connection, and prints what came.
import { readFileSync } from 'node:fs';
import { connect } from 'node:http2';

const [address, root, body, count] = process.argv.slice(2);
const session = connect(address, { ca: readFileSync(root) });

function ask() {
  return new Promise((resolve, reject) => {
    const stream = session.request({
      ':method': 'POST',
      ':path': '/v1/chat/completions',
      'content-type': 'application/json',
    });
    let status = 0;
    let text = '';
    stream.setEncoding('utf8');
    stream.on('response', (headers) => (status = headers[':status']));
    stream.on('data', (part) => (text += part));
    stream.on('error', reject);
    stream.on('close', () => resolve({ status, text, reset: stream.rstCode }));
    stream.end(body);
  });
}

// One that is cancelled disturbs no other.
const cancelled = session.request({ ':method': 'POST', ':path': '/v1/chat/completions' });
cancelled.on('error', () => {});
cancelled.end(body.replace('What', 'And what'));
cancelled.on('data', () => cancelled.close(8));

const all = await Promise.all(Array.from({ length: Number(count) }, ask));
session.close();
process.stdout.write(JSON.stringify(all));

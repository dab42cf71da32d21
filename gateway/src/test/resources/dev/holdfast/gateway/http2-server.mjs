// Node's own HTTP/2 server, for what the other servers of the tests do not send.
import { readFileSync } from 'node:fs';
import { createSecureServer } from 'node:http2';

const [folder, port] = process.argv.slice(2);
const server = createSecureServer({
  cert: readFileSync(`${folder}/server.crt`),
  key: readFileSync(`${folder}/server.key`),
  allowHTTP1: true,
});

server.on('stream', (stream, headers) => {
  stream.on('error', () => {});
  const path = headers[':path'];
  if (path.endsWith('/trailers')) {
    stream.respond({ ':status': 201, 'x-new': ['1', '2'] }, { waitForTrailers: true });
    stream.on('wantTrailers', () => stream.sendTrailers({ 'x-sum': '7' }));
    stream.end('body');
  } else if (path.endsWith('/sized')) {
    stream.respond({ ':status': 200, 'content-length': '77' }, { endStream: headers[':method'] === 'HEAD' });
    if (headers[':method'] !== 'HEAD') stream.end('x'.repeat(77));
  } else if (path.endsWith('/304') || path.endsWith('/204')) {
    stream.respond({ ':status': Number(path.slice(-3)) }, { endStream: true });
  } else if (path.endsWith('/short')) {
    stream.respond({ ':status': 200, 'content-length': '100' }, { endStream: true });
  } else if (path.endsWith('/shorter')) {
    stream.respond({ ':status': 200, 'content-length': '100' });
    stream.end('half');
  } else if (path.endsWith('/early')) {
    stream.respond({ ':status': 413 });
    stream.end('too long');
  } else if (path.endsWith('/interim')) {
    stream.additionalHeaders({ ':status': 103, link: '</a>' });
    stream.respond({ ':status': 200 });
    stream.end('after');
  } else {
    const parts = [];
    stream.on('data', (part) => parts.push(part));
    stream.on('end', () => {
      stream.respond({ ':status': 200, 'content-type': 'application/json' });
      stream.end(JSON.stringify({ headers, bytes: Buffer.concat(parts).length }));
    });
  }
});
server.listen(Number(port), '127.0.0.1');

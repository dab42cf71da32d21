// Serves bodies to clients on loopback: serve.mjs DIRECTORY... prints its base URL. A request whose path
// begins with /DIRECTORY'S NAME/BODY'S NAME is answered by that file.
// line ".." MILLISECONDS stands in a file NAME.pause beside it. Ends when its standard input ends.
import { createServer } from 'node:http';
import { readFileSync, readdirSync } from 'node:fs';
import { basename, extname, join } from 'node:path';

const types = {
  '.sse': 'text/event-stream',
  '.ndjson': 'application/x-ndjson',
  '.jsonarray': 'application/json',
};
const bodies = new Map();
for (const directory of process.argv.slice(2)) {
  for (const file of readdirSync(directory)) {
    const type = types[extname(file)];
    if (type) {
      const name = `${basename(directory)}/${basename(file, extname(file))}`;
      bodies.set(name, { type, bytes: readFileSync(join(directory, file)) });
    }
  }
}

const server = createServer((request, response) => {
  request.resume();
  request.on('end', () => {
    const [, directory, name] = new URL(request.url, 'http://x').pathname.split('/');
    const body = bodies.get(`${directory}/${name}`);
    if (body === undefined) {
      response.writeHead(404).end();
      return;
    }
    response.writeHead(200, { 'content-type': body.type });
    response.end(body.bytes);
  });
});
server.listen(0, '127.0.0.1', () => console.log(`http://127.0.0.1:${server.address().port}`));
process.stdin.resume().on('end', () => process.exit(0));

// An edge in Node that offers HTTP/2 and WebSocket over it (RFC 8441), and does with it what it is told to:
//   accept   a WebSocket that answers pings
//   refuse   404, as a route that knows nothing of it
//   reset    the stream is reset
//   plain    the stream is answered as a GET is
// Over HTTP/1.1 upgrades are accepted by ws, unless HTTP_1 is `off`: then they get 403.
// Started as `http2_edge.js WAY HOST PORT CHAIN KEY`; LAB_RECORD is written as behaviour.py describes.
'use strict';

const fs = require('fs');
const http2 = require('http2');
const { WebSocketServer } = require('/usr/share/nodejs/ws');

const [way, host, port, chain, key] = process.argv.slice(2);
const token = JSON.parse(process.env.LAB_BEHAVIOUR).token;

function record(method, target, upgrade, authority) {
  const entry = { method, target, upgrade, host: authority || '' };
  fs.appendFileSync(process.env.LAB_RECORD, JSON.stringify(entry) + '\n');
}

const knows = (target) => new URL(target, 'http://lab').searchParams.get('token') === token;
const pathOf = (target) => target.split('?')[0];

function answer(target) {
  if (pathOf(target) === '/api/system/health') {
    return [200, JSON.stringify({ status: 'ok', ws: { available: true, active_connections: 0, topics: 3 } })];
  }
  return [404, '{"error":"not found"}'];
}

// One frame of the client at a time; pings and the close are answered.
function converse(stream) {
  let bytes = Buffer.alloc(0);
  stream.on('data', (piece) => {
    bytes = Buffer.concat([bytes, piece]);
    while (bytes.length >= 6 && bytes.length >= 6 + (bytes[1] & 0x7f)) {
      const length = bytes[1] & 0x7f;
      const payload = Buffer.from(bytes.subarray(6, 6 + length)).map((byte, at) => byte ^ bytes[2 + (at % 4)]);
      const opcode = bytes[0] & 0x0f;
      bytes = bytes.subarray(6 + length);
      if (opcode === 9) stream.write(Buffer.concat([Buffer.from([0x8a, length]), payload]));
      if (opcode === 8) stream.end(Buffer.concat([Buffer.from([0x88, length]), payload]));
    }
  });
}

function connect(stream, target) {
  if (way === 'reset') return stream.close(http2.constants.NGHTTP2_PROTOCOL_ERROR);
  if (way === 'plain' || way === 'refuse') {
    const [status, body] = way === 'plain' ? answer(target) : [404, 'no route'];
    stream.respond({ ':status': status, 'content-type': 'application/json' });
    return stream.end(body);
  }
  if (!knows(target)) {
    stream.respond({ ':status': 401 });
    return stream.end();
  }
  stream.respond({ ':status': 200 });
  return converse(stream);
}

const server = http2.createSecureServer({
  cert: fs.readFileSync(chain), key: fs.readFileSync(key), allowHTTP1: true, settings: { enableConnectProtocol: true },
});
server.on('connect', () => {});  // without it Node answers extended CONNECT with 405 itself; 'stream' answers here
server.on('request', (request, response) => {
  record(request.method, request.url, false, request.headers[':authority'] || request.headers.host);
  const [status, body] = answer(request.url);
  response.writeHead(status, { 'Content-Type': 'application/json' });
  response.end(body);
});
server.on('stream', (stream, headers) => {
  if (headers[':method'] !== 'CONNECT') return;
  stream.on('error', () => {});  // whoever asked has gone
  record('CONNECT', headers[':path'], headers[':protocol'] === 'websocket', headers[':authority']);
  connect(stream, headers[':path']);
});

const sockets = new WebSocketServer({ noServer: true });
server.on('upgrade', (request, socket, head) => {
  record(request.method, request.url, true, request.headers.host);
  socket.on('error', () => socket.destroy());
  if (process.env.HTTP_1 === 'off') return socket.end('HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n');
  if (!knows(request.url)) return socket.end('HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n');
  return sockets.handleUpgrade(request, socket, head, () => {});
});

server.listen(Number(port), host);

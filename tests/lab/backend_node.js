// The application of backend_fastapi.py as people write it with Node and ws, in the two ways that are usual:
//   by-hand   an 'upgrade' listener that writes its refusals to the socket itself
//   verify    ws decides by verifyClient and writes the refusals
// Started as `backend_node.js WAY DESCRIPTOR`; see behaviour.py for its switches.
'use strict';

const fs = require('fs');
const http = require('http');
const { WebSocketServer } = require('/usr/share/nodejs/ws');

const HEALTH_PATH = '/api/system/health';
const SOCKET_PATH = '/api/ws';
const [way, descriptor] = process.argv.slice(2);
const behaviour = JSON.parse(process.env.LAB_BEHAVIOUR);

function record(request) {
  const upgrade = (request.headers.upgrade || '').toLowerCase() === 'websocket';
  const entry = { method: request.method, target: request.url, upgrade, host: request.headers.host || '' };
  fs.appendFileSync(process.env.LAB_RECORD, JSON.stringify(entry) + '\n');
}

const pathOf = (request) => request.url.split('?')[0];

function tokenOfHandshake(request) {
  switch (behaviour.token_in) {
    case 'header': return (request.headers.authorization || '').replace(/^Bearer /, '');
    case 'cookie': return ((request.headers.cookie || '').match(/(?:^|; )session=([^;]*)/) || ['', ''])[1];
    case 'subprotocol': return (request.headers['sec-websocket-protocol'] || '').split(',').pop().trim();
    default: return new URL(request.url, 'http://lab').searchParams.get('token') || '';
  }
}

function permits(token) {
  if (behaviour.crashes) throw new Error('the token store is not there');
  return !behaviour.checks_token || token === behaviour.token;
}

const isLate = behaviour.token_in === 'first_message' || behaviour.close_code_after_accept !== 0;

// The status of a refusal before the accept, or 0.
function refusalOf(request) {
  try {
    if (behaviour.only_origin && request.headers.origin !== behaviour.only_origin) return 403;
    if (!isLate && !permits(tokenOfHandshake(request))) return 401;
    return 0;
  } catch (error) {
    console.error(error.message);
    return 500;
  }
}

function json(response, status, document) {
  response.writeHead(status, { 'Content-Type': 'application/json' });
  response.end(JSON.stringify(document));
}

const open = new Set();

const server = http.createServer((request, response) => {
  record(request);
  if (pathOf(request) === HEALTH_PATH && behaviour.has_health) {
    const ws = { available: behaviour.health_says_available, active_connections: open.size, topics: 3 };
    return json(response, 200, { status: 'ok', ws });
  }
  if (pathOf(request) === SOCKET_PATH && behaviour.has_route) return json(response, 426, { error: 'upgrade required' });
  return json(response, 404, { error: 'not found' });
});

function converse(socket) {
  open.add(socket);
  socket.on('close', () => open.delete(socket));
  socket.on('message', (data) => {
    if (JSON.parse(data).type === 'ping') socket.send('{"type":"pong"}');
  });
}

function refuseLate(socket) {
  socket.close(behaviour.close_code_after_accept || 4401, 'invalid token');
}

function serveSocket(socket, request) {
  if (behaviour.token_in !== 'first_message') {
    return permits(tokenOfHandshake(request)) ? converse(socket) : refuseLate(socket);
  }
  return socket.once('message', (data) => {
    if (!permits(JSON.parse(data).token)) return refuseLate(socket);
    socket.send('{"type":"welcome"}');
    return converse(socket);
  });
}

const reasons = { 401: 'Unauthorized', 403: 'Forbidden', 404: 'Not Found', 500: 'Internal Server Error' };

function refuseByHand(socket, status) {
  socket.end(`HTTP/1.1 ${status} ${reasons[status]}\r\n\r\n`);
}

if (behaviour.has_route && way === 'by-hand') {
  const sockets = new WebSocketServer({ noServer: true });
  server.on('upgrade', (request, socket, head) => {
    record(request);
    socket.on('error', () => socket.destroy());  // whoever waited has gone
    if (behaviour.hangs) return undefined;
    if (pathOf(request) !== SOCKET_PATH) return refuseByHand(socket, 404);
    const refusal = refusalOf(request);
    if (refusal !== 0) return refuseByHand(socket, refusal);
    return sockets.handleUpgrade(request, socket, head, (accepted) => serveSocket(accepted, request));
  });
} else if (behaviour.has_route) {
  const verifyClient = ({ req }, done) => {
    if (behaviour.hangs) return;
    const refusal = refusalOf(req);
    done(refusal === 0, refusal || undefined, refusal ? reasons[refusal] : undefined);
  };
  server.on('upgrade', record);
  new WebSocketServer({ server, path: SOCKET_PATH, verifyClient }).on('connection', serveSocket);
}

server.listen({ fd: Number(descriptor) });

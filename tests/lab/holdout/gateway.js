// A gateway as companies write their own with Node's http-proxy, with the faults of the lab as modes.
//   gateway.js HOST PORT UPSTREAM MODE
'use strict';

const http = require('http');
const httpProxy = require('http-proxy');

const SOCKET_PATH = '/api/ws';
const [host, port, upstream, mode] = process.argv.slice(2);
const proxy = httpProxy.createProxyServer({ target: `http://${upstream}` });
proxy.on('error', (error, request, response) => {
  if (response.writeHead) {
    response.writeHead(502, { 'Content-Type': 'text/plain' });
    response.end('Bad gateway');
  } else {
    response.end('HTTP/1.1 502 Bad Gateway\r\n\r\n');
  }
});

const onSocket = (request) => request.url.split('?')[0] === SOCKET_PATH;

function change(request) {
  if (mode === 'rewrite' && onSocket(request)) request.url = '/index.html';
  if (mode === 'strip-prefix') request.url = request.url.replace(/^\/api/, '');
}

const server = http.createServer((request, response) => {
  change(request);
  if (mode === 'deny' && onSocket(request)) {
    response.writeHead(403, { 'Content-Type': 'application/json' });
    return response.end('{"message":"Forbidden"}');
  }
  return proxy.web(request, response);
});

server.on('upgrade', (request, socket, head) => {
  const refuse = (status) => socket.end(`HTTP/1.1 ${status}\r\n\r\n`);
  change(request);
  if (mode === 'deny' && onSocket(request)) return refuse('403 Forbidden');
  if (mode === 'deny-upgrades') return refuse('403 Forbidden');
  if (mode === 'auth') return refuse('401 Unauthorized');
  if (mode === 'abort') return socket.destroy();
  return proxy.ws(request, socket, head);
});
server.listen(Number(port), host);

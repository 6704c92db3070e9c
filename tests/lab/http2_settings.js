// What a server says of itself over HTTP/2, by another client than wsprobe: `http2_settings.js HOST PORT CA` prints
// {"alpn": ..., "enableConnectProtocol": ...}.
'use strict';

const fs = require('fs');
const http2 = require('http2');
const tls = require('tls');

const [host, port, ca] = process.argv.slice(2);
const socket = tls.connect({ host, port: Number(port), servername: 'edge.lab.test', ca: fs.readFileSync(ca),
                             ALPNProtocols: ['h2', 'http/1.1'] }, () => {
  if (socket.alpnProtocol !== 'h2') {
    console.log(JSON.stringify({ alpn: socket.alpnProtocol || '', enableConnectProtocol: false }));
    return socket.destroy();
  }
  const session = http2.connect('https://edge.lab.test', { createConnection: () => socket });
  session.on('remoteSettings', (settings) => {
    console.log(JSON.stringify({ alpn: 'h2', enableConnectProtocol: Boolean(settings.enableConnectProtocol) }));
    session.destroy();
  });
  return session;
});

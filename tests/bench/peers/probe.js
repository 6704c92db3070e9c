// The same work by Node's ws: see ../bench.py.
//
//   node probe.js probe PORT COUNT [CA_FILE]    CPU seconds (user and system), then the seconds it took, for COUNT upgrades and
//                                               closes
//   node probe.js hold PORT COUNT [CA_FILE]     resident bytes a connection, COUNT of them held open, after a garbage collection
//   node probe.js once PORT 1                   one upgrade and close, nothing before it
//
// With a CA file over TLS.
'use strict';

const WebSocket = require('ws');

const [mode, port, count, trusted] = [process.argv[2], process.argv[3], Number(process.argv[4]), process.argv[5]];
const options = {perMessageDeflate: false};
if (trusted) options.secureContext = require('tls').createSecureContext({ca: require('fs').readFileSync(trusted)});
const url = `${trusted ? 'wss' : 'ws'}://127.0.0.1:${port}/api/ws?token=bench`;

function opened() {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(url, options);
    socket.on('open', () => resolve(socket));
    socket.on('error', reject);
  });
}

async function openAndClose() {
  const socket = await opened();
  await new Promise((resolve) => {
    socket.on('close', resolve);
    socket.close(1000);
  });
}

async function main() {
  if (mode === 'once') return openAndClose();
  await openAndClose(); // what is made once is not counted
  if (mode === 'hold') {
    global.gc?.();
    const before = process.memoryUsage.rss();
    const held = [];
    while (held.length < count) held.push(await opened());
    global.gc?.();
    console.log(Math.round((process.memoryUsage.rss() - before) / count));
    process.exit(0);
  }
  const cpu = process.cpuUsage();
  const begin = process.hrtime.bigint();
  for (let at = 0; at < count; ++at) await openAndClose();
  const used = process.cpuUsage(cpu);
  console.log((used.user + used.system) / 1e6, Number(process.hrtime.bigint() - begin) / 1e9);
}

main();

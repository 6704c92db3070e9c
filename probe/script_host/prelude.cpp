#include "script_host/prelude.hpp"

namespace wsprobe::script_host {

// What a configuration script uses is there: location, URL, timers, events, base64. Everything else that a browser has
// is there in name only: its use ends the script (host.need does not return), so that nobody takes for an answer what a
// made-up document would have led to. Where a name is only tested for, the test finds what it would in a browser.
const std::string_view prelude = R"js((function (host) {
'use strict';
const window = globalThis;
const words = (text) => text.split(/\s+/).filter((word) => word !== '');
const define = (name, value) =>
  Object.defineProperty(window, name, {value, writable: true, configurable: true, enumerable: false});
const fixed = (name, get, set) =>
  Object.defineProperty(window, name, {get, set, configurable: false, enumerable: false});

// A stand-in that has the right type and nothing else.
const missing = (label, target) => {
  const use = (what) => () => host.need(label + what);
  return new Proxy(target, {
    get: (_, key) => host.need(typeof key === 'symbol' ? label : label + '.' + key),
    set: (_, key) => host.need(label + '.' + String(key)),
    has: use(''), apply: use('()'), construct: (_, args) => host.need('new ' + label), deleteProperty: use(''),
    defineProperty: use(''), ownKeys: use(''), getOwnPropertyDescriptor: use(''), getPrototypeOf: use(''),
    setPrototypeOf: use(''), isExtensible: use(''), preventExtensions: use(''),
  });
};

// Scripts may give names of the browser a value of their own.
const replaceable = (name, get) =>
  Object.defineProperty(window, name, {
    get, configurable: true, enumerable: false,
    set: (value) => Object.defineProperty(window, name, {value, writable: true, configurable: true, enumerable: true}),
  });

const names = (list) => words(list).filter((name) => !(name in window));
for (const name of names(host.windowFunctions)) {
  let made;
  replaceable(name, () => made ??= missing(name, function () {}));
}
for (const name of names(host.windowObjects)) {
  let made;
  replaceable(name, () => made ??= missing(name, {}));
}
for (const name of names(host.windowValues)) replaceable(name, () => host.need(name));

// Addresses.
const parts = ['href', 'protocol', 'host', 'hostname', 'port', 'pathname', 'search', 'hash', 'origin'];
const read = (text, base) => {
  const values = host.parseUrl(String(text), base === undefined ? undefined : String(base));
  return values && Object.fromEntries(parts.map((name, at) => [name, values[at]]));
};

class URLSearchParams {
  #pairs = [];
  #changed;
  constructor(init = '', changed = () => {}) {
    const decode = (text) => {
      try { return decodeURIComponent(text.replace(/\+/g, ' ')); } catch { return text; }
    };
    if (typeof init === 'string') {
      for (const pair of init.replace(/^\?/, '').split('&')) {
        if (pair === '') continue;
        const at = pair.indexOf('=');
        this.#pairs.push([decode(at < 0 ? pair : pair.slice(0, at)), at < 0 ? '' : decode(pair.slice(at + 1))]);
      }
    } else {
      const entries = typeof init[Symbol.iterator] === 'function' ? [...init] : Object.entries(init);
      for (const [name, value] of entries) this.#pairs.push([String(name), String(value)]);
    }
    this.#changed = changed;
  }
  get(name) { return (this.#pairs.find((pair) => pair[0] === String(name)) ?? [null, null])[1]; }
  getAll(name) { return this.#pairs.filter((pair) => pair[0] === String(name)).map((pair) => pair[1]); }
  has(name) { return this.#pairs.some((pair) => pair[0] === String(name)); }
  append(name, value) { this.#pairs.push([String(name), String(value)]); this.#changed(this); }
  delete(name) { this.#pairs = this.#pairs.filter((pair) => pair[0] !== String(name)); this.#changed(this); }
  set(name, value) {
    const at = this.#pairs.findIndex((pair) => pair[0] === String(name));
    if (at < 0) return this.append(name, value);
    this.#pairs[at][1] = String(value);
    this.#pairs = this.#pairs.filter((pair, index) => index <= at || pair[0] !== String(name));
    this.#changed(this);
  }
  forEach(each, self) { for (const [name, value] of this.#pairs) each.call(self, value, name, this); }
  entries() { return this.#pairs.map((pair) => [...pair])[Symbol.iterator](); }
  keys() { return this.#pairs.map((pair) => pair[0])[Symbol.iterator](); }
  values() { return this.#pairs.map((pair) => pair[1])[Symbol.iterator](); }
  [Symbol.iterator]() { return this.entries(); }
  get size() { return this.#pairs.length; }
  toString() {
    const encode = (text) => encodeURIComponent(text).replace(/%20/g, '+').replace(/[!'()~]/g,
      (c) => '%' + c.charCodeAt(0).toString(16).toUpperCase());
    return this.#pairs.map((pair) => pair.map(encode).join('=')).join('&');
  }
}

class URL {
  #at;
  #parameters;
  constructor(text, base) {
    this.#at = read(text, base);
    if (!this.#at) throw new TypeError("Failed to construct 'URL': Invalid URL");
  }
  // What cannot be read is left as it was.
  #change(text) { this.#at = read(text) ?? this.#at; }
  #with(changes) {
    const {protocol, host, pathname, search, hash} = {...this.#at, ...changes};
    this.#change(protocol + '//' + host + pathname + search + hash);
  }
  get href() { return this.#at.href; }
  set href(value) {
    const at = read(value);
    if (!at) throw new TypeError('Invalid URL');
    this.#at = at;
  }
  get origin() { return this.#at.origin; }
  get protocol() { return this.#at.protocol; }
  set protocol(value) {
    const name = String(value).split(':')[0].toLowerCase();
    if (['http', 'https', 'ws', 'wss'].includes(name)) this.#with({protocol: name + ':'});
  }
  get host() { return this.#at.host; }
  set host(value) {
    const text = String(value).split(/[/?#\\]/)[0];
    this.#with({host: /:\d+$/.test(text) || this.#at.port === '' ? text : text + ':' + this.#at.port});
  }
  get hostname() { return this.#at.hostname; }
  set hostname(value) {
    const text = String(value).split(/[/?#\\]/)[0];
    if (!/^[^\[]*:/.test(text)) this.#with({host: text + (this.#at.port === '' ? '' : ':' + this.#at.port)});
  }
  get port() { return this.#at.port; }
  set port(value) {
    const digits = /^\d*/.exec(String(value))[0];
    if (digits !== '' || String(value) === '') this.#with({host: this.#at.hostname + (digits && ':' + digits)});
  }
  get pathname() { return this.#at.pathname; }
  set pathname(value) {
    const text = String(value).replace(/\?/g, '%3F').replace(/#/g, '%23');
    this.#with({pathname: /^[/\\]/.test(text) ? text : '/' + text});
  }
  get search() { return this.#at.search; }
  set search(value) {
    const text = String(value).replace(/^\?/, '').replace(/#/g, '%23');
    this.#with({search: text && '?' + text});
    this.#parameters = undefined;
  }
  get hash() { return this.#at.hash; }
  set hash(value) {
    const text = String(value).replace(/^#/, '');
    this.#with({hash: text && '#' + text});
  }
  get searchParams() {
    return this.#parameters ??= new URLSearchParams(this.search, (changed) => {
      const text = changed.toString();
      this.#with({search: text && '?' + text});
    });
  }
  get username() { return host.need('URL.username'); }
  get password() { return host.need('URL.password'); }
  toString() { return this.href; }
  toJSON() { return this.href; }
  static canParse(text, base) { return read(text, base) !== null; }
  static parse(text, base) { return URL.canParse(text, base) ? new URL(text, base) : null; }
}
define('URL', URL);
define('URLSearchParams', URLSearchParams);

const here = read(host.page);
const go = (text) => host.leave((read(text, host.base) ?? {href: String(text)}).href);
const location = {};
for (const name of parts) {
  Object.defineProperty(location, name, {
    get: () => here[name], enumerable: true,
    set: name === 'origin' ? undefined
      : (value) => (name === 'href' ? go(value) : name === 'hash' ? undefined : host.leave('location.' + name)),
  });
}
Object.defineProperties(location, {
  toString: {value: () => here.href}, assign: {value: go}, replace: {value: go},
  reload: {value: () => host.leave(here.href)}, ancestorOrigins: {get: () => host.need('location.ancestorOrigins')},
});
fixed('location', () => location, go);

// Time and events. What is left for later is run when the scripts have ended.
const listeners = {DOMContentLoaded: [], load: []};
const timers = [];
let count = 0;
const callable = (callback) => typeof callback === 'function' ? callback
  : callback && typeof callback === 'object' ? (...args) => callback.handleEvent(...args) : () => {};
const listen = (target) => (type, callback) => {
  if (listeners[type]) listeners[type].push([target, callable(callback)]);
};
const later = (callback, delay, args) => {
  const run = typeof callback === 'function' ? () => callback(...args) : () => host.evaluate(String(callback));
  timers.push({id: ++count, run, due: Math.max(0, Number(delay) || 0)});
  return count;
};
const forget = (id) => {
  const at = timers.findIndex((timer) => timer.id === id);
  if (at >= 0) timers.splice(at, 1);
};
define('setTimeout', (callback, delay, ...args) => later(callback, delay, args));
define('setInterval', (callback, delay, ...args) => later(callback, delay, args));
define('requestAnimationFrame', (callback) => later(callback, 16, [16]));
define('requestIdleCallback', (callback) => later(callback, 50, [{didTimeout: true, timeRemaining: () => 0}]));
for (const name of ['clearTimeout', 'clearInterval', 'cancelAnimationFrame', 'cancelIdleCallback']) define(name, forget);
define('queueMicrotask', (callback) => { Promise.resolve().then(() => callback()); });
define('addEventListener', listen(window));
define('removeEventListener', () => {});
const began = Date.now();
const performance = missing('performance', {});
replaceable('performance', () => new Proxy({}, {
  get: (_, key) => key === 'now' ? () => Date.now() - began : key === 'timeOrigin' ? began : performance[key],
}));

for (const name of words(host.windowHandlers)) {
  let handler = null;
  Object.defineProperty(window, name, {
    get: () => handler, configurable: true, enumerable: false,
    set: (value) => {
      handler = typeof value === 'function' ? value : null;
      if (name === 'onload' && handler) listeners.load.push([window, handler]);
    },
  });
}

define('console', new Proxy({}, {get: () => () => {}}));
for (const name of ['alert', 'print', 'focus', 'blur']) replaceable(name, () => () => {});

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
define('btoa', (value) => {
  let out = '', bits = 0, held = 0;
  for (const c of String(value)) {
    if (c.charCodeAt(0) > 255) throw new Error('InvalidCharacterError');
    held = (held << 8) | c.charCodeAt(0);
    for (bits += 8; bits >= 6; bits -= 6) out += alphabet[(held >> (bits - 6)) & 63];
  }
  if (bits > 0) out += alphabet[(held << (6 - bits)) & 63];
  return out + '='.repeat((4 - out.length % 4) % 4);
});
define('atob', (value) => {
  let out = '', bits = 0, held = 0;
  const text = String(value).replace(/[\t\n\f\r ]/g, '').replace(/={1,2}$/, '');
  if (text.length % 4 === 1) throw new Error('InvalidCharacterError');
  for (const c of text) {
    const at = alphabet.indexOf(c);
    if (at < 0) throw new Error('InvalidCharacterError');
    held = (held << 6) | at;
    for (bits += 6; bits >= 8; bits -= 8) out += String.fromCharCode((held >> (bits - 8)) & 255);
  }
  return out;
});

// The WebSocket itself: noted, and never opened.
class WebSocket {
  #url;
  constructor(url) {
    const text = String(url);
    const at = read(text, host.base);
    host.socket(text);
    const known = at && ['ws:', 'wss:', 'http:', 'https:'].includes(at.protocol) && at.hash === '';
    if (!known) throw new SyntaxError("Failed to construct 'WebSocket': The URL '" + text + "' is invalid.");
    this.#url = at.href.replace(/^http/, 'ws');
    this.binaryType = 'blob';
    this.onopen = this.onmessage = this.onerror = this.onclose = null;
  }
  get url() { return this.#url; }
  get readyState() { return 0; }
  get bufferedAmount() { return 0; }
  get protocol() { return ''; }
  get extensions() { return ''; }
  addEventListener() {}
  removeEventListener() {}
  close() {}
  send() { throw new Error("Failed to execute 'send' on 'WebSocket': Still in CONNECTING state."); }
}
for (const [at, name] of ['CONNECTING', 'OPEN', 'CLOSING', 'CLOSED'].entries()) {
  for (const owner of [WebSocket, WebSocket.prototype]) Object.defineProperty(owner, name, {value: at, enumerable: true});
}
define('WebSocket', WebSocket);

// The document: where it is and how far it has come.
let readyState = 'loading';
let script = null;
const members = new Set(words(host.documentMembers));
const own = {
  location: () => location, URL: () => here.href, documentURI: () => here.href, baseURI: () => host.base,
  readyState: () => readyState, referrer: () => '', title: () => '', hidden: () => false,
  visibilityState: () => 'visible', characterSet: () => 'UTF-8', charset: () => 'UTF-8', contentType: () => 'text/html',
  defaultView: () => window, nodeType: () => 9, currentScript: () => script,
};
const target = {};
const document = new Proxy(target, {
  get: (_, key) => {
    if (typeof key === 'symbol') return target[key];
    if (Object.hasOwn(own, key)) return own[key]();
    if (key === 'addEventListener') return listen(document);
    if (key === 'removeEventListener') return () => {};
    return members.has(key) ? host.need('document.' + key) : target[key];
  },
  set: (_, key, value) => {
    if (key === 'location') return go(value);
    if (key === 'title') return true;
    if (members.has(key)) return host.need('document.' + key);
    target[key] = value;
    return true;
  },
  has: (_, key) => members.has(key) || key in target,
});
fixed('document', () => document);

for (const name of ['self', 'frames', 'parent']) replaceable(name, () => window);
for (const name of ['window', 'top']) fixed(name, () => window);
const values = {
  name: '', status: '', closed: false, opener: null, length: 0, frameElement: null, origin: here.origin, event: undefined,
  isSecureContext: here.protocol === 'https:' || /^(localhost|.*\.localhost|127\..*|\[::1\])$/.test(here.hostname),
};
for (const [name, value] of Object.entries(values)) replaceable(name, () => value);

const fire = (type) => listeners[type].splice(0).map(([self, callback]) =>
  () => callback.call(self, {type, target: self, currentTarget: self, preventDefault() {}, stopPropagation() {}}));
let queue = [];
return {
  // Before each script: what document.currentScript says.
  enter(address, module) {
    const attributes = {src: address, type: '', async: false, defer: false, nodeName: 'SCRIPT', tagName: 'SCRIPT'};
    script = module ? null : new Proxy(attributes, {
      get: (it, key) => Object.hasOwn(it, key) || typeof key === 'symbol' ? it[key]
        : key === 'getAttribute' ? (name) => name === 'src' ? address || null : host.need('document.currentScript.getAttribute')
        : host.need('document.currentScript.' + key),
    });
  },
  leaveScripts() { script = null; },
  parsed() { readyState = 'interactive'; },
  loaded() {
    queue.push(...fire('DOMContentLoaded'), () => { readyState = 'complete'; queue.unshift(...fire('load')); });
  },
  // What is to be done next, or undefined: events, then timers in the order in which they are due.
  next() {
    if (queue.length > 0) return queue.shift();
    if (timers.length === 0) return undefined;
    timers.sort((left, right) => left.due - right.due || left.id - right.id);
    return timers.shift().run;
  },
};
}))js";

}  // namespace wsprobe::script_host

// The globals that a browser or Node.js has and the language itself has not. They rest on three
// functions of the worker: write(level, text), random(bytes), monotonic() in milliseconds.
import { finishLoading } from './loading.mjs';
import './console.mjs';
import './json.mjs';
import { timers } from './timers.mjs';
import './encoding.mjs';
import { getRandomValues, randomUUID } from './random.mjs';
import { URL, URLSearchParams } from 'whatwg-url-without-unicode';
import 'core-js/actual/structured-clone.js';

const global = globalThis;
global.global = global;
global.self = global;
global.URL = URL;
global.URLSearchParams = URLSearchParams;
global.crypto = { getRandomValues, randomUUID };

// Its callbacks run when the collector likes, outside of any call and its limits.
delete global.FinalizationRegistry;
delete global.__host;

export const hooks = { ...timers, finishLoading };

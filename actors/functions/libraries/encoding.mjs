// Buffer, TextEncoder, TextDecoder, atob and btoa as globals.
import { Buffer } from 'buffer';
import 'fast-text-encoding';
import 'core-js/actual/atob.js';
import 'core-js/actual/btoa.js';

globalThis.Buffer = Buffer;

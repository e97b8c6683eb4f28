// What runs once in every context, while the snapshot is made: the platform's globals first, then
// the libraries, then the lock. The snapshot program supplies `__host` and takes `__hooks`.
import { hooks } from './platform.mjs';
import { libraries } from './list.mjs';
import { lock } from './lock.mjs';

globalThis.__hooks = { ...hooks, libraries, lock };

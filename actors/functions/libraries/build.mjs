// Bundles main.mjs and everything it imports into one script for a bare V8 context.
// Usage: node build.mjs <folder that holds node_modules; libraries.js is written there>
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const target = process.argv[2];
const { build } = createRequire(join(target, 'package.json'))('esbuild');

const result = await build({
  entryPoints: [join(dirname(fileURLToPath(import.meta.url)), 'main.mjs')],
  outfile: join(target, 'libraries.js'),
  nodePaths: [join(target, 'node_modules')],
  bundle: true,
  format: 'iife',
  platform: 'browser',
  target: 'es2022',
  minify: true,
  keepNames: true, // users see these names in stacks
  define: { global: 'globalThis' },
  metafile: true,
  logLevel: 'warning',
});
const [output] = Object.values(result.metafile.outputs);
console.log(`libraries: ${output.bytes} bytes`);

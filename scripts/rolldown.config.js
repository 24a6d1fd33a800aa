import { defineConfig } from 'rolldown';

/**
 * The command line as a few files next to one another instead of some hundreds: to find and read so many modules takes
 * Node longer than to run a short command. A piece is loaded with the command that needs it; packages stay outside.
 */
export default defineConfig({
  input: { tidegate: 'cli/main.ts', 'front-worker': 'cli/replay/front/front-worker.ts' },
  platform: 'node',
  external: (id) => !id.startsWith('.') && !id.startsWith('/'),
  output: {
    dir: 'dist/bin',
    format: 'esm',
    sourcemap: true,
    entryFileNames: '[name].js',
    chunkFileNames: '[name]-[hash].js',
  },
});

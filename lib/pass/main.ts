/** `import { fastifyPass } from 'tidegate/pass'`: signed passes for the site's own clients (docs/howto/passes.md). */
export { connectPass } from './connect-pass.ts';
export { fastifyPass } from './fastify-pass.ts';
export type { PassKey } from './key-ring.ts';
export type { PassOptions, PassRequest } from './options.ts';
export { createPassOffice, type PassHeader, type PassOffice } from './pass-office.ts';
export type { Pass, Refusal, Verified } from './token.ts';

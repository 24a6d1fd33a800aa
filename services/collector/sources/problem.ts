import type { FastifyReply } from 'fastify';

/** One entry of a batch that was not accepted. */
export interface EntryProblem {
  /** Line of the NDJSON body or index in the array, from 1. */
  readonly line: number;
  readonly reason: string;
  readonly detail: string;
}

/** RFC 9457. `about:blank`: the status says it all. */
export interface Problem {
  readonly status: number;
  readonly title: string;
  readonly detail: string;
  readonly [extension: string]: unknown;
}

export function sendProblem(reply: FastifyReply, problem: Problem): FastifyReply {
  return reply
    .code(problem.status)
    .type('application/problem+json')
    .send(JSON.stringify({ type: 'about:blank', ...problem }));
}

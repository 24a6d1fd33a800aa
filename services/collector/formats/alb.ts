import { compileLayout, parseLine } from './access-log.ts';
import type { FormatDefinition } from './format.ts';
import { createVariableTakers, custom, peer, type Take } from './variables.ts';

const text =
  '$type $time_iso8601 $balancer $remote_addr $target $seconds_in $seconds $seconds_out $status $target_status $request_length $bytes_sent "$request" "$http_user_agent" $ssl_cipher $ssl_protocol $target_group "$request_id" "$host" "$certificate" $priority $created_at "$actions"';

/** Three parts of the time a request took; -1: there was no such part. */
const seconds = custom((request, value) => {
  const part = Number(value);
  if (Number.isNaN(part)) return 'not a duration in seconds';
  if (part >= 0) request.duration_ms = (request.duration_ms ?? 0) + Math.round(part * 1000);
  return null;
});

/** When the last action is `waf`, AWS WAF answered: it refused, or asked for a challenge (202) or a CAPTCHA (405). */
const actions = custom((request, value) => {
  if (value.split(',').at(-1) !== 'waf') return;
  request.edge_action = request.status === 202 || request.status === 405 ? 'challenge' : 'block';
});

const own: { readonly [variable: string]: Take } = {
  remote_addr: peer,
  seconds_in: seconds,
  seconds,
  seconds_out: seconds,
  actions,
};

/** Access log of an AWS Application Load Balancer: written every five minutes by each of its nodes, in files of their own. */
export const alb: FormatDefinition = {
  name: 'alb',
  create({ fields }) {
    const takers = createVariableTakers(fields);
    const layout = compileLayout(text, (name) => own[name] ?? takers(name));
    return {
      name: 'alb',
      title: 'AWS Application Load Balancer',
      latenessMs: 60_000,
      parse: (line) => parseLine(layout, line),
    };
  },
};

import { attributeNames } from '../../../lib/signature/attributes.ts';
import { frontendGeneration, haproxyAttributes } from './haproxy-attributes.ts';
import { addressMaps, type MapName } from './haproxy-maps.ts';
import { liveKey, standingKey } from './haproxy-rules.ts';
import { valueKinds } from './proxy-edge.ts';

/**
 * The lines for the owner's frontends. They ask the maps which decision a request falls under, and leave the answer in
 * `txn.tidegate_action` and `txn.tidegate_decision`; what is done about it is the owner's to change.
 */
export function haproxyFrontend(directory: string): string {
  const file = (name: MapName): string => `${directory}/${name}.map`;
  const set = (variable: string, expression: string, condition = ''): string =>
    `    http-request set-var(txn.${variable}) ${expression}${condition === '' ? '' : ` if ${condition}`}`;
  const isAsked = (...names: string[]): string =>
    names.map((name) => `{ str(${name}=*),map_str_int(${file('rules')}) -m found }`).join(' or ');

  const lines: string[] = [
    '    # Tidegate: which decision does the request fall under? HAProxy 2.6 or newer, with PCRE2.',
    '    # Before these lines, name what else is known of a request, where you have it, and list it in `attributes`:',
    '    #   http-request set-var(txn.tidegate_country) src,map_ip(/etc/haproxy/countries.map)',
    '    #   http-request set-var(txn.tidegate_ja4) req.fhdr(x-ja4)',
    '    http-request del-header X-Tidegate-Action',
    '    http-request del-header X-Tidegate-Decision',
    '',
    '    # Rules: a bit each; what is left after every attribute holds entirely.',
    set(
      'tg_browser',
      `req.fhdr(user-agent),map_regm(${file('browsers')})`,
      isAsked('browser', 'browser_version'),
    ),
    set('tg_platform', `req.fhdr(user-agent),map_reg(${file('platforms')})`, isAsked('platform')),
    '    http-request set-var-fmt(txn.tg_line) "%[method] %[path,url_dec]"',
    set('tg_endpoint', `var(txn.tg_line),map_reg(${file('endpoints')})`, isAsked('endpoint')),
    set('tg_rules', `str(${liveKey(1)}),map_str_int(${file('rules')},0)`),
  ];
  // Only lines that narrow by all attributes of a generation may ask for its rules.
  for (let generation = 2; generation <= frontendGeneration; generation++)
    lines.push(
      set('tg_mask', `str(${liveKey(generation)}),map_str_int(${file('rules')},0)`),
      set('tg_rules', 'var(txn.tg_rules),or(txn.tg_mask)'),
    );
  const narrow = (name: string, fetch: string): void => {
    lines.push(
      `    http-request set-var-fmt(txn.tg_key) "${name}=%[${fetch}]"`,
      set('tg_mask', `str(${name}=*),map_str_int(${file('rules')},-1)`),
      set('tg_mask', `var(txn.tg_key),map_str_int(${file('rules')})`),
      set('tg_rules', 'var(txn.tg_rules),and(txn.tg_mask)'),
    );
  };
  for (const name of attributeNames) {
    const attribute = haproxyAttributes[name];
    if (attribute !== undefined) narrow(name, attribute.fetch);
  }
  lines.push(
    '    # Whom a checked pass speaks for (tidegate-pass.cfg, before these lines) is spared by rules that say so.',
  );
  narrow(standingKey, 'var(txn.tidegate_standing)');
  lines.push('', '    # Of those the strongest, unless the address is exempt.');
  lines.push(set('tg_rules', 'int(0)', `{ src,map_ip(${file('exempt')}) -m found }`));
  lines.push(set('tg_mask', 'int(0)'));
  for (const strength of [4, 3, 2, 1])
    lines.push(
      set(
        'tg_mask',
        `str(live=${strength}),map_str_int(${file('rules')},0),and(txn.tg_rules)`,
        '{ var(txn.tg_mask) -m int 0 }',
      ),
    );
  lines.push(
    set('tg_mask', 'var(txn.tg_mask),neg,and(txn.tg_mask)'),
    '    http-request set-var-fmt(txn.tg_key) "bit=%[var(txn.tg_mask)]"',
    set('tidegate', `var(txn.tg_key),map_str(${file('decisions')})`),
    '',
    '    # Single values, then addresses: the strongest of all counts.',
  );
  for (const kind of valueKinds)
    lines.push(
      `    http-request set-var-fmt(txn.tg_key) "${kind}=%[var(txn.tidegate_${kind})]"`,
      set('tg_strength', 'int(0)'),
      set('tg_strength', 'var(txn.tidegate),field(1,.),add(0)'),
      set(
        'tidegate',
        `var(txn.tg_key),map_str(${file('decisions')})`,
        `!{ src,map_ip(${file('exempt')}) -m found } { var(txn.tg_key),map_str(${file('decisions')}),field(1,.),sub(txn.tg_strength) gt 0 }`,
      ),
    );
  for (const [strength, name] of Object.entries(addressMaps)) {
    const stronger = [1, 2, 3, 4].filter((each) => each > Number(strength));
    lines.push(
      set(
        'tidegate',
        `src,map_ip(${file(name)})`,
        stronger.length === 0
          ? ''
          : `!{ var(txn.tidegate) -m beg ${stronger.map((each) => `${each}.`).join(' ')} }`,
      ),
    );
  }
  lines.push(set('tidegate_decision', 'var(txn.tidegate),field(2,.)'));
  for (const [strength, name] of Object.entries(addressMaps))
    lines.push(set('tidegate_action', `str(${name})`, `{ var(txn.tidegate) -m beg ${strength}. }`));
  return `${lines.join('\n')}\n`;
}

/** What to do about it: an example to change. */
export const haproxyReactions = `    # What is done about it is yours to change; list the actions that are left in \`actions\`.
    http-request return status 403 content-type text/plain lf-string "Refused. Reference: %[var(txn.tidegate_decision)]\\n" hdr X-Reference-Id "%[var(txn.tidegate_decision)]" if { var(txn.tidegate_action) -m str block }
    # Each client at most 10 requests in 10 s under a decision.
    http-request set-var-fmt(txn.tg_key) "%[var(txn.tidegate_decision)] %[src]" if { var(txn.tidegate_action) -m str rate_limit }
    http-request track-sc2 var(txn.tg_key) table tidegate_rate if { var(txn.tidegate_action) -m str rate_limit }
    http-request return status 429 hdr X-Reference-Id "%[var(txn.tidegate_decision)]" hdr Retry-After 10 if { var(txn.tidegate_action) -m str rate_limit } { sc_http_req_rate(2,tidegate_rate) gt 10 }
    http-request set-header X-Tidegate-Action %[var(txn.tidegate_action)] if { var(txn.tidegate_action) -m found }
    http-request set-header X-Tidegate-Decision %[var(txn.tidegate_decision)] if { var(txn.tidegate_action) -m found }
    # The backend shows the challenge and lets those pass who solved it.
    use_backend tidegate_challenge if { var(txn.tidegate_action) -m str challenge }
`;
export const haproxyRateTable = `backend tidegate_rate
    stick-table type string len 96 size 100k expire 60s store http_req_rate(10s)
`;

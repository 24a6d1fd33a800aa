import { reject } from '../../../lib/outcome.ts';
import type { FieldMap } from '../config.ts';
import { compileFieldMap } from '../field-map.ts';
import type { FormatDefinition } from './format.ts';
import { startsAsJson } from './json-preset.ts';
import { parseJsonLine } from './ndjson.ts';

/** The fields of a standard log, in order: those of a file that does not name its own. */
const standard =
  'date time x-edge-location sc-bytes c-ip cs-method cs(Host) cs-uri-stem sc-status cs(Referer) cs(User-Agent) cs-uri-query cs(Cookie) x-edge-result-type x-edge-request-id x-host-header cs-protocol cs-bytes time-taken x-forwarded-for ssl-protocol ssl-cipher x-edge-response-result-type cs-protocol-version fle-status fle-encrypted-fields c-port time-to-first-byte x-edge-detailed-result-type sc-content-type sc-content-len sc-range-start sc-range-end';

const fieldsDirective = '#Fields:';
const encoded = ['cs(User-Agent)', 'cs(Referer)', 'cs(Cookie)'];

const wanted: FieldMap = {
  timestamp: ['$.timestamp(ms)', '$.at'],
  client_ip: '$.c-ip',
  method: '$.cs-method',
  url: [],
  host: ['$.x-host-header', '$.cs(Host)'],
  path: '$.cs-uri-stem',
  query: '$.cs-uri-query',
  status: '$.sc-status',
  request_bytes: '$.cs-bytes',
  response_bytes: '$.sc-bytes',
  duration_ms: { path: '$.time-taken', unit: 's' },
  user_agent: '$.cs(User-Agent)',
  referer: '$.cs(Referer)',
  http_version: '$.cs-protocol-version',
  tls_version: '$.ssl-protocol',
  request_id: '$.x-edge-request-id',
  headers: '$.headers',
};

type Values = { [name: string]: unknown };

/** As the map above wants it: one time stamp, header values without percent signs. */
function prepared(values: Values): Values {
  const { date, time } = values;
  if (typeof date === 'string' && typeof time === 'string') values['at'] = `${date}T${time}Z`;
  for (const name of encoded) {
    const value = values[name];
    if (typeof value === 'string' && value.includes('%')) values[name] = decoded(value);
  }
  values['headers'] = {
    cookie: values['cs(Cookie)'] ?? '-',
    'x-forwarded-for': values['x-forwarded-for'] ?? '-',
  };
  return values;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/**
 * Standard logs of Amazon CloudFront: tab-separated with directives that name the fields, or JSON with the same names
 * (version 2). They come from all edge locations, minutes late and out of order.
 */
export const cloudfront: FormatDefinition = {
  name: 'cloudfront',
  recognises: (line) => !startsAsJson(line) || line.includes('"x-edge-'),
  create({ fields }) {
    let names = standard.split(' ');
    // older files end sooner; what a request needs is in the first twelve
    let least = 12;
    const read = compileFieldMap({ ...wanted, ...fields });
    return {
      name: 'cloudfront',
      title: 'Amazon CloudFront standard log',
      latenessMs: 300_000,
      directive(line) {
        if (!line.startsWith('#')) return false;
        if (line.startsWith(fieldsDirective)) {
          names = line.slice(fieldsDirective.length).trim().split(/\s+/);
          least = names.length;
        }
        return true;
      },
      parse(line) {
        if (startsAsJson(line))
          return parseJsonLine(line, (input) =>
            typeof input === 'object' && input !== null ? read(prepared({ ...input })) : read(input),
          );
        const columns = line.split('\t');
        if (columns.length < least)
          return reject('malformed', `${columns.length} columns where ${least} are expected`);
        return read(prepared(Object.fromEntries(names.map((name, index) => [name, columns[index]]))));
      },
    };
  },
};

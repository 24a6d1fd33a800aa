import {
  around,
  byWord,
  contentFolder,
  enrolling,
  loggingIn,
  making,
  notLogin,
  onHand,
  passwordWords,
  paymentSteps,
  places,
  records,
  renewing,
  reserving,
  sessionWords,
  verbs,
  weak,
} from './endpoint-words.ts';
import { pathSegments } from './redact.ts';

/** What an endpoint is for. */
export const endpointFunctions = [
  'login',
  'payment',
  'inventory',
  'account',
  'search',
  'cart',
  'content',
  'other',
] as const;
export type EndpointFunction = (typeof endpointFunctions)[number];

/** `doLogin` in lower case: a known word after one of these, or one that says who or where. */
const prefixed =
  /^(?:add(?:to)?|ajax|api|check|create|customer|do|fetch|find|get|make|member|mobile|my|partner|place|process|set|submit|update|user|web)(?=[a-z0-9]{3})/;
const reading: ReadonlySet<string> = new Set(['GET', 'HEAD']);
const paymentWords = byWord.find(([name]) => name === 'payment')![1];
const creating: ReadonlySet<string> = new Set(['POST', 'PUT']);

const pageExtension = /\.(?:pdf|html?|txt|xml)$/i;
const partExtension =
  /\.(?:css|js|mjs|map|png|jpe?g|gif|webp|avif|svg|ico|woff2?|ttf|otf|eot|mp4|webm|mp3|webmanifest)$/i;

/** Whether a template is of what pages are made of: scripts, styles, pictures. */
export const isPagePart = (template: string): boolean => partExtension.test(template);

/** Without percent-encoding and accents: `verf%C3%BCgbarkeit` is `verfugbarkeit`. */
function plain(segment: string): string {
  if (!segment.includes('%')) return segment;
  try {
    return decodeURIComponent(segment).normalize('NFD').replace(/\p{M}/gu, '');
  } catch {
    return segment;
  }
}

/** `GET /v2/partnerLogin/{number}` is `v2 partner login`; variables say nothing. */
function wordsOf(segment: string): string[] {
  const found: string[] = [];
  for (const part of plain(segment.replace(/\{[^}]*\}/g, ' ')).split(/[^A-Za-z0-9]+/)) {
    if (part === '') continue;
    const pieces = part
      .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
      .toLowerCase()
      .split(' ');
    found.push(...pieces);
    if (pieces.length > 1) found.push(part.toLowerCase());
    else if (prefixed.test(pieces[0]!)) found.push(pieces[0]!.replace(prefixed, ''));
  }
  return found;
}

/** The words of a segment that may say what it is for. */
function tellingWords(segment: string): string[] {
  const found = wordsOf(segment);
  const isName = /[-_]/.test(segment) && !found.some((word) => verbs.has(word));
  return isName ? found.filter((word) => !weak.has(word)) : found;
}

/** `store-locator`, `sign_in`, `log-out`, `delivery/slots`: the joint does not change the word. */
function jointsOf(segments: readonly string[]): string[] {
  const joints: string[] = [];
  let before: string | undefined;
  for (const segment of segments) {
    const list = wordsOf(segment);
    for (const word of list) {
      if (before !== undefined) joints.push(`${before}${word}`);
      before = word;
    }
    if (list.length === 0) before = undefined;
  }
  return joints;
}

const isRecord = (all: readonly string[]): boolean =>
  all.every((word) => !paymentWords.has(word) || records.has(word)) && !all.some((word) => making.has(word));

/** Guess from the words of a template. The last segments say more than the first, but any may decide. */
export function guessFunction(method: string, template: string): EndpointFunction {
  if (isPagePart(template) || pageExtension.test(template)) return 'content';
  const segments = pathSegments(template).filter((segment) => !segment.startsWith('.'));
  const perSegment = segments.map(tellingWords);
  const all = perSegment.flat();
  all.push(...jointsOf(segments));
  const last = [
    ...(perSegment.filter((list) => list.length > 0).at(-1) ?? []),
    ...jointsOf(segments.slice(-1)),
  ];
  if (all.some((word) => notLogin.has(word))) return 'other';
  const [first] = byWord;
  if (all.some((word) => passwordWords.has(word)) && !last.some((word) => first![1].has(word))) {
    if (all.some((word) => renewing.has(word))) return 'account';
    // the second step of a log-in, or the grant of a password
    if (last.every((word) => passwordWords.has(word)) && all.some((word) => loggingIn.has(word)))
      return 'login';
  }
  const enrols = last.some((word) => enrolling.has(word)) && !last.some((word) => first![1].has(word));
  const named = byWord.slice(1).find(([, set]) => all.some((word) => set.has(word)))?.[0];
  const isLogin = (word: string): boolean =>
    first![1].has(word) && !(named === 'payment' && paymentSteps.has(word));
  if (!enrols && all.some(isLogin)) return 'login';
  // to look at what one ordered is no payment: a message that says it is on its way leads many there
  if (named === 'payment' && reading.has(method) && isRecord(all)) return 'account';
  // a session of a wallet or a checkout pays, it logs nobody in
  const buys = named === 'payment' || named === 'cart';
  if (creating.has(method) && !buys && last.some((word) => sessionWords.has(word))) return 'login';
  const reserves = creating.has(method) && last.some((word) => reserving.has(word));
  if (reserves && !buys && named !== 'search') return 'cart';
  if (named !== undefined) return named;
  if (reading.has(method) && all.some((word) => onHand.has(word))) return 'inventory';
  if (all.includes('stores') && template.includes('{')) return 'inventory';
  if (all.some((word) => places.has(word)) && all.some((word) => around.has(word))) return 'inventory';
  if (template === '/' || all.some((word) => contentFolder.has(word))) return 'content';
  return 'other';
}

export interface FunctionRule {
  /** `POST /login`, `* /x/*` or `/x`; `*` stands for any characters, also slashes. */
  readonly endpoint: string;
  readonly function: EndpointFunction;
}

/** A test of `METHOD template` against `POST /login`, `* /x/*` or `/x`. */
export function endpointPattern(pattern: string): (endpoint: string) => boolean {
  const full = pattern.startsWith('/') ? `* ${pattern}` : pattern;
  const regex = new RegExp(
    `^${full
      .split('*')
      .map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
      .join('.*')}$`,
  );
  return (endpoint) => regex.test(endpoint);
}

/** (method, template) to function: the rules first, then the words. Pure; callers remember the answer. */
export function createFunctionClassifier(
  rules: readonly FunctionRule[],
  guess: (method: string, template: string) => EndpointFunction = guessFunction,
): (method: string, template: string) => EndpointFunction {
  const compiled = rules.map((rule) => ({ test: endpointPattern(rule.endpoint), result: rule.function }));
  return (method, template) => {
    const endpoint = `${method} ${template}`;
    return compiled.find((rule) => rule.test(endpoint))?.result ?? guess(method, template);
  };
}

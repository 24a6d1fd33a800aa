import type { KnownClients } from '../known-clients.ts';
import { createKnownTexts } from '../known-texts.ts';
import { isMethod, usualMethod } from '../normalise.ts';
import { httpVersion, setTarget } from '../parsed-request.ts';
import { absent, unescapeText } from './access-log.ts';
import type { Take } from './variables.ts';

/** Variables whose texts repeat from line to line: each is remembered with what became of it. */

const slash = 47;

/** Slots for texts that repeat, and the longest that are remembered. */
const pathBits = 15;
const refererBits = 13;
const longestPath = 256;
const longestReferer = 512;
const longestAgent = 1024;

export function address(clients: KnownClients): Take {
  return (request, line, from, to) => {
    const ip = clients.address(line, from, to);
    if (ip === null) return 'not an IP address';
    request.client_ip = ip;
    return null;
  };
}

export function userAgent(clients: KnownClients): Take {
  return (request, line, from, to) => {
    if (absent(line, from, to)) return null;
    if (to - from > longestAgent) request.user_agent = unescapeText(line.slice(from, to));
    else {
      request.known_agent = clients.agent(line, from, to);
      request.user_agent = request.known_agent.text;
    }
    return null;
  };
}

export function referer(): Take {
  const referers = createKnownTexts(refererBits);
  return (request, line, from, to) => {
    if (absent(line, from, to)) return null;
    if (to - from > longestReferer) request.referer = unescapeText(line.slice(from, to));
    else {
      request.known_referer = referers.find(line, from, to)!;
      request.referer = request.known_referer.text;
    }
    return null;
  };
}

export function requestLine(): Take {
  const paths = createKnownTexts(pathBits);
  return (request, line, from, to) => {
    const methodEnd = line.indexOf(' ', from);
    if (methodEnd < 0 || methodEnd >= to) return 'not an HTTP request line';
    let method = usualMethod(line, from, methodEnd);
    if (method === null) {
      method = line.slice(from, methodEnd);
      if (!isMethod(method)) return 'not an HTTP request line';
    }
    let targetEnd = line.lastIndexOf(' ', to - 1);
    if (targetEnd > methodEnd && line.startsWith('HTTP/', targetEnd + 1))
      request.http_version = httpVersion(line.slice(targetEnd + 1, to));
    else targetEnd = to;
    request.method = method;
    const start = methodEnd + 1;
    const backslash = line.indexOf('\\', start);
    const question = line.indexOf('?', start);
    const pathEnd = question >= 0 && question < targetEnd ? question : targetEnd;
    const plain = line.charCodeAt(start) === slash && (backslash < 0 || backslash >= targetEnd);
    if (!plain || pathEnd - start > longestPath) {
      setTarget(request, unescapeText(line.slice(start, targetEnd)));
      return null;
    }
    request.known_path = paths.find(line, start, pathEnd)!;
    request.path = request.known_path.text;
    if (pathEnd < targetEnd) request.query = line.slice(pathEnd + 1, targetEnd);
    return null;
  };
}

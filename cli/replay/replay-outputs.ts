import type { ApiEndpoint, Campaign, Decision, Verdict } from '../../lib/contracts/generated.ts';
import { type LineWriter, openLineWriter } from '../line-writer.ts';
import type { Judgement } from './simulated-edge.ts';
import type { Rejection } from './summary.ts';

/** The NDJSON files of a replay; each is written only when asked for. */
export interface ReplayOutputs {
  outcome(eventId: string, judgement: Judgement): void;
  decision(decision: Decision): void;
  verdict(verdict: Verdict): void;
  campaign(campaign: Campaign): void;
  atRisk(line: object): void;
  /** An endpoint in its last revision. */
  endpoint(endpoint: ApiEndpoint): void;
  rejected(rejection: Rejection): void;
  /** A promise while a file takes no more: wait for it. */
  full(): Promise<void> | undefined;
  close(): Promise<void>;
}

export interface OutputPaths {
  readonly outcomes?: string | undefined;
  readonly decisions?: string | undefined;
  readonly verdicts?: string | undefined;
  readonly campaigns?: string | undefined;
  readonly atRisk?: string | undefined;
  readonly inventory?: string | undefined;
  readonly rejects?: string | undefined;
}

export function openReplayOutputs(paths: OutputPaths): ReplayOutputs {
  const open = (path: string | undefined) => (path === undefined ? null : openLineWriter(path));
  const outcomes = open(paths.outcomes);
  const decisions = open(paths.decisions);
  const verdicts = open(paths.verdicts);
  const campaigns = open(paths.campaigns);
  const atRisk = open(paths.atRisk);
  const inventory = open(paths.inventory);
  const rejects = open(paths.rejects);
  let waiting: Promise<void> | undefined;
  const write = (writer: LineWriter | null, value: object): void => {
    if (writer === null) return;
    keep(writer.write(JSON.stringify(value)));
  };
  const keep = (full: Promise<void> | undefined): void => {
    if (full === undefined) return;
    waiting = waiting === undefined ? full : Promise.all([waiting, full]).then(() => {});
    waiting.catch(() => {}); // seen by whoever asks `full`
  };
  return {
    outcome(eventId, { outcome, decision }) {
      if (outcomes === null) return;
      // Written by hand: one line per request, and ids need no escaping unless the input brought them.
      const id = /^[\w-]+$/.test(eventId) ? `"${eventId}"` : JSON.stringify(eventId);
      keep(
        outcomes.write(
          decision === null
            ? `{"event_id":${id},"outcome":"${outcome}"}`
            : `{"event_id":${id},"outcome":"${outcome}","decision_id":"${decision.decision_id}"}`,
        ),
      );
    },
    decision: (decision) => write(decisions, decision),
    verdict: (verdict) => write(verdicts, verdict),
    campaign: (campaign) => write(campaigns, campaign),
    atRisk: (line) => write(atRisk, line),
    endpoint: (endpoint) => write(inventory, endpoint),
    rejected: (rejection) => write(rejects, rejection),
    full() {
      const promise = waiting;
      waiting = undefined;
      return promise;
    },
    async close() {
      await waiting;
      for (const writer of [outcomes, decisions, verdicts, campaigns, atRisk, inventory, rejects])
        await writer?.close();
    },
  };
}

import type { Decision } from '../../lib/contracts/generated.ts';
import type { Incident } from '../generate/scenarios.ts';
import type { Score, Share } from '../replay/score-outcomes.ts';
import { count, percent, table } from '../terminal.ts';

const entriesOf = (decisions: readonly Decision[], incident: Incident): string => {
  // A campaign is called after its first second and its members follow while it lasts.
  const own = decisions.filter(
    ({ decided_at: at }) => at >= incident.fromMs && at < incident.untilMs + 20_000,
  );
  const rules = own.filter(({ target }) => target.kind === 'signature');
  const passes = rules.some(({ target }) => target.signature?.except_good === true);
  const addresses = own.length - rules.length;
  const parts = [
    ...(rules.length > 0 ? [`${rules.length} rule${rules.length === 1 ? '' : 's'}`] : []),
    ...(addresses > 0 ? [`${count(addresses)} address${addresses === 1 ? '' : 'es'}`] : []),
    ...(passes ? ['all but the good'] : []),
  ];
  return parts.length === 0 ? '0' : parts.join(' + ');
};

const stoppedOf = (share: Share): string => `${percent(share.share)}  ${count(share.stopped).padStart(7)}`;

/** The table that the demo ends with: everything in it was measured in this run. */
export function renderDemoTable(
  score: Score,
  incidents: readonly Incident[],
  decisions: readonly Decision[],
): string {
  const rows = incidents.map((incident) => ({
    incident,
    score: score.incidents.find((one) => one.incident === incident.name),
  }));
  return table(
    [
      { title: 'incident', value: ({ incident }) => incident.title },
      {
        title: 'first block after',
        align: 'right',
        value: ({ score: one }) =>
          one?.firstStopAfterMs === null || one === undefined
            ? '–'
            : `${(one.firstStopAfterMs / 1000).toFixed(1)} s`,
      },
      {
        title: 'let through first',
        align: 'right',
        value: ({ score: one }) =>
          one === undefined || one.attack.requests === 0 ? '–' : count(one.letThroughFirst),
      },
      {
        title: 'attack stopped (>30 s)',
        align: 'right',
        value: ({ score: one }) =>
          one === undefined || one.attackLater.requests === 0 ? '–' : stoppedOf(one.attackLater),
      },
      {
        title: 'honest stopped',
        align: 'right',
        value: ({ score: one }) => (one === undefined ? '–' : stoppedOf(one.honest)),
      },
      {
        title: 'honest, attacked endpoint',
        align: 'right',
        value: ({ score: one }) =>
          one === undefined || one.honestOnTarget.requests === 0
            ? '–'
            : `${percent(one.honestOnTarget.share)} of ${count(one.honestOnTarget.requests)}`,
      },
      { title: 'entries at edge', value: ({ incident }) => entriesOf(decisions, incident) },
    ],
    rows,
  );
}

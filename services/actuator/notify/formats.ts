import type { Notice } from './notice.ts';

export const formatNames = ['webhook', 'slack', 'alertmanager'] as const;
export type FormatName = (typeof formatNames)[number];

const iso = (at: number): string => new Date(at).toISOString();

/** Plain JSON, for programs. */
function webhook(notice: Notice): unknown {
  return {
    kind: notice.kind,
    key: notice.key,
    status: notice.status,
    level: notice.level,
    site: notice.site,
    title: notice.title,
    detail: notice.detail,
    started_at: iso(notice.startedAt),
    ended_at: notice.endedAt === null ? null : iso(notice.endedAt),
  };
}

/** A message for Slack's incoming webhooks. `&`, `<` and `>` are the only characters with a meaning there. */
function slack(notice: Notice): unknown {
  const plain = (text: string): string =>
    text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;').slice(0, 2000);
  const head = `${notice.status === 'resolved' ? 'Over' : notice.level}: ${notice.title}`;
  return {
    text: plain(head),
    blocks: [
      { type: 'section', text: { type: 'mrkdwn', text: `*${plain(head)}*\n${plain(notice.detail)}` } },
      {
        type: 'context',
        elements: [
          {
            type: 'mrkdwn',
            text: plain(
              [notice.key, notice.site ?? '', iso(notice.endedAt ?? notice.startedAt)]
                .filter((part) => part !== '')
                .join(' · '),
            ),
          },
        ],
      },
    ],
  };
}

/** How long Alertmanager holds an alert that is not sent again. */
const holdsForMs = 5 * 60_000;

/** Alerts for Alertmanager's `POST /api/v2/alerts`: labels are the identity, so a campaign is one alert for good. */
function alertmanager(notice: Notice, now: number): unknown {
  return [
    {
      labels: {
        alertname: `Tidegate${notice.kind[0]!.toUpperCase()}${notice.kind.slice(1)}`,
        severity: notice.level,
        key: notice.key,
        ...(notice.site === null ? {} : { site: notice.site }),
      },
      annotations: { summary: notice.title, description: notice.detail },
      startsAt: iso(notice.startedAt),
      endsAt: iso(notice.endedAt ?? now + holdsForMs),
    },
  ];
}

/** One mechanism, three formats. */
export const formats: {
  readonly [F in FormatName]: {
    body(notice: Notice, now: number): unknown;
    /** What is not over has to be sent again this often; null: once is enough. */
    readonly repeatMs: number | null;
  };
} = {
  webhook: { body: webhook, repeatMs: null },
  slack: { body: slack, repeatMs: null },
  alertmanager: { body: alertmanager, repeatMs: 60_000 },
};

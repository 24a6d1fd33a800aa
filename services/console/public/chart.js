import uPlot from '/vendor/uplot.js';
import { h } from './dom.js';
import { count, short, time } from './format.js';

const color = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();

/**
 * Stacked areas over time with a legend that follows the cursor. `series` from the bottom up: {key, label, tone}.
 * Answers {element, update(points, stepMs)}.
 */
export function stackedChart({ series, height, label, perSecond = true }) {
  const values = new Map();
  const legend = h(
    'ul.legend',
    null,
    [...series].reverse().map(({ key, label: name, tone }) => {
      const value = h('b', null, '');
      values.set(key, value);
      return h('li', null, h(`span.swatch.${tone}`, null), name, ' ', value);
    }),
  );
  const when = h('li', null, '');
  legend.append(when);
  const box = h('div.chart', { role: 'img', 'aria-label': label });
  let plot = null;
  let points = [];
  let stepMs = 1000;
  const unit = perSecond ? '/s' : '';
  const scale = () => (perSecond ? 1000 / stepMs : 1);

  const showLegend = (index) => {
    const at = index ?? null;
    for (const { key } of series) {
      const total =
        at === null ? points.reduce((sum, point) => sum + point[key], 0) : points[at][key] * scale();
      values.get(key).textContent =
        at === null ? count(total) : `${total < 10 && total > 0 ? total.toFixed(1) : count(total)}${unit}`;
    }
    when.textContent = at === null ? 'whole range' : `at ${time(points[at].at)}`;
  };

  const build = () => {
    plot?.destroy();
    const stacked = [...series].reverse();
    plot = new uPlot(
      {
        width: box.clientWidth || 800,
        height,
        tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), 'UTC'),
        legend: { show: false },
        cursor: { y: false, points: { show: false }, drag: { x: false, y: false } },
        scales: { y: { range: (_, __, max) => [0, max > 0 ? max * 1.08 : 1] } },
        axes: [
          {
            stroke: color('muted'),
            grid: { show: false },
            size: 30,
            ticks: { stroke: color('line'), width: 1 },
            font: '12px system-ui, sans-serif',
            values: (_, ticks) =>
              ticks.map((tick) => {
                const text = new Date(tick * 1000).toISOString();
                return ticks.length > 1 && ticks[1] - ticks[0] >= 86_400
                  ? text.slice(5, 10)
                  : ticks[1] - ticks[0] < 60
                    ? text.slice(11, 19)
                    : text.slice(11, 16);
              }),
          },
          {
            stroke: color('muted'),
            grid: { stroke: color('line'), width: 1 },
            ticks: { show: false },
            size: 58,
            font: '12px system-ui, sans-serif',
            values: (_, ticks) => ticks.map((tick) => `${short(tick)}${unit}`),
          },
        ],
        series: [
          {},
          ...stacked.map(({ tone }) => ({
            fill: color(tone),
            stroke: color('surface'),
            width: 1,
            points: { show: false },
          })),
        ],
        hooks: { setCursor: [(self) => showLegend(self.cursor.idx)] },
      },
      data(),
      box,
    );
  };

  /** Each drawn series reaches from zero to the sum of itself and all below it; the highest is drawn first. */
  const data = () => {
    const sums = new Float64Array(points.length);
    const layers = series.map(({ key }) =>
      points.map((point, index) => {
        sums[index] += point[key] * scale();
        return sums[index];
      }),
    );
    return [points.map((point) => point.at / 1000), ...layers.reverse()];
  };

  const resize = new ResizeObserver(() => {
    if (plot !== null && box.clientWidth > 0) plot.setSize({ width: box.clientWidth, height });
  });
  resize.observe(box);
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => plot !== null && build());
  return {
    element: h('div', null, legend, box),
    update(next, nextStepMs) {
      points = next;
      stepMs = nextStepMs;
      if (plot === null) {
        if (box.isConnected) build();
        else requestAnimationFrame(build);
      } else plot.setData(data());
      showLegend(plot?.cursor.idx);
    },
  };
}

import { get } from './api.js';
import { showAway } from './clock.js';
import { h } from './dom.js';
import { campaignPage } from './pages/campaign.js';
import { campaignsPage } from './pages/campaigns.js';
import { decisionsPage } from './pages/decisions.js';
import { edgesPage } from './pages/edges.js';
import { endpointsPage } from './pages/endpoints.js';
import { explainPage } from './pages/explain.js';
import { overviewPage } from './pages/overview.js';
import { sqlPage } from './pages/sql.js';

/**
 * A page is a function (parameter, about) -> {title, element, refresh?(), everyMs?}. `refresh` is called at once and then
 * again after every `everyMs`, one call at a time, while the page is visible.
 */
const routes = [
  [/^\/$/, overviewPage, '#/'],
  [/^\/campaigns$/, campaignsPage, '#/campaigns'],
  [/^\/campaigns\/(.+)$/, campaignPage, '#/campaigns'],
  [/^\/decisions$/, decisionsPage, '#/decisions'],
  [/^\/endpoints$/, endpointsPage, '#/endpoints'],
  [/^\/edges$/, edgesPage, '#/edges'],
  [/^\/sql$/, sqlPage, '#/sql'],
  [/^\/explain\/(.+)$/, explainPage, null],
];

const main = document.getElementById('main');
const notice = h('div.notice', { role: 'alert', hidden: true });
let about = { may_command: false, attributions: [], store: '' };
let turn = 0;

async function open() {
  const mine = ++turn;
  const path = location.hash.replace(/^#/, '') || '/';
  const [pattern, page, current] = routes.find(([candidate]) => candidate.test(path)) ?? routes[0];
  const parameter = pattern.exec(path)?.[1];
  for (const link of document.querySelectorAll('nav a'))
    if (link.getAttribute('href') === current) link.setAttribute('aria-current', 'page');
    else link.removeAttribute('aria-current');
  const { title, element, refresh, everyMs } = page(
    parameter === undefined ? '' : decodeURIComponent(parameter),
    about,
  );
  document.title = `${title} · Tidegate`;
  notice.hidden = true;
  main.replaceChildren(notice, element);
  while (refresh !== undefined && mine === turn) {
    if (!document.hidden) {
      try {
        await refresh();
        if (mine === turn) notice.hidden = true;
      } catch (error) {
        if (mine !== turn) return;
        notice.textContent = error.message;
        notice.hidden = false;
        if (error.status === undefined || error.status >= 500) {
          showAway();
        }
      }
    }
    if (everyMs === undefined) return;
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
}

document.getElementById('explain').addEventListener('submit', (event) => {
  event.preventDefault();
  const reference = new FormData(event.target).get('reference').trim();
  if (reference !== '') location.hash = `#/explain/${encodeURIComponent(reference)}`;
});
addEventListener('hashchange', () => {
  void open();
  main.focus({ preventScroll: true });
  scrollTo(0, 0);
});
try {
  about = await get('about');
  document.getElementById('store').textContent = about.store;
  document
    .getElementById('attributions')
    .append(
      ...about.attributions.map(({ text, url }) =>
        h('a', { href: url, rel: 'noreferrer', target: '_blank' }, text),
      ),
    );
} catch {
  // The first page says what is wrong, and tries again.
}
void open();

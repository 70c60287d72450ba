// Takes what the server sends and gives it to the parts of the page.

import { openCharts } from './charts.js';
import { say } from './format.js';
import { openInspector } from './inspector.js';
import { openLog } from './log.js';
import { openTiles } from './tiles.js';
import { openTopology } from './topology.js';

const at = id => document.getElementById(id);
const charts = openCharts();
const log = openLog(at('log'));
const showTiles = openTiles(at('tiles'));
const showNodes = openTopology({
  proposers: at('proposers'),
  acceptors: at('acceptors'),
  moves: at('moves'),
});
openInspector(at('inspect'), at('inspected'));

const events = new EventSource('/events');
let isConnected = false;

events.addEventListener('past', ({ data }) => {
  charts.clear();
  for (const { sample, agoMs } of JSON.parse(data)) charts.add(sample, Date.now() - agoMs);
});

events.addEventListener('view', ({ data }) => {
  const view = JSON.parse(data);
  isConnected = true;
  say(at('cluster'), `${view.cluster} · epoch ${view.epoch}${view.isJoint ? ' · members change' : ''}`);
  showVerdict(...verdictOf(view.nodes));
  showTiles(view.sample);
  charts.add(view.sample, Date.now());
  charts.show();
  showNodes(view);
  log.look(view);
});

events.addEventListener('error', () => {
  showVerdict('silent', 'the dashboard does not answer');
  if (isConnected) log.say('the dashboard does not answer');
  isConnected = false;
});

function showVerdict(state, text) {
  at('verdict').dataset.state = state;
  say(at('verdict'), text);
  document.title = state === 'up' ? 'Synod' : `Synod: ${text}`;
}

function verdictOf(nodes) {
  const proposers = nodes.filter(({ role, state }) => role === 'proposer' && state === 'up');
  const acceptors = nodes.filter(({ role, state }) => role === 'acceptor' && state !== 'removed');
  const isVoting = ({ state }) => state === 'up' || state === 'behind';
  const voting = acceptors.filter(isVoting);
  const groups = [...new Set(acceptors.map(({ group }) => group))];
  for (const group of groups) {
    const own = acceptors.filter(node => node.group === group);
    const count = own.filter(isVoting).length;
    const where = groups.length > 1 ? ` in group ${group}` : '';
    if (2 * count <= own.length) return ['quarantined', `no quorum${where}: ${count} of ${own.length} vote`];
  }
  if (proposers.length === 0) return ['silent', 'no proposer answers'];
  if (nodes.every(({ state }) => state === 'up')) return ['up', 'all is well'];
  return ['behind', `it goes on: ${voting.length} of ${acceptors.length} vote`];
}

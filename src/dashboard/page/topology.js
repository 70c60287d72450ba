// A card for each node, kept in place while it changes.

import { count, make, ms, say, size } from './format.js';

export const STATES = {
  up: 'up',
  behind: 'behind',
  waiting: 'waiting for others',
  silent: 'silent',
  quarantined: 'quarantined',
  removed: 'removed',
};

function acceptorFacts({ told, missed }) {
  return {
    epoch: told?.epoch,
    commits: told?.commits && count(told.commits),
    missed: count(missed),
    disk: told?.disk && `${size(told.disk.bytes)}, ${size(told.disk.freeBytes)} free`,
    version: told?.version,
  };
}

function proposerFacts({ told }) {
  return {
    epoch: told.epoch,
    home: told.homes === 0 ? 'stands by' : `of ${told.homes} partitions`,
    waiting: count(told.waiting),
    requests: count(told.requests),
    'longest gap': ms(told.longestGapMs.ever),
    version: told.version,
    changes: told.changes.length === 0 ? undefined : told.changes.join(', '),
  };
}

class Card {
  #fields = new Map();

  constructor() {
    this.badge = make('span', { className: 'badge' });
    this.title = make('span');
    this.facts = make('dl');
    this.why = make('p', { hidden: true });
    this.element = make(
      'li',
      { className: 'card' },
      make('h4', {}, this.title, this.badge),
      this.facts,
      this.why,
    );
  }

  show(node) {
    say(this.title, node.name);
    say(this.badge, STATES[node.state] ?? node.state);
    this.badge.dataset.state = node.state;
    this.element.dataset.state = node.state;
    this.element.dataset.node = node.name;
    say(this.why, node.why);
    this.why.hidden = node.why === '';
    const facts = node.role === 'acceptor' ? acceptorFacts(node) : proposerFacts(node);
    for (const [name, value] of Object.entries(facts)) {
      const shown = value === undefined ? '–' : String(value);
      let field = this.#fields.get(name);
      if (field === undefined && value === undefined) continue;
      if (field === undefined) {
        field = make('dd');
        this.#fields.set(name, field);
        this.facts.append(make('dt', {}, name), field);
      }
      say(field, shown);
    }
  }
}

export function openTopology(lists) {
  const cards = new Map();
  return nodes => {
    for (const node of nodes) {
      let card = cards.get(node.key);
      if (card === undefined) {
        card = new Card();
        cards.set(node.key, card);
        lists[node.role].append(card.element);
      }
      card.show(node);
    }
    const keys = new Set(nodes.map(({ key }) => key));
    for (const [key, card] of cards) {
      if (keys.has(key)) continue;
      card.element.remove();
      cards.delete(key);
    }
  };
}

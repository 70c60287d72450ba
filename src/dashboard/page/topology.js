// A card for each node, kept in place while it changes: proposers in a list, acceptors in a list for each group of them.

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
  if (told === null) return {};
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

/** The acceptors of one group; it has a title where there are several. */
class Group {
  constructor(name) {
    this.title = make('h4', { id: `group-${name}`, className: 'group-title', hidden: true });
    this.list = make('ul', { className: 'cards' });
    this.element = make('div', { className: 'group', 'data-group': name }, this.title, this.list);
  }

  show(view, isOne) {
    this.title.hidden = isOne;
    this.list.setAttribute('aria-labelledby', isOne ? 'acceptors-title' : this.title.id);
    if (view === undefined) return;
    const { group, partitions, coming, going, epoch, isJoint } = view;
    const facts = [
      `group ${group}`,
      `${partitions} of 256 partitions`,
      ...(coming > 0 ? [`${coming} of them on their way here`] : []),
      ...(going > 0 ? [`${going} more leaving`] : []),
      `epoch ${epoch}`,
      ...(isJoint ? ['members change'] : []),
    ];
    say(this.title, facts.join(' · '));
  }
}

/** @param moves says how many partitions are on their way */
export function openTopology({ proposers, acceptors, moves }) {
  const cards = new Map();
  const groups = new Map();
  const listOf = node => (node.role === 'proposer' ? proposers : groups.get(node.group).list);
  return view => {
    const names = new Set(view.nodes.flatMap(({ role, group }) => (role === 'acceptor' ? [group] : [])));
    for (const name of names) {
      if (groups.has(name)) continue;
      const group = new Group(name);
      groups.set(name, group);
      acceptors.append(group.element);
    }
    for (const [name, group] of groups) {
      const shown = view.groups.find(each => each.group === name);
      if (names.has(name)) group.show(shown, view.groups.length === 1);
      else {
        group.element.remove();
        groups.delete(name);
      }
    }
    for (const node of view.nodes) {
      let card = cards.get(node.key);
      if (card === undefined) {
        card = new Card();
        cards.set(node.key, card);
      }
      if (card.element.parentElement !== listOf(node)) listOf(node).append(card.element);
      card.show(node);
    }
    const keys = new Set(view.nodes.map(({ key }) => key));
    for (const [key, card] of cards) {
      if (keys.has(key)) continue;
      card.element.remove();
      cards.delete(key);
    }
    const ways = view.moves.map(
      ({ from, to, partitions }) => `${partitions} partitions from ${from} to ${to}`,
    );
    moves.hidden = ways.length === 0;
    say(moves, ways.length === 0 ? '' : `On their way: ${ways.join(', ')}`);
  };
}

// A register as simple as can be, to make histories from. Third of its kind on purpose: it shares nothing
// with the model that judges or with the product.

import type { SynodCall } from '../../src/history/history.ts';
import type { Value } from '../../src/protocol/value.ts';

export interface Shown {
  set: boolean;
  value?: Value;
  version: number;
}
export type Answer = ({ type: 'ok' } & Shown) | ({ type: 'fail'; error: string } & Shown);

export class SequentialRegister {
  #kind = '';
  #content: { value?: Value } | undefined;
  #changes = 0;

  /** The histories are made with `add` alone. */
  answer(call: SynodCall): Answer {
    const [kind = '', verb] = call.operation.split('.');
    if (this.#kind !== '' && this.#kind !== kind) return this.#refuse('wrong_kind');
    if (verb === 'read') return this.#ok();
    if (call.operation === 'variable.delete' && this.#content === undefined && call.version === undefined) {
      return this.#ok();
    }
    const error = this.#objection(call);
    if (error !== undefined) return this.#refuse(error);
    this.#kind = kind;
    this.#changes += 1;
    this.#content = this.#after(call);
    return this.#ok();
  }

  #objection(call: SynodCall): string | undefined {
    const { value } = this.#content ?? {};
    const isSet = this.#content !== undefined;
    if (call.operation === 'switch.set' || call.operation === 'register.write') {
      return isSet ? 'already_written' : undefined;
    }
    if (call.operation === 'variable.create') return isSet ? 'conflict' : undefined;
    if (call.operation === 'variable.change') {
      return value === undefined || typeof value === 'number' ? undefined : 'rejected';
    }
    if (call.operation === 'variable.cas' && call.expect !== undefined) {
      return isSet && JSON.stringify(value) === JSON.stringify(call.expect) ? undefined : 'conflict';
    }
    if (call.operation === 'variable.cas')
      return call.version === this.#shownVersion() ? undefined : 'conflict';
    if (call.operation === 'variable.delete' && call.version !== undefined) {
      return isSet && call.version === this.#changes ? undefined : 'conflict';
    }
    return undefined;
  }

  #after(call: SynodCall): { value?: Value } | undefined {
    if (call.operation === 'switch.set') return {};
    if (call.operation === 'variable.change') {
      const { value = 0 } = this.#content ?? {};
      return { value: Number(value) + Number(call.args?.[0]) };
    }
    return 'value' in call ? { value: call.value } : undefined;
  }

  #shownVersion(): number {
    return this.#content === undefined ? 0 : this.#changes;
  }

  #shown(): Shown {
    return { set: this.#content !== undefined, ...this.#content, version: this.#shownVersion() };
  }

  #ok(): Answer {
    return { type: 'ok', ...this.#shown() };
  }

  #refuse(error: string): Answer {
    return { type: 'fail', error, ...this.#shown() };
  }
}

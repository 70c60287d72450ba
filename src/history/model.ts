// The model: what a correct object of one key would do, one operation after another. The checker knows
// nothing else about the operations that it puts into order.

export interface Model<State, Call, Outcome> {
  readonly initial: State;
  /**
   * The state after `call` when it was answered with `outcome`, or undefined when `state` cannot give that
   * answer. For an unknown outcome: the state if it took effect. The same reference back means that nothing
   * changed. Pure; calls are plain JSON data.
   */
  readonly step: (state: State, call: Call, outcome: Outcome | 'unknown') => State | undefined;
  /** Equal for equal states, different for different ones. */
  readonly key: (state: State) => string;
  /**
   * True when a call with that outcome changes no state whatever, as a read or a refusal does. A call that
   * merely finds nothing to change in some states, as a delete does, is none of these.
   */
  readonly isRead: (call: Call, outcome: Outcome | 'unknown') => boolean;
  /** The state after a change that may come at any time, without any operation; undefined when none may. */
  readonly untold?: (state: State) => State | undefined;
  /**
   * True when neither `state` nor any state that can follow it gives that answer. Only a short cut: the
   * verdict is the same without.
   */
  readonly hopeless?: (state: State, call: Call, outcome: Outcome) => boolean;
}

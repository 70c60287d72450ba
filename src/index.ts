// The public API.

export {
  type CallOptions,
  type Client,
  type ConnectOptions,
  connectClient as connect,
  type Register,
  type Switch,
  type Variable,
} from './client/client.ts';
export {
  BadRequestError,
  type ClientErrorCode,
  RefusedError,
  SynodError,
  UnavailableError,
  UnknownOutcomeError,
} from './client/errors.ts';
export type { State } from './client/state.ts';
export type { Value } from './protocol/value.ts';

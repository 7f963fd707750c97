// Owns: what `millrace/store` exports. Re-exports only.

export { PERMISSIONS } from '../zookeeper/protocol/numbers.ts';
export { type ConnectOptions, connectStore } from './connect-store.ts';
export type * from './store-client.ts';
export { isStoreError, StoreError } from './store-error.ts';
export type { TlsOptions } from './wire/connection.ts';

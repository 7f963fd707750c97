// Owns: the error codes of the protocol: number, ZooKeeper's name, meaning. Not here: the errors that a user of the
// client is given (client/store-error.ts).
// Source: KeeperException.Code of ZooKeeper 3.9.

export const CODES = {
  OK: 0,
  SYSTEMERROR: -1,
  RUNTIMEINCONSISTENCY: -2,
  DATAINCONSISTENCY: -3,
  CONNECTIONLOSS: -4,
  MARSHALLINGERROR: -5,
  UNIMPLEMENTED: -6,
  OPERATIONTIMEOUT: -7,
  BADARGUMENTS: -8,
  UNKNOWNSESSION: -12,
  NEWCONFIGNOQUORUM: -13,
  RECONFIGINPROGRESS: -14,
  APIERROR: -100,
  NONODE: -101,
  NOAUTH: -102,
  BADVERSION: -103,
  NOCHILDRENFOREPHEMERALS: -108,
  NODEEXISTS: -110,
  NOTEMPTY: -111,
  SESSIONEXPIRED: -112,
  INVALIDCALLBACK: -113,
  INVALIDACL: -114,
  AUTHFAILED: -115,
  SESSIONMOVED: -118,
  NOTREADONLY: -119,
  EPHEMERALONLOCALSESSION: -120,
  NOWATCHER: -121,
  REQUESTTIMEOUT: -122,
  RECONFIGDISABLED: -123,
  SESSIONCLOSEDREQUIRESASLAUTH: -124,
  QUOTAEXCEEDED: -125,
  THROTTLEDOP: -127,
} as const;

export type CodeName = keyof typeof CODES;
export type Code = (typeof CODES)[CodeName];

/** One line for a person. */
export const CODE_MEANINGS: { readonly [K in CodeName]: string } = {
  OK: 'done',
  SYSTEMERROR: 'the server failed in a way that has no code of its own',
  RUNTIMEINCONSISTENCY: 'an operation of the same multi failed, so this one was not done either',
  DATAINCONSISTENCY: 'the server found its data inconsistent',
  CONNECTIONLOSS: 'the connection was lost before the reply came: the operation was done or not',
  MARSHALLINGERROR: 'the request could not be read, or the reply could not be written',
  UNIMPLEMENTED: 'the server does not know this operation',
  OPERATIONTIMEOUT: 'the operation took too long',
  BADARGUMENTS: 'an argument is not allowed, for example a path that is none',
  UNKNOWNSESSION: 'the session is not known to the server',
  NEWCONFIGNOQUORUM: 'no quorum of the new configuration is connected',
  RECONFIGINPROGRESS: 'another change of the configuration is running',
  APIERROR: 'an error of the interface',
  NONODE: 'there is no such node',
  NOAUTH: 'the ACL of the node, or of its parent, does not permit this',
  BADVERSION: 'the version of the node is another one',
  NOCHILDRENFOREPHEMERALS: 'an ephemeral node cannot have children',
  NODEEXISTS: 'the node exists already',
  NOTEMPTY: 'the node has children',
  SESSIONEXPIRED: 'the session is over; its ephemeral nodes and watches are gone',
  INVALIDCALLBACK: 'the callback is not valid',
  INVALIDACL: 'the ACL is empty or has an entry that is not valid',
  AUTHFAILED: 'the credentials were refused',
  SESSIONMOVED: 'the session is attached to another server by now',
  NOTREADONLY: 'a server in read-only mode does not write',
  EPHEMERALONLOCALSESSION: 'a local session cannot own ephemeral nodes',
  NOWATCHER: 'there is no such watch',
  REQUESTTIMEOUT: 'the request was not done in time',
  RECONFIGDISABLED: 'changing the configuration is switched off',
  SESSIONCLOSEDREQUIRESASLAUTH: 'the server closed the session because it demands SASL',
  QUOTAEXCEEDED: 'a quota would be exceeded',
  THROTTLEDOP: 'the server refuses work because it is overloaded',
};

const NAMES: ReadonlyMap<number, CodeName> = new Map(
  Object.entries(CODES).map(([name, code]) => [code, name as CodeName]),
);

/** ZooKeeper's name of a code; SYSTEMERROR for a number that has none. */
export function codeName(code: number): CodeName {
  return NAMES.get(code) ?? 'SYSTEMERROR';
}

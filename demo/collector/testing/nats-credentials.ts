import { randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { nkeys } from '@nats-io/transport-node';

/** The names of NATS for "no limit". */
const NO_LIMITS = {
  ...Object.fromEntries(['subs', 'data', 'payload', 'imports', 'exports', 'conn', 'leaf'].map((name) => [name, -1])),
  wildcards: true,
};
const JETSTREAM = Object.fromEntries(['mem_storage', 'disk_storage', 'streams', 'consumer'].map((name) => [name, -1]));

/**
 * Makes an operator, its accounts and a user, as the tool nsc does, and writes the user's credentials into a file.
 * https://docs.nats.io/running-a-nats-service/configuration/securing_nats/jwt
 * @returns the lines for the node's configuration
 */
export function makeCredentials(file: string): string {
  const [operator, system, account, user] = [
    nkeys.createOperator(),
    nkeys.createAccount(),
    nkeys.createAccount(),
    nkeys.createUser(),
  ];
  const operatorJwt = sign(operator, operator, { type: 'operator' });
  const accountJwt = sign(operator, account, { type: 'account', limits: { ...NO_LIMITS, ...JETSTREAM } });
  const systemJwt = sign(operator, system, { type: 'account', limits: NO_LIMITS });
  const userJwt = sign(account, user, { type: 'user', subs: -1, data: -1, payload: -1 });
  const seed = Buffer.from(user.getSeed()).toString();
  const block = (name: string, text: string) => `-----BEGIN ${name}-----\n${text}\n------END ${name}------\n`;
  writeFileSync(file, `${block('NATS USER JWT', userJwt)}\n${block('USER NKEY SEED', seed)}`, { mode: 0o600 });
  return [
    `operator: ${operatorJwt}`,
    'resolver: MEMORY',
    `system_account: ${system.getPublicKey()}`,
    `resolver_preload: { ${system.getPublicKey()}: ${systemJwt}, ${account.getPublicKey()}: ${accountJwt} }`,
  ].join('\n');
}

function sign(issuer: nkeys.KeyPair, subject: nkeys.KeyPair, nats: object): string {
  const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const claims = {
    jti: randomUUID(),
    iat: Math.floor(Date.now() / 1000),
    iss: issuer.getPublicKey(),
    sub: subject.getPublicKey(),
    name: 'tests',
    nats: { ...nats, version: 2 },
  };
  const text = `${encode({ typ: 'JWT', alg: 'ed25519-nkey' })}.${encode(claims)}`;
  return `${text}.${Buffer.from(issuer.sign(Buffer.from(text))).toString('base64url')}`;
}

import { badParameter, DomainError, queryTimeout, queryTooLarge, unavailable } from '../../model/errors.ts';

/** Limits of queries. */
export interface QueryLimits {
  /** Timeout of one query, from its arrival to its last row. */
  seconds: number;
  /** Memory of one query on each server. */
  megabytes: number;
}

// https://github.com/ClickHouse/ClickHouse/blob/master/src/Common/ErrorCodes.cpp
const TIMEOUT_EXCEEDED = 159;
const TOO_MANY_SIMULTANEOUS_QUERIES = 202;
const SOCKET_TIMEOUT = 209;
const NETWORK_ERROR = 210;
const MEMORY_LIMIT_EXCEEDED = 241;
const ALL_CONNECTION_TRIES_FAILED = 279;
const QUERY_WAS_CANCELLED = 394;
const CANNOT_COMPILE_REGEXP = 427;

/** The code of an error that a server has answered; `undefined` if no server has. */
export function codeOf(error: unknown): number | undefined {
  const { code, type } = error as { code?: string; type?: string };
  return type !== undefined && /^\d+$/.test(code ?? '') ? Number(code) : undefined;
}

/** Turns an error of the store into a domain error, if the query or the state of the cluster has caused it. */
export function explain(error: unknown, { seconds, megabytes }: QueryLimits): Error {
  if (error instanceof DomainError) return error;
  switch (codeOf(error)) {
    case undefined:
      return unavailable('The event store cannot be reached; ask again.');
    case TIMEOUT_EXCEEDED:
      return queryTimeout(seconds);
    case TOO_MANY_SIMULTANEOUS_QUERIES:
      return unavailable('The event store is answering other queries; ask again.');
    case SOCKET_TIMEOUT:
    case NETWORK_ERROR:
    case ALL_CONNECTION_TRIES_FAILED:
      return unavailable('A part of the event store cannot be reached; ask again.');
    case MEMORY_LIMIT_EXCEEDED:
      // Of the whole server, which others can have used up.
      if ((error as Error).message.includes('(total)'))
        return unavailable('The event store has too little memory left; ask again.');
      return queryTooLarge(`The query needs more than the ${megabytes} MB of memory that a query has.`);
    case QUERY_WAS_CANCELLED:
      return unavailable('The query was cancelled; ask again.');
    case CANNOT_COMPILE_REGEXP:
      return badParameter('The regular expression of a filter cannot be read (RE2 syntax is taken).');
    default:
      return error as Error;
  }
}

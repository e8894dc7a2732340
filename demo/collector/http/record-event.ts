import type { FastifyRequest } from 'fastify';
import { autofill } from '../events/autofill.ts';
import { prepare } from '../events/prepare.ts';
import { badEvent } from '../model/errors.ts';
import { type Context, parameters } from './context.ts';
import { readArrival } from './read-arrival.ts';

/**
 * Records the single event of a request, and resolves once the event is on disk.
 * @returns the errors of its add-ons
 * @throws DomainError the event's problem, RequestEntityTooLargeError, ServiceUnavailableError
 */
export async function recordOne(request: FastifyRequest, event: unknown, context: Context): Promise<string[]> {
  const prepared = prepare(
    parameters(request).collection!,
    autofill(event, request.access),
    readArrival(request, context),
  );
  if ('problem' in prepared) throw badEvent(prepared.problem);
  await context.storage.append([prepared.event]);
  return prepared.addonErrors ?? [];
}

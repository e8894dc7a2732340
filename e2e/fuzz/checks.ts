import type { FuzzRequest } from './requests.ts';
import type { Answer } from './send.ts';

/** Pages of the dashboard, for people: their errors are HTML. */
const isPage = ({ headers }: Answer) => headers.some((text) => text.startsWith('text/html'));

/** A promise that an answer breaks, in words; `undefined` if it breaks none. */
export function answerProblem(request: FuzzRequest, answer: Answer, traces: string[]): string | undefined {
  const { status, text } = answer;
  if (status >= 500 && status !== 503) return `the status is ${status}`;
  if (status >= 400 && request.method !== 'HEAD' && !isPage(answer)) {
    const problem = errorProblem(text);
    if (problem) return `an answer with the status ${status} ${problem}`;
  }
  if (mayRepeatKeys(request, status)) return undefined;
  const trace = traces.find((one) => text.includes(one) || answer.headers.some((header) => header.includes(one)));
  return trace && `the answer holds a part of a key: ${trace}`;
}

function errorProblem(text: string): string | undefined {
  let error: { error_code?: unknown; message?: unknown };
  try {
    error = JSON.parse(text) as typeof error;
  } catch {
    return 'is not JSON';
  }
  if (typeof error.error_code !== 'string' || !/^[A-Z]\w+$/.test(error.error_code)) return 'has no error_code';
  return typeof error.message === 'string' && error.message ? undefined : 'has no message';
}

/** An answer that shows a new key, a query's own names, or a link's own target. */
const mayRepeatKeys = ({ route }: FuzzRequest, status: number): boolean =>
  (status === 201 && /POST .*\/keys$/.test(route)) ||
  (status === 200 && route.includes('/queries/')) ||
  (status === 302 && route.includes('carriesEvent'));

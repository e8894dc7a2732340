import { TOKEN } from './server.ts';

/** Logs in to the dashboard. @returns the session's cookie */
export async function logIn(url: string, token = TOKEN): Promise<string> {
  const response = await fetch(`${url}/dashboard/?token=${token}`, { redirect: 'manual' });
  return response.headers.get('set-cookie')!.split(';')[0]!;
}

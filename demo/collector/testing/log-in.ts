import { TOKEN } from './server.ts';

/** The cookie that the dashboard's token is exchanged for. */
export async function enter(url: string, token = TOKEN): Promise<string> {
  const response = await fetch(`${url}/dashboard/?token=${token}`, { redirect: 'manual' });
  return response.headers.get('set-cookie')!.split(';')[0]!;
}

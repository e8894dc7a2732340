'use client';
import Link from 'next/link';
import { useRouter } from 'next/navigation';
import { useEffect } from 'react';
// The built package, as `mailslot/views`. The server renders this file too.
import { views } from '../mailslot/views.js';

export function Nav() {
  const router = useRouter();
  useEffect(() => views(window.target, { local: true }), []);
  return (
    <nav>
      <Link href="/stamps">to stamps</Link> <Link href="/old">to old</Link> <Link href="/moved">to moved</Link>{' '}
      <Link href="/stamps?sort=up">to sorted</Link> <Link href="/stamps#part">to part</Link>{' '}
      <button type="button" onClick={() => router.replace('/wax')}>
        replace
      </button>{' '}
      <button type="button" onClick={() => router.refresh()}>
        refresh
      </button>
    </nav>
  );
}

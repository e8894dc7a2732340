import Link from 'next/link';
import { connection } from 'next/server';
import { Suspense } from 'react';
import { tracker } from '../lib/tracker';
import { Buy } from './buy';

/** Rendered for each request. */
async function Request() {
  await connection();
  return <p>Request: {await tracker.track('purchases', { item: 'request', price: 0 })}</p>;
}

/** Rendered at build time. */
async function Cached() {
  'use cache';
  return <p>Cached: {await tracker.track('purchases', { item: 'cached', price: 0 })}</p>;
}

export default function Page() {
  return (
    <>
      <h1>Shop</h1>
      <Buy />
      <Link href="/about">About</Link>
      <Cached />
      <Suspense>
        <Request />
      </Suspense>
    </>
  );
}

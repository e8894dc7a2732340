import { NextResponse } from 'next/server';
import { tracker } from './lib/tracker';

/** Runs at the edge. */
export async function middleware() {
  const outcome = await tracker.track('purchases', { item: 'edge', price: 0 });
  return NextResponse.next({ headers: { 'x-outcome': outcome } });
}

export const config = { matcher: '/' };

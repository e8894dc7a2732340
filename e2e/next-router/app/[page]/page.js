import { redirect } from 'next/navigation';

const titleOf = (page) => page[0].toUpperCase() + page.slice(1);

export async function generateMetadata({ params }) {
  return { title: titleOf((await params).page) };
}

export default async function Page({ params }) {
  const { page } = await params;
  // The router shows the address and the title of this page for a moment.
  if (page === 'moved') redirect('/stamps');
  return <main>{page}</main>;
}

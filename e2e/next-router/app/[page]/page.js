const titleOf = (page) => page[0].toUpperCase() + page.slice(1);

export async function generateMetadata({ params }) {
  return { title: titleOf((await params).page) };
}

export default async function Page({ params }) {
  const { page } = await params;
  return <main>{page}</main>;
}

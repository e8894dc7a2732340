export default {
  // Otherwise Next takes the project's folder, because of its lock file, and looks through all of it.
  turbopack: { root: import.meta.dirname },
  redirects: async () => [{ source: '/old', destination: '/stamps', permanent: false }],
};

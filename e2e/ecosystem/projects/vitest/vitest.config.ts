import { defineConfig } from 'vitest/config';

const environments = ['jsdom', 'happy-dom'];

export default defineConfig({
  test: {
    env: { MAILSLOT: 'off' },
    projects: environments.map((environment) => ({
      extends: true,
      test: { name: environment, environment, include: ['src/*.spec.ts'] },
    })),
  },
});

import { defineConfig } from "vite";

export default defineConfig({
  base: "./",
  build: {
    target: "es2022",
    assetsInlineLimit: 0, // nothing as a data: address, so that the content policy can stay at 'self'
    modulePreload: false,
  },
});

import depthmesh from 'depthmesh/vite'
import { defineConfig } from 'vite'

export default defineConfig({
  base: './',
  plugins: [depthmesh()],
  build: { chunkSizeWarningLimit: 900 },
})
